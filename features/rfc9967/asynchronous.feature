@rfc
Feature: Asynchronous requests
  RFC 9967 section 2.5. A target that declares asyncRequest none, or answers as usual, is not judged.

  Background:
    Given security events are watched
    And the client sends GET "/ServiceProviderConfig"
    And the value at "securityEvents.asyncRequest" matches "(?i)^(long|request)$"
    And the user "ada" exists
    And the next request carries the header "Prefer: respond-async"
    And the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"title","value":"Countess"}'
    And the response status is 202

  @RFC9967-2.5.1.1-R2
  Scenario: 202 has no body
    Then the response has no body

  @RFC9967-3-R1
  Scenario: 202 has Set-Txn
    Then the response has the header "Set-Txn"

  @RFC9967-2.5.1.1-R3
  Scenario: Set-Txn is the txn of the event that follows
    When the header "Set-Txn" is kept as "txn"
    Then a security event "misc:asyncresp" has the transaction id "{txn}"

  @RFC9967-2.5.1.1-R4
  Scenario: The preference is said to be applied
    Then the header "Preference-Applied" starts with "respond-async"

  @RFC9967-2.5.1.1-R4
  Scenario: 202 has a Location
    Then the response has the header "Location"
