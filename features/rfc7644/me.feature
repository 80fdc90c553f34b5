@rfc
Feature: /Me
  RFC 7644 section 3.11.

  @RFC7644-3.11-R2
  Scenario: /Me is offered, refused for this client, or not implemented
    When the client sends GET "/Me"
    Then one of these readings is seen:
      | served | the response status is 200 |
      | redirect | the response status is 308 |
      | not-implemented | the response status is one of "404, 501" |
      | refused | the response status is one of "401, 403" |

  @RFC7644-3.11-R4
  Scenario: /Me says where the resource is
    When the client sends GET "/Me"
    Then the target offers it
    And it is refused with "308, 401, 403", or else 'the value at "meta.location" does not contain "/Me"'
