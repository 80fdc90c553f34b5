@rfc
Feature: What a target says of security events
  RFC 9967 section 4. A target whose /ServiceProviderConfig has no securityEvents has none.

  Background:
    Given the client sends GET "/ServiceProviderConfig"
    And the value at "securityEvents" is present

  @RFC9967-4-R1
  Scenario: asyncRequest is one of its words
    Then the value at "securityEvents.asyncRequest" matches "(?i)^(none|long|request)$"

  @RFC9967-4-R1
  Scenario: eventUris is a list of event types
    Then the value at "securityEvents.eventUris[0]" matches "^(urn|https?):"
