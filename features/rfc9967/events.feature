@rfc
Feature: SCIM events
  RFC 9967 sections 2.1 to 2.4. They are seen where `[observe.security_events]` says how to fetch them.

  @RFC9967-2.4-R1
  Scenario: The event types are registered ones
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then every SCIM event is of a registered type

  @RFC9967-2.1-R1
  Scenario: The subject is in sub_id, in the format scim
    Given security events are watched
    When the user "ada" exists
    Then every SCIM event names its subject in the format scim

  @RFC9967-2.1-R2
  Scenario: The claim sub is not used
    Given security events are watched
    When the user "ada" exists
    Then no security event has the claim "sub"

  @RFC9967-2.1-R3
  Scenario: The subject is a path below the base URL
    Given security events are watched
    When the user "ada" exists
    Then every SCIM event names its subject by a relative path

  Scenario Outline: <what>
    Given <watched>
    And the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"title","value":"Countess"}'
    Then <then>

    @RFC9967-2.2-R1
    Examples:
      | id     | what                                    | watched                                | then                                                |
      | full   | A full event has data and no attributes | security events are watched            | every provisioning event is either full or a notice |
      | notice | A notice has attributes and no data     | security events are watched as notices | every provisioning event is either full or a notice |

  @RFC9967-2.2-R2
  Scenario: Events of a target with asynchronous requests name their transaction
    Given security events are watched
    And the client sends GET "/ServiceProviderConfig"
    And the value at "securityEvents.asyncRequest" matches "(?i)^(long|request)$"
    When the user "ada" exists
    Then every SCIM event has a transaction id

  @RFC9967-2.2-R3
  Scenario: A password that a client sends is not told
    Given security events are watched
    And the user "ada" exists
    When the client patches "/Users/{ada}" with:
      """
      {"op": "add", "path": "password", "value": "c4nary-pa55word"},
      {"op": "add", "path": "title", "value": "Countess"}
      """
    Then no security event contains "c4nary-pa55word"

  @RFC9967-2.4.4-R1
  Scenario: A deletion is told as one
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then a security event "prov:delete" is about "ada"

  @RFC9967-2.4.4-R1
  Scenario: A deletion is not told as a departure from the feed besides
    Given security events are watched
    And the user "ada" exists
    When the client deletes "ada"
    Then no security event "feed:remove" is about "ada"

  @RFC9967-2.4.6-R1
  Scenario: A deactivation is told
    Given security events are watched
    And the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'
    Then a security event "prov:deactivate" is about "ada"

  @RFC9967-5-R3
  Scenario: Nobody fetches events without credentials
    Given security events are watched
    When the user "ada" exists
    Then polling without credentials is refused
