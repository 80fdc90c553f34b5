@interop
Feature: The SCIM interoperability profile
  What the profile asks for beyond RFC 7643 and RFC 7644. It is played only when it is asked for: `run @interop`.

  @INTEROP-4-R1
  Scenario: Conformance is claimed as a boolean, or not at all
    When the client sends GET "/ServiceProviderConfig"
    Then the value at "interopProfileConformant" is one of "true, false, none"

  @INTEROP-5.1-R1
  Scenario Outline: <endpoint> is there
    When the client sends GET "<endpoint>"
    Then the response status is 200

    Examples:
      | id       | endpoint               |
      | config   | /ServiceProviderConfig |
      | types    | /ResourceTypes         |
      | schemas  | /Schemas               |

  @INTEROP-5.1-R1
  Scenario: The id of a resource type is its name
    Given the client sends GET "/ResourceTypes"
    And the response status is 200
    Then the value at "Resources[name=User].id" is "User"

  @INTEROP-5.2-R1
  Scenario Outline: A <attribute> is compared <how>
    Given the user "ada" exists with:
      """
      {"userName": "ada.{unique}@example.com", "externalId": "ext-{unique}"}
      """
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the response status is 200
    And <then>

    Examples:
      | id          | attribute  | how                 | filter                                  | then                             |
      | user-name   | userName   | in any letter case  | userName eq "ADA.{unique}@EXAMPLE.COM"  | the list holds exactly "ada"     |
      | external-id | externalId | with letter case    | externalId eq "EXT-{unique}"            | the list does not contain "ada"  |

  @INTEROP-5.3-R1
  Scenario: An undefined attribute in a create is refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "shoeSizeUnknown": "44"}
      """
    Then the response status is 400 and scimType is "invalidSyntax"

  @INTEROP-5.3-R1
  Scenario: An undefined attribute in a PATCH is refused
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "shoeSizeUnknown", "value": "44"}'
    Then the response status is 400

  @INTEROP-5.4-R1
  Scenario: The types of e-mail addresses are declared
    Given the client sends GET "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"
    And the response status is 200
    And the value at "attributes[name=emails].subAttributes[name=type]" is present
    Then the value at "attributes[name=emails].subAttributes[name=type].canonicalValues" is present

  @INTEROP-6.1-R1
  Scenario: A user is addressed below her endpoint only
    Given the user "ada" exists
    When the client sends GET "/{ada}"
    Then the response status is one of "4xx, 501"

  @INTEROP-6.2-R1
  Scenario: Answers are application/scim+json
    Given the user "ada" exists
    When the client sends GET "/Users/{ada}"
    Then the header "Content-Type" starts with "application/scim+json"

  @INTEROP-6.3-R1
  Scenario: eq and and are supported
    Given the user "ada" exists
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" and userName eq "{ada.userName}" |
    Then the response status is 200
    And the list holds exactly "ada"

  @INTEROP-6.3-R1
  Scenario: A filter on an undefined attribute is refused
    When the client sends GET "/Users" with the query:
      | filter | shoeSizeUnknown eq "44-{unique}" |
    Then the response status is 400 and scimType is "invalidFilter"

  @INTEROP-6.4-R1
  Scenario: A page of a hundred can be asked for
    When the client sends GET "/Users?startIndex=1&count=100&filter=userName%20eq%20%22nobody.{unique}@example.com%22"
    Then the response status is 200

  @INTEROP-6.5-R2
  Scenario: A PATCH without a path is refused
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "value": {"displayName": "After {unique}"}}'
    Then the response status is 400 and scimType is "invalidSyntax"

  @INTEROP-6.5-R3
  Scenario: add of a single value is as good as replace
    Given the user "ada" exists with:
      """
      {"displayName": "Before {unique}"}
      """
    When the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "displayName", "value": "After {unique}"}'
    And the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "After {unique}"

  @INTEROP-6.5-R3
  Scenario: replace of a whole name leaves nothing of the old one
    Given the user "ada" exists with:
      """
      {"name": {"givenName": "Ada", "familyName": "Byron"}}
      """
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "name", "value": {"givenName": "Augusta"}}'
    And the client sends GET "/Users/{ada}"
    Then the value at "name.familyName" is absent

  @INTEROP-6.5-R4
  Scenario: An element as a whole is no target
    Given the user "ada" exists with:
      """
      {"emails": [{"value": "ada.{unique}@work.example", "type": "work"}]}
      """
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "emails[type eq \"work\"]", "value": {"value": "new.{unique}@work.example"}}'
    Then the response status is one of "4xx"

  @INTEROP-6.6-R1
  Scenario: A deleted user is gone
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends GET "/Users/{ada}"
    Then the response status is 404

  @INTEROP-6.6-R1
  Scenario: The userName of a deleted user can be given again
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 201

  @INTEROP-6.9-R1
  Scenario: A userName that is taken is a conflict in a create
    Given the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 409 and scimType is "uniqueness"

  @INTEROP-6.9-R1
  Scenario: A userName that is taken is a conflict in a PATCH
    Given the users "ada, grace" exist
    When the client patches "/Users/{grace}" with the operation '{"op": "replace", "path": "userName", "value": "{ada.userName}"}'
    Then the response status is 409 and scimType is "uniqueness"
