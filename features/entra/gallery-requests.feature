@entra @entra-gallery
Feature: Microsoft's validation for the Entra gallery: direct requests

  @ENTRA-GALLERY-SCHEMA-DISCOVERABILITY
  Scenario: The schemas can be read
    When the client sends GET "/Schemas"
    Then the response status is 200
    And the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"
    And the value at "Resources[id=urn:ietf:params:scim:schemas:core:2.0:User].attributes" is present
    And the response body does not contain ":null"
    And the response body does not contain ": null"

  @ENTRA-GALLERY-SCIM-NULL-UPDATE
  Scenario: An attribute can be cleared by an empty text and by null
    Given the user "ada" exists with:
      """
      {"title": "Countess"}
      """
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"title","value":""}'
    Then the response status is 200 or 204
    And the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"title","value":null}'
    And the response status is 200 or 204

  @ENTRA-GALLERY-SCIM-USER-CREATE
  Scenario: A user can be created
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "Gallery.{unique}@example.com", "active": true, "displayName": "Gallery User",
       "name": {"givenName": "Gallery", "familyName": "User"},
       "emails": [{"type": "work", "value": "gallery.{unique}@example.com", "primary": true}]}
      """
    Then the response status is 200 or 201
    And the value at "id" is present
    And the value at "userName" is "Gallery.{unique}@example.com"

  @ENTRA-GALLERY-SCIM-USER-UPDATE
  Scenario Outline: A user can be updated, <how>
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with:
      """
      <operations>
      """
    Then the response status is 200 or 204
    And the SCIM user "ada" has "Countess" at "title"
    And the SCIM user "ada" has "King" at "name.familyName"

    Examples:
      | id          | how                               | operations |
      | per-path    | one operation for each attribute  | [{"op":"replace","path":"title","value":"Countess"},{"op":"replace","path":"name.familyName","value":"King"}] |
      | dotted-keys | one operation with dotted keys    | [{"op":"replace","value":{"title":"Countess","name.familyName":"King"}}] |

  @ENTRA-GALLERY-SCIM-GROUP-CREATE
  Scenario: A group can be created
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Gallery {unique}"}
      """
    Then the response status is 200 or 201
    And the value at "id" is present
    And the value at "displayName" is "Gallery {unique}"

  @ENTRA-GALLERY-SCIM-GROUP-UPDATE
  Scenario: A group can be renamed
    Given the group "Engineering" exists
    When the client patches "/Groups/{Engineering}" with the operation '{"op":"replace","path":"displayName","value":"Gallery {unique}"}'
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{Engineering}"
    And the value at "displayName" is "Gallery {unique}"

  @alone @ENTRA-GALLERY-SCIM-USER-PAGINATION
  Scenario: Users are paged
    Given the users "u01, u02, u03, u04, u05, u06, u07, u08, u09, u10, u11" exist
    When the client sends GET "/Users?startIndex=1&count=5"
    Then the response status is 200
    And the list holds at most 5 resources
    And the value at "Resources[4].id" is kept as "fifth"
    And the client sends GET "/Users?startIndex=6&count=5"
    And the response status is 200
    And the value at "startIndex" is the JSON "6"
    And the list holds at most 5 resources
    And the value at "Resources[0].id" is not "{fifth}"

  @alone @ENTRA-GALLERY-SCIM-GROUP-PAGINATION
  Scenario: Groups are paged
    Given the group "Alpha" exists
    And the group "Beta" exists
    And the group "Gamma" exists
    When the client sends GET "/Groups?startIndex=1&count=2"
    Then the response status is 200
    And the list holds at most 2 resources
    And the value at "Resources[1].id" is kept as "second"
    And the client sends GET "/Groups?startIndex=3&count=2"
    And the response status is 200
    And the value at "startIndex" is the JSON "3"
    And the value at "Resources[0].id" is not "{second}"

  @ENTRA-GALLERY-SCIM-UPDATE-MANAGER
  Scenario: A manager can be written as a text, replaced and cleared
    Given the users "ada, grace, joan" exist
    When the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"{grace}"}'
    Then the response status is 200 or 204
    And the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"
    And the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":"{joan}"}'
    And the response status is 200 or 204
    And the SCIM user "ada" has "{joan}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"
    And the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":""}'
    And the response status is 200 or 204
    And the client sends GET "/Users/{ada}"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value" does not contain "{joan}"
