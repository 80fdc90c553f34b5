@rfc
Feature: Deleting resources
  RFC 7644 section 3.6.

  @RFC7644-3.6-R1
  Scenario: A DELETE answers 204
    Given the user "ada" exists
    When the client sends DELETE "/Users/{ada}"
    Then the response status is 204
    And the response has no body

  @RFC7644-3.6-R2
  Scenario Outline: <method> of a deleted user is not found
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends <method> "/Users/{ada}" with the body '<body>'
    Then the response status is 404

    Examples:
      | id    | method | body |
      | put   | PUT    | {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"} |

  @RFC7644-3.6-R2
  Scenario: A deleted user cannot be read
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends GET "/Users/{ada}"
    Then the response status is 404

  @RFC7644-3.6-R2
  Scenario: A deleted user cannot be deleted again
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends DELETE "/Users/{ada}"
    Then the response status is 404

  @RFC7644-3.6-R3
  Scenario: A deleted user is found by no filter
    Given the target advertises "filter"
    And the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" |
    Then the list holds 0 resources

  @RFC7644-3.6-R4
  Scenario: The userName of a deleted user is free again
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 201

  @RFC7644-3.6-R5
  Scenario: A group with a deleted member can be read
    Given the users "ada, grace" exist
    And the group "Readers" exists with the members "ada, grace"
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends GET "/Groups/{Readers}"
    Then the response status is 200
    And one of these readings is seen:
      | gone | the response body does not contain "{ada}" |
      | left | the value at "members" has 2 elements |

  @RFC7644-3.6-R6
  Scenario: A DELETE of nobody is not found
    When the client sends DELETE "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f03"
    Then the response status is 404

  @RFC7644-3.6-R7
  Scenario: A DELETE of an old version is not done
    Given the target advertises "etag"
    And the user "ada" exists
    And the next request carries the header 'If-Match: W/"no-such-version"'
    When the client sends DELETE "/Users/{ada}"
    Then the response status is 412 or 409
    When the client sends GET "/Users/{ada}"
    Then the response status is 200
