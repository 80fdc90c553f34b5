@rfc
Feature: Authentication
  RFC 7644 section 2, RFC 9110 section 15.5.2, RFC 6750 section 3.

  @RFC7644-2-R5
  Scenario: Without credentials the client is told how to authenticate
    Given the next request carries no credentials
    When the client sends GET "/Users?startIndex=1&count=1&filter=userName eq %22nobody.{unique}@example.com%22"
    Then the response status is 401
    And the response has the header "WWW-Authenticate"

  @RFC7644-3.12-R7
  Scenario Outline: <method> without credentials is 401
    Given the next request carries no credentials
    When the client sends <method> "<path>" with the body '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "nobody.{unique}@example.com"}'
    Then the response status is 401

    Examples:
      | id     | method | path                                        |
      | post   | POST   | /Users                                      |
      | put    | PUT    | /Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f05 |
      | delete | DELETE | /Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f05 |

  @RFC7644-2.2-R1
  Scenario: Nobody can create a user without credentials
    Given the next request carries no credentials
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is one of "401, 403"

  @RFC7643-5-R9
  Scenario: The configuration can be read without credentials
    Given the client sends GET "/ServiceProviderConfig"
    And the response status is 200
    And the next request carries no credentials
    When the client sends GET "/ServiceProviderConfig"
    Then the response status is 200

  @RFC7644-2-R9
  Scenario: Without credentials an existing user looks like an unknown one
    Given the user "ada" exists
    And the next request carries no credentials
    When the client sends GET "/Users/{ada}"
    Then the response status is 401

  @RFC6750-3.1-R1
  Scenario: A token that is not known is 401
    Given the next request carries the bearer token "no-such-token"
    When the client sends GET "/Users?startIndex=1&count=1&filter=userName eq %22nobody.{unique}@example.com%22"
    Then the response status is 401

  @RFC6750-2.3-R1
  Scenario: A token in the URL is not accepted
    Given the next request carries no credentials
    When the client sends GET "/Users?count=1&access_token=no-such-token"
    Then the response status is 401
