@ipsie
Feature: The IPSIE profiles of SCIM
  What the OpenID IPSIE profiles ask for of an application's SCIM endpoint, as far as it is seen over HTTP. It is played only
  when it is asked for: `run @ipsie`. The interoperability profile, which they build on, is `run @interop`.

  @IPSIE-P-R7
  Scenario: Bulk jobs are supported
    When the client sends GET "/ServiceProviderConfig"
    Then the value at "bulk.supported" is the JSON "true"

  @IPSIE-P-R7
  Scenario: One PATCH changes several attributes
    Given the user "ada" exists with:
      """
      {"displayName": "Before {unique}", "name": {"givenName": "Ada", "familyName": "Byron"}}
      """
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "replace", "path": "displayName", "value": "After {unique}"}, {"op": "replace", "path": "name.familyName", "value": "King"}]
      """
    And the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "After {unique}"
    And the value at "name.familyName" is "King"

  @IPSIE-AL1-R1
  Scenario: A user is deactivated and reactivated by PATCH
    Given the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "active", "value": false}'
    And the client sends GET "/Users/{ada}"
    Then the value at "active" is the JSON "false"
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "active", "value": true}'
    And the client sends GET "/Users/{ada}"
    Then the value at "active" is the JSON "true"

  @needs-idp @IPSIE-AL1-R2
  Scenario: Who is deactivated cannot sign in
    Given the IdP has provisioned "ada"
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "active", "value": false}'
    Then "ada" cannot open a new session

  @needs-idp @IPSIE-AL1-R3
  Scenario: The sessions of who is deactivated end within five minutes
    Given the IdP has provisioned "ada"
    And "ada" has 2 open sessions
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "active", "value": false}'
    Then every session of "ada" is revoked within 300 seconds

  @IPSIE-AL1-R4
  Scenario: The userName of a deleted user can be given again
    Given the user "ada" exists
    And the client sends DELETE "/Users/{ada}"
    And the response status is 204
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 201

  @IPSIE-AL1-R5
  Scenario Outline: A user is found by <what>
    Given the user "ada" exists with:
      """
      {"externalId": "ext-{unique}", "emails": [{"value": "ada.{unique}@work.example", "type": "work"}]}
      """
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the response status is 200
    And the list holds exactly "ada"

    Examples:
      | id            | what                  | filter                                                             |
      | user-name     | userName              | userName eq "{ada.userName}"                                       |
      | external-id   | externalId            | externalId eq "ext-{unique}"                                       |
      | email         | e-mail address        | emails[value eq "ada.{unique}@work.example"]                       |
      | work-email    | address of that type  | emails[type eq "work" and value eq "ada.{unique}@work.example"]    |

  @IPSIE-AL2-R1
  Scenario Outline: A user has <attribute>
    Given the user "ada" exists with:
      """
      {"displayName": "Ada {unique}", "externalId": "ext-{unique}", "active": true}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "<attribute>" is present

    Examples:
      | id           | attribute   |
      | user-name    | userName    |
      | display-name | displayName |
      | active       | active      |
      | external-id  | externalId  |

  @IPSIE-AL2-R2
  Scenario: The schema has no password
    Given the client sends GET "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User"
    And the response status is 200
    Then the value at "attributes[name=password]" is absent

  @alone @IPSIE-AL2-R3
  Scenario: A page holds no more than a thousand users
    When the client sends GET "/Users?startIndex=1&count=1001&attributes=userName"
    Then the query is answered
    And the list holds at most 1000 resources

  @IPSIE-AL2-R4
  Scenario: A group may have no members
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Empty {unique}"}
      """
    Then the target offers it
    And the response status is 201

  @IPSIE-AL2-R4
  Scenario Outline: A group is found by <what>
    Given the user "ada" exists
    And the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Readers {unique}", "externalId": "ext-{unique}", "members": [{"value": "{ada}"}]}
      """
    And the response status is 201
    When the client sends GET "/Groups" with the query:
      | filter             | <filter> |
      | excludedAttributes | members  |
    Then the response status is 200
    And the list holds 1 resource
    And the value at "Resources[0].members" is absent

    Examples:
      | id           | what         | filter                             |
      | display-name | displayName  | displayName eq "Readers {unique}"  |
      | external-id  | externalId   | externalId eq "ext-{unique}"       |
      | member       | a member     | members[value eq "{ada}"]          |

  @IPSIE-SEC-R1
  Scenario: An error has the SCIM format
    When the client sends GET "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f00"
    Then the response is a SCIM error with status 404
