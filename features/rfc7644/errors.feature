@rfc
Feature: Errors
  RFC 7644 sections 3.12 and 3.2.

  @RFC7644-3.12-R1
  Scenario: An error is explained in the body
    When the client sends GET "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f04"
    Then the response is a SCIM error with status 404

  @RFC7644-3.12-R6
  Scenario: What cannot be parsed is 400
    When the client sends POST "/Users" with the body '{"userName"'
    Then the response status is 400

  @RFC7644-3.12-R10
  Scenario: A duplicate is 409
    Given the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 409

  @RFC7644-3.2-R5
  Scenario Outline: <method> of a collection is not offered
    When the client sends <method> "/Users" with the body '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}'
    Then the response status is one of "405, 501, 404, 400, 403"

    Examples:
      | id    | method |
      | put   | PUT    |
      | patch | PATCH  |

  @RFC7644-3.12-R13
  Scenario Outline: Input that is <what> does not break the server
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", <members>}
      """
    Then the response status is one of "201, 400, 409, 413, 422"

    Examples:
      | id           | what                   | members                                          |
      | nul          | a NUL character        | "displayName": "a\\u0000b"                        |
      | lone         | a null list element    | "emails": [null]                                 |
      | deep         | deeply nested          | "name": {"givenName": {"a": {"b": {"c": {}}}}}   |
      | number-name  | a number as a name     | "displayName": 12345678901234567890              |

  @RFC7644-3.12-R14
  Scenario: A feature that is not offered is not an internal error
    When the client sends GET "/Me"
    Then the response status is one of "200, 308, 401, 403, 404, 501"
