@rfc
Feature: What every PATCH must keep
  RFC 7644 section 3.5.2.

  Background:
    Given the target advertises "patch"
    And the user "ada" exists with:
      """
      {"displayName": "Before {unique}"}
      """

  @RFC7644-3.5-R2
  Scenario: An advertised PATCH works
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "displayName", "value": "After {unique}"}'
    Then the response status is 200 or 204

  @RFC7644-3.5.2-R3
  Scenario: An operation that does not exist is refused
    When the client patches "/Users/{ada}" with the operation '{"op": "move", "path": "displayName", "value": "x"}'
    Then one of these readings is seen:
      | invalid-syntax | the response status is 400 and scimType is "invalidSyntax" |
      | invalid-value | the response status is 400 and scimType is "invalidValue" |
      | other | the response status is 400 |

  @RFC7644-3.5.2-R5
  Scenario Outline: A path that is not well-formed is refused: <path>
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "<path>", "value": "x"}'
    Then the response status is 400

    Examples:
      | id             | path                            |
      | open-bracket   | emails[                         |
      | two-dots       | name..givenName                 |
      | json-pointer   | /displayName                    |
      | missing-dot    | emails[type eq \\"work\\"]value   |

  @RFC7644-3.12-T6
  Scenario: A path that is not well-formed is called invalidPath
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "name..givenName", "value": "x"}'
    Then the response status is 400 and scimType is "invalidPath"

  @RFC7644-3.5.2-R8
  Scenario Outline: <what> cannot be replaced
    Given the resource "/Users/{ada}" is remembered
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "<path>", "value": "<value>"}'
    Then it is refused with "400", or else 'the resource "/Users/{ada}" is as it was'
    And the response status is 400

    Examples:
      | id           | what          | path         | value                |
      | id           | The id        | id           | another-{unique}     |

  @RFC7643-3.1-R9
  Scenario: The id cannot be changed by a PATCH
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "id", "value": "another-{unique}"}'
    And the client sends GET "/Users/{ada}"
    Then the value at "id" is "{ada}"

  @RFC7643-3.1-R16
  Scenario: meta cannot be changed by a PATCH
    Given the client sends GET "/Users/{ada}"
    And the value at "meta.created" is kept as "created"
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "meta.created", "value": "2001-02-03T04:05:06Z"}'
    And the client sends GET "/Users/{ada}"
    Then the value at "meta.created" is "{created}"

  @RFC7644-3.5.2-R15
  Scenario: Of a PATCH that fails nothing is done
    Given the resource "/Users/{ada}" is remembered
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "replace", "path": "displayName", "value": "Half done"}, {"op": "remove", "path": "userName"}]
      """
    Given the response status is one of "4xx, 5xx"
    Then the resource "/Users/{ada}" is as it was

  @RFC7644-3.5.2-R16
  Scenario: Of a membership PATCH that fails nothing is done
    Given the group "Readers" exists
    And the resource "/Groups/{Readers}" is remembered
    When the client patches "/Groups/{Readers}" with:
      """
      [{"op": "add", "path": "members", "value": [{"value": "{ada}"}]}, {"op": "remove", "path": "displayName"}]
      """
    Given the response status is one of "4xx, 5xx"
    Then the resource "/Groups/{Readers}" is as it was

  @RFC7644-3.5.2-R17
  Scenario: A failed PATCH is a SCIM error
    When the client patches "/Users/{ada}" with the operation '{"op": "remove", "path": "userName"}'
    Given the response status is one of "4xx, 5xx"
    Then the response is a SCIM error with status 400

  @RFC7644-3.5.2-R18
  Scenario: A PATCH answers 200 with the resource or 204
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "displayName", "value": "After {unique}"}'
    Then one of these readings is seen:
      | no-content | the response status is 204 |
      | resource | the value at "id" is "{ada}" |

  @RFC7644-3.5.2-R19
  Scenario: A PATCH with attributes answers 200
    When the client patches "/Users/{ada}?attributes=displayName" with the operation '{"op": "replace", "path": "displayName", "value": "After {unique}"}'
    Then the response status is 200
    And the value at "displayName" is "After {unique}"

  @RFC7644-3.5.2-R20
  Scenario Outline: What JSON Patch has and SCIM has not is refused: <what>
    When the client patches "/Users/{ada}" with the operation '<operation>'
    Then the response status is 400

    Examples:
      | id          | what             | operation                                                       |
      | array-index | an array index   | {"op": "replace", "path": "emails[0].value", "value": "x"}       |
      | operation   | an operation     | {"op": "copy", "path": "displayName", "value": "x"}             |

  @RFC7644-3.5.2-R21
  Scenario Outline: A value of the wrong type is refused: <what>
    When the client patches "/Users/{ada}" with the operation '<operation>'
    Then the response status is 400

    Examples:
      | id      | what                           | operation                                                  |
      | boolean | a word in place of a boolean   | {"op": "replace", "path": "active", "value": "perhaps"}     |
      | complex | a text in place of an object   | {"op": "replace", "path": "name", "value": "Ada"}           |

  @RFC7644-3.5.2-R22
  Scenario: A PATCH to a userName that is taken is refused
    Given the user "grace" exists
    When the client patches "/Users/{grace}" with the operation '{"op": "replace", "path": "userName", "value": "{ada.userName}"}'
    Then the response status is 409 or 400

  @RFC7644-3.12-T3
  Scenario: A collision in a PATCH is called uniqueness
    Given the user "grace" exists
    When the client patches "/Users/{grace}" with the operation '{"op": "replace", "path": "userName", "value": "{ada.userName}"}'
    Then one of these readings is seen:
      | conflict | the response status is 409 and scimType is "uniqueness" |
      | bad-request | the response status is 400 and scimType is "uniqueness" |

  @RFC7644-3.5.2-R23
  Scenario: An attribute that does not exist is refused
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "nosuchattribute", "value": "x"}'
    Then the response status is 400

  @RFC7644-3.5.2-R24
  Scenario: A resource that does not exist is not found
    When the client patches "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f02" with the operation '{"op": "replace", "path": "displayName", "value": "x"}'
    Then the response status is 404

  @RFC7643-3.1-R22
  Scenario: A change of members changes the group
    Given the group "Readers" exists
    And the resource "/Groups/{Readers}" is remembered
    When the client patches "/Groups/{Readers}" with the operation '{"op": "add", "path": "members", "value": [{"value": "{ada}"}]}'
    And the client sends GET "/Groups/{Readers}"
    Then the value at "members" has 1 element
