@entra @entra-validator
Feature: Microsoft's SCIM validator: groups

  Background:
    Given the client sends POST "/Groups" with:
      """
      {"displayName": "Val{unique}", "externalId": "ext-{unique}", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}
      """
    And the value at "id" is kept as "made"

  @ENTRA-VAL-13
  Scenario: A group is read without its members
    Given the user "ada" exists
    And the client patches "/Groups/{made}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"}]}'
    When the client sends GET "/Groups/{made}?excludedAttributes=members"
    Then the response status is 200
    And the value at "id" is "{made}"
    And the value at "members" is absent

  @ENTRA-VAL-14
  Scenario: A group is found without its members
    Given the user "ada" exists
    And the client patches "/Groups/{made}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"}]}'
    When the client sends GET "/Groups?excludedAttributes=members&filter=displayName+eq+%22Val{unique}%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the value at "Resources[0].id" is "{made}"
    And the value at "Resources[0].members" is absent

  @ENTRA-VAL-15
  Scenario: An existing group is found by filter
    When the client sends GET "/Groups?filter=displayName+eq+%22Val{unique}%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the value at "Resources[0].id" is "{made}"

  @ENTRA-VAL-16
  Scenario: A filter for no group finds none
    When the client sends GET "/Groups?filter=displayName+eq+%22nonexistent0a1b2c3d4e5f_Val{unique}%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "0"
    And the list holds 0 resources

  @ENTRA-VAL-17
  Scenario: An existing group is found in another case
    When the client sends GET "/Groups?filter=displayName+eq+%22VAL{unique}%22"
    Then the response status is 200
    And the value at "totalResults" is the JSON "1"
    And the value at "Resources[0].id" is "{made}"

  @ENTRA-VAL-18
  Scenario: A group is created
    When the client sends POST "/Groups" with:
      """
      {"displayName": "Other{unique}", "externalId": "other-{unique}", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}
      """
    Then the response status is 201
    And the value at "id" is present
    And the value at "displayName" is "Other{unique}"

  @ENTRA-VAL-19
  Scenario: The same group again is a conflict
    When the client sends POST "/Groups" with:
      """
      {"displayName": "Val{unique}", "externalId": "ext-{unique}", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"]}
      """
    Then the response status is 409

  @ENTRA-VAL-20
  Scenario: externalId of a group is replaced without a path
    When the client patches "/Groups/{made}" with the operation '{"op":"replace","value":{"externalId":"new-{unique}"}}'
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{made}"
    And the value at "externalId" is "new-{unique}"

  @ENTRA-VAL-21
  Scenario: A group is renamed without a path
    When the client patches "/Groups/{made}" with the operation '{"op":"replace","value":{"displayName":"New{unique}"}}'
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{made}"
    And the value at "displayName" is "New{unique}"

  @ENTRA-VAL-22
  Scenario: A member is added by replace
    Given the user "ada" exists
    When the client patches "/Groups/{made}" with the operation '{"op":"replace","path":"members","value":[{"value":"{ada}"}]}'
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{made}"
    And the value at "members" has 1 element
    And the value at "members[0].value" is "{ada}"

  @ENTRA-VAL-23
  Scenario: A member is removed by filter path
    Given the users "ada, grace" exist
    And the client patches "/Groups/{made}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"},{"value":"{grace}"}]}'
    When the client patches "/Groups/{made}" with the operation '{"op":"remove","path":"members[value eq \"{ada}\"]"}'
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{made}"
    And the value at "members" has 1 element
    And the value at "members[0].value" is "{grace}"

  @ENTRA-VAL-24
  Scenario: A group is deleted
    When the client sends DELETE "/Groups/{made}"
    Then the response status is 204
    And the client sends GET "/Groups/{made}"
    And the response status is 404

  @ENTRA-VAL-P5
  Scenario: A member is added and removed at once
    Given the user "ada" exists
    When the client patches "/Groups/{made}" with:
      """
      [{"op": "add", "path": "members", "value": [{"value": "{ada}"}]}, {"op": "remove", "path": "members[value eq \"{ada}\"]"}]
      """
    Then the response status is 200 or 204
    And the client sends GET "/Groups/{made}"
    And the value at "members" is absent

  @ENTRA-VAL-P6
  Scenario: A group that is not there cannot be deleted
    When the client sends DELETE "/Groups/6a0b8c9e-2f0d-4d8a-9f51-0c7be44c1a5d"
    Then the response status is 404

  @ENTRA-VAL-P7
  Scenario: A group cannot be deleted twice
    Given the client sends DELETE "/Groups/{made}"
    When the client sends DELETE "/Groups/{made}"
    Then the response status is 404
