@security
Feature: Security event tokens of the Shared Signals Framework
  RFC 8417, RFC 9493, SSF 1.0, CAEP 1.0. They are seen where `[observe.security_events]` says how to fetch them.

  @SSF-R1
  Scenario: Tokens are explicitly typed
    Given the target is a transmitter of the Shared Signals Framework
    And security events are watched
    When the user "ada" exists
    Then every security event is typed as secevent+jwt

  @SSF-R2
  Scenario: The claim exp is absent
    Given the target is a transmitter of the Shared Signals Framework
    And security events are watched
    When the user "ada" exists
    Then no security event has the claim "exp"

  @SSF-R3
  Scenario: The issuer is that of the stream
    Given the target is a transmitter of the Shared Signals Framework
    And security events are watched
    When the user "ada" exists
    Then every security event comes from the issuer of its stream

  @SSF-R4
  Scenario: A token holds one event
    Given the target is a transmitter of the Shared Signals Framework
    And security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every security event holds one event

  @SSF-R6
  Scenario: The metadata name the issuer
    Given security events are watched
    When the user "ada" exists
    Then the transmitter's metadata name the issuer of the security events

  @SSF-R7
  Scenario: A stream can be verified
    When security events are watched
    Then a verification event echoes the state of its request

  @RFC8417-R1
  Scenario: Tokens have the claims of a SET
    Given security events are watched
    When the user "ada" exists
    Then every security event has the claims of a SET

  @RFC9493-R1
  Scenario: Subject identifiers have the members of their format
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every subject identifier has the members of its format

  @RFC8936-R1
  Scenario: Acknowledged is gone, unacknowledged comes again
    Given security events are watched
    When the user "ada" exists
    Then what is acknowledged is not sent again, and what is not is

  @CAEP-R1
  Scenario: session-revoked has no claims of its own
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every session-revoked event has no claims but those of all CAEP events

  @CAEP-R2
  Scenario: session-revoked tells its time in seconds
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every session-revoked event tells its time in seconds and who began it

  @CAEP-R3
  Scenario: session-revoked gives its reasons by language
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every session-revoked event gives its reasons by language

  @CAEP-R4
  Scenario: session-revoked is signed with RS256
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every session-revoked event is signed with RS256 by a published key

  @CAEP-R5
  Scenario Outline: session-revoked follows <what>
    Given the user "ada" exists
    And "ada" has 2 open sessions
    And security events are watched
    When <deed>
    Then a security event "session-revoked" is about "ada"

    Examples:
      | id     | what                  | deed                                                                                                  |
      | patch  | PATCH active false    | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}' |
      | put    | PUT with active false | the client puts "ada" with active false                                                               |
      | delete | DELETE                | the client deletes "ada"                                                                              |
