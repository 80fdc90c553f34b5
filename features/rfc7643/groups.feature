@rfc
Feature: Groups
  RFC 7643 section 4.2.

  @RFC7643-4.2-R2
  Scenario: Members can be added by replacing the group
    Given the users "ada, grace" exist
    And the group "Readers" exists with the members "ada"
    When the client sends PUT "/Groups/{Readers}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Readers {unique}", "members": [{"value": "{ada}"}, {"value": "{grace}"}]}
      """
    And the client sends GET "/Groups/{Readers}"
    Then the value at "members" has 2 elements

  @RFC7643-4.2-R3
  Scenario: A member is named by its id
    Given the user "ada" exists
    And the group "Readers" exists with the members "ada"
    When the client sends GET "/Groups/{Readers}"
    Then the value at "members[0].value" is "{ada}"

  @RFC7643-4.2-R4
  Scenario: A group in a group is kept or refused
    Given the group "Inner" exists
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Outer {unique}", "members": [{"value": "{Inner}", "type": "Group"}]}
      """
    Then one of these readings is seen:
      | kept | the response status is 201 |
      | refused | the response status is one of "400, 403, 501" |

  @RFC7643-4.2-R5
  Scenario: A member without value does not break the server
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Odd {unique}", "members": [{"display": "nobody"}]}
      """
    Then the target offers it
    And the response status is one of "201, 400"

  @RFC7643-4.2-R6
  Scenario: A group without members can be created
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Empty {unique}"}
      """
    Then the target offers it
    And the response status is 201

  @RFC7643-4.2-R7
  Scenario: A second group of the same name is accepted or refused
    Given the group "Twins" exists
    And the value at "displayName" is kept as "name"
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "{name}"}
      """
    Then one of these readings is seen:
      | accepted | the response status is 201 |
      | refused | the response status is 409 |

  @RFC7643-2.3.7-R4
  Scenario: A member that does not exist is accepted or refused
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Ghosts {unique}", "members": [{"value": "0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f07"}]}
      """
    Then the target offers it
    And one of these readings is seen:
      | accepted | the response status is 201 |
      | refused | the response status is one of "400, 409" |

  @RFC7643-4.1.2-R6
  Scenario: A user shows the group that it is in
    Given the user "ada" exists
    And the group "Readers" exists with the members "ada"
    When the client sends GET "/Users/{ada}"
    Then the value at "groups[0].value" is one of "{Readers}, none"

  @RFC7643-3-R6
  Scenario: A group keeps its externalId
    Given the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Named {unique}", "externalId": "G-{unique}"}
      """
    And the response status is 201
    And the value at "id" is kept as "named"
    When the client sends GET "/Groups/{named}"
    Then the value at "externalId" is "G-{unique}"
