@rfc
Feature: Media types and encoding
  RFC 7644 sections 3.8 and 8.1.

  @RFC7644-3.8-R1
  Scenario: Letters of every script come back as they were sent
    Given the user "ada" exists with:
      """
      {"displayName": "Zoë 愛 Ж 😀 {unique}"}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "Zoë 愛 Ж 😀 {unique}"

  @RFC7644-3.8-R2
  Scenario Outline: A body is accepted as <type>
    Given the next request carries the header "Content-Type: <type>"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "Zoë"}
      """
    Then the response status is 201

    Examples:
      | id           | type                                 |
      | no-charset   | application/scim+json                |
      | charset-utf8 | application/scim+json; charset=utf-8 |

  @RFC7644-3.8-R3
  Scenario: application/scim+json is served
    Given the user "ada" exists
    And the next request carries the header "Accept: application/scim+json"
    When the client sends GET "/Users/{ada}"
    Then the response status is 200
    And the header "Content-Type" starts with "application/scim+json"

  @RFC7644-3.8-R4
  Scenario: application/json is served
    Given the user "ada" exists
    And the next request carries the header "Accept: application/json"
    When the client sends GET "/Users/{ada}"
    Then the response status is 200

  @RFC7644-3.8-R5
  Scenario: Without a wish application/scim+json is served
    Given the user "ada" exists
    And the next request carries the header "Accept: */*"
    When the client sends GET "/Users/{ada}"
    Then the header "Content-Type" starts with "application/scim+json"

  @RFC7644-3.8-R7
  Scenario: A suffix in the URL does not break the server
    When the client sends GET "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f06.scim"
    Then the response status is one of "4xx"

  @RFC7644-8.1-R1
  Scenario: A body of application/scim+json is accepted
    Given the next request carries the header "Content-Type: application/scim+json"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 201

  @RFC9110-15.5.16-R1
  Scenario Outline: A body of <type> is refused
    Given the next request carries the header "Content-Type: <type>"
    When the client sends POST "/Users" with the body '<body>'
    Then the response status is one of "415, 400"

    Examples:
      | id   | type            | body          |
      | xml  | application/xml | userName      |
      | text | text/plain      | userName: ada |

  @RFC7644-3.13-R2
  Scenario: A version that does not exist is refused
    When the client sends GET "/v9/Users"
    Then the response status is one of "4xx"
