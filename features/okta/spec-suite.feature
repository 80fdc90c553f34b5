@okta @okta-spec
Feature: Okta's SPEC suite for SCIM 2.0, asked for with every submission

  @alone @okta-system-user-in-list @OKTA-SPEC-00
  Scenario: The first user of the list has a name and an address
    Given the user "ada" exists
    And the next request carries the headers of Okta's test suite
    When the client sends GET "/Users?count=1&startIndex=1"
    Then the response status is 200
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    And the value at "itemsPerPage" is a number
    And the value at "startIndex" is a number
    And the value at "totalResults" is a number
    And the value at "Resources[0].id" is present
    And the value at "Resources[0].name.familyName" is present
    And the value at "Resources[0].name.givenName" is present
    And the value at "Resources[0].userName" is present
    And the value at "Resources[0].active" is present
    And the value at "Resources[0].emails[0].value" is present

  @alone @OKTA-SPEC-02
  Scenario: The user that the list shows first can be read by id
    Given the user "ada" exists
    And the next request carries the headers of Okta's test suite
    And the client sends GET "/Users?count=1&startIndex=1"
    And the value at "Resources[0].id" is kept as "first"
    And the next request carries the headers of Okta's test suite
    When the client sends GET "/Users/{first}"
    Then the response status is 200
    And the value at "id" is "{first}"
    And the value at "name.familyName" is present
    And the value at "name.givenName" is present
    And the value at "userName" is present
    And the value at "active" is present
    And the value at "emails[0].value" is present

  @OKTA-SPEC-04
  Scenario: A filter for an unknown address finds nobody
    Given the next request carries the headers of Okta's test suite
    When the client sends GET '/Users?filter=userName eq "abcdefgh{unique}@atko.com"'
    Then the response status is 200
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    And the value at "totalResults" is one of "0"

  @okta-non-json-error @okta-error-detail-surfaced @OKTA-SPEC-06
  Scenario: An unknown id is answered with 404
    Given the next request carries the headers of Okta's test suite
    When the client sends GET "/Users/010101001010101011001010101011"
    Then the response status is 404
    And the value at "detail" is present
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:Error"

  @OKTA-SPEC-08
  Scenario: The new user does not exist yet
    Given the user "ada" exists
    And the next request carries the headers of Okta's test suite
    When the client sends GET '/Users?filter=userName eq "Runscope{unique}Xabcdefgh@atko.com"'
    Then the response status is 200
    And the value at "totalResults" is the JSON "0"
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"

  @okta-username-echo-exact @OKTA-SPEC-10
  Scenario: The new user is created as it was sent
    Given the next request carries the header "Content-Type: application/json"
    And the next request carries the header "Accept: application/scim+json; charset=utf-8"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Runscope{unique}Xabcdefgh@atko.com",
       "name": {"givenName": "Runscope123", "familyName": "Xabcdefgh456"},
       "emails": [{"primary": true, "value": "Runscope{unique}Xabcdefgh@atko.com", "type": "work"}],
       "displayName": "Runscope123 Xabcdefgh456", "active": true}
      """
    Then the response status is 201
    And the value at "active" is the JSON "true"
    And the value at "id" is present
    And the value at "name.familyName" is "Xabcdefgh456"
    And the value at "name.givenName" is "Runscope123"
    And the value at "schemas" contains "urn:ietf:params:scim:schemas:core:2.0:User"
    And the value at "userName" is "Runscope{unique}Xabcdefgh@atko.com"

  @OKTA-SPEC-12
  Scenario: The new user can be read
    Given the user "ada" exists with:
      """
      {"userName": "Runscope{unique}Xabcdefgh@atko.com", "name": {"givenName": "Runscope123", "familyName": "Xabcdefgh456"}}
      """
    And the next request carries the headers of Okta's test suite
    When the client sends GET "/Users/{ada}"
    Then the response status is 200
    And the value at "userName" is "Runscope{unique}Xabcdefgh@atko.com"
    And the value at "name.familyName" is "Xabcdefgh456"
    And the value at "name.givenName" is "Runscope123"

  @okta-user-409-permanent @OKTA-SPEC-14
  Scenario: The same user again is a conflict
    Given the user "ada" exists
    And the next request carries the header "Content-Type: application/json"
    And the next request carries the header "Accept: application/scim+json; charset=utf-8"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}",
       "name": {"givenName": "Runscope123", "familyName": "Xabcdefgh456"},
       "emails": [{"primary": true, "value": "{ada.userName}", "type": "work"}],
       "displayName": "Runscope123 Xabcdefgh456", "active": true}
      """
    Then the response status is 409

  @OKTA-SPEC-16
  Scenario: A filter in capitals is answered
    Given the user "ada" exists
    And the next request carries the headers of Okta's test suite
    When the client sends GET '/Users?filter=userName eq "RUNSCOPE{unique}XABCDEFGH@ATKO.COM"'
    Then the response status is 200

  @alone @OKTA-SPEC-18
  Scenario: The list of groups is quick
    Given the next request carries the headers of Okta's test suite
    When the client sends GET "/Groups"
    Then the response status is 200
    And the response took less than 600 ms

  @okta-401-must-be-scim-error @OKTA-SPEC-20
  Scenario: Wrong credentials are answered with 401
    Given the next request carries no credentials
    And the next request carries the headers of Okta's test suite
    And the next request carries the header "Authorization: non-token"
    When the client sends GET '/Users?filter=userName eq "RUNSCOPE{unique}XABCDEFGH@ATKO.COM"'
    Then the response status is 401
    And the value at "detail" is present
    And the value at "status" is one of "401"
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:Error"

  @okta-unknown-id-any-string @OKTA-SPEC-22
  Scenario: An id of digits is answered with 404
    Given the next request carries the headers of Okta's test suite
    When the client sends GET "/Users/00919288221112222"
    Then the response status is 404
    And the value at "detail" is present
    And the value at "status" is one of "404"
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:Error"
