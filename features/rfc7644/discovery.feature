@rfc
Feature: Discovery
  RFC 7644 section 4, RFC 7643 sections 5 to 7. Nothing here needs more than reading.

  @RFC7644-4-R1
  Scenario: The configuration is one object
    When the client sends GET "/ServiceProviderConfig"
    Then the response status is 200
    And the value at "schemas" contains "urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"

  @RFC7644-4-R2
  Scenario Outline: <path> can be read
    When the client sends GET "<path>"
    Then the response status is 200

    Examples:
      | id             | path                   |
      | config         | /ServiceProviderConfig |
      | resource-types | /ResourceTypes         |
      | schemas        | /Schemas               |

  @RFC7644-4-R3
  Scenario: The schemas are a list
    When the client sends GET "/Schemas"
    Then the target offers it
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    And the value at "Resources[id=urn:ietf:params:scim:schemas:core:2.0:User]" is present

  @RFC7644-4-R4
  Scenario Outline: One schema can be read: <what>
    Given the client sends GET "/Schemas"
    And the response status is 200
    When the client sends GET "/Schemas/<id in the URL>"
    Then the value at "id" is "urn:ietf:params:scim:schemas:core:2.0:User"

    Examples:
      | id      | what            | id in the URL                                            |
      | plain   | plain colons    | urn:ietf:params:scim:schemas:core:2.0:User               |
      | encoded | encoded colons  | urn%3Aietf%3Aparams%3Ascim%3Aschemas%3Acore%3A2.0%3AUser |

  @RFC7644-4-R5
  Scenario: The resource types are a list
    When the client sends GET "/ResourceTypes"
    Then the target offers it
    And the value at "Resources[name=User].endpoint" is present

  @RFC7644-4-R6
  Scenario: One resource type is read as itself
    Given the client sends GET "/ResourceTypes"
    And the response status is 200
    When the client sends GET "/ResourceTypes/User"
    Then the value at "name" is "User"

  @RFC7643-6-R7
  Scenario: A resource type is found by its id
    Given the client sends GET "/ResourceTypes"
    And the response status is 200
    And the value at "Resources[name=User].id" is kept as "type"
    When the client sends GET "/ResourceTypes/{type}"
    Then the response status is 200

  @RFC7644-4-R8
  Scenario: A filter on /ResourceTypes is refused or ignored
    Given the client sends GET "/ResourceTypes"
    And the response status is 200
    And the value at "Resources" is kept as "types"
    When the client sends GET "/ResourceTypes" with the query:
      | filter | name eq "User" |
    Then one of these readings is seen:
      | refused | the response status is 403 |
      | ignored | the value at "Resources" is the JSON '{types}' |

  @RFC7644-3.1-R2
  Scenario: Message schemas are not served
    When the client sends GET "/Schemas/urn:ietf:params:scim:api:messages:2.0:PatchOp"
    Then the response status is one of "4xx, 501"

  @RFC7643-5-R10
  Scenario Outline: <method> of the configuration is refused
    When the client sends <method> "/ServiceProviderConfig" with the body '{"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]}'
    Then the response status is one of "4xx, 501"

    Examples:
      | id     | method |
      | post   | POST   |
      | put    | PUT    |

  @RFC7643-6-R6
  Scenario: PUT of a resource type is refused
    When the client sends PUT "/ResourceTypes/User" with the body '{"name": "User"}'
    Then the response status is one of "4xx, 501"

  @RFC7643-7-R3
  Scenario: PUT of a schema is refused
    When the client sends PUT "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User" with the body '{"id": "urn:ietf:params:scim:schemas:core:2.0:User"}'
    Then the response status is one of "4xx, 501"

  @RFC7643-3.2-R1
  Scenario: The endpoint of users answers
    When the client sends GET "/Users?count=1&filter=userName eq %22nobody.{unique}@example.com%22"
    Then the response status is one of "200, 403"

  @RFC7643-5-R12
  Scenario: An advertised filter works
    Given the target advertises "filter"
    And the user "ada" exists
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" |
    Then the list holds exactly "ada"

  @RFC7643-5-R12
  Scenario: An advertised PATCH changes what it is about
    Given the target advertises "patch"
    And the user "ada" exists with:
      """
      {"displayName": "Before {unique}"}
      """
    And the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "displayName", "value": "After {unique}"}'
    And the response is a success
    When the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "After {unique}"

  @RFC7643-5-R12
  Scenario: An advertised bulk endpoint is there
    Given the target advertises "bulk"
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [{"method": "DELETE", "path": "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f06"}]}
      """
    Then the response status is 200

  @RFC7643-5-R12
  Scenario: An advertised order is kept
    Given the target advertises "sort"
    And the users "grace, ada, joan" exist
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | sortBy | userName |
    Then the query is answered
    And the list is in the order "ada, grace, joan"

  @RFC7643-5-R12
  Scenario: An advertised ETag is sent
    Given the target advertises "etag"
    And the user "ada" exists
    When the client sends GET "/Users/{ada}"
    Then the response has the header "ETag"

  @RFC7643-5-R12
  Scenario: An advertised change of a password is taken
    Given the target advertises "changePassword"
    And the target advertises "patch"
    And the user "ada" exists with:
      """
      {"password": "t1meMa$heen-{unique}"}
      """
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "password", "value": "Coun73ss-0f-{unique}"}'
    Then the response status is 200 or 204

  @RFC7644-4-R7
  Scenario: Paging parameters have no effect on /ResourceTypes
    Given the client sends GET "/ResourceTypes"
    And the response status is 200
    And the value at "Resources" is kept as "types"
    When the client sends GET "/ResourceTypes?startIndex=2&count=1"
    Then the value at "Resources" is the JSON '{types}'
