@rfc
Feature: /Me
  RFC 7644 section 3.11.

  @RFC7644-3.11-R2
  Scenario: /Me is offered, refused for this client, or not implemented
    When the client sends GET "/Me"
    Then the response status is one of "200, 308, 401, 403, 404, 501"

  @RFC7644-3.11-R4
  Scenario: /Me says where the resource is
    When the client sends GET "/Me"
    Then the target offers it
    And it is refused with "308, 401, 403", or else 'the value at "meta.location" does not contain "/Me"'
