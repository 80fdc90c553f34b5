@rfc
Feature: Creating resources with POST
  RFC 7644 section 3.3.

  @RFC7644-3.3-R1
  Scenario: An id of the client's is ignored
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "id": "chosen-{unique}"}
      """
    Then the response status is 201
    And the value at "id" is not "chosen-{unique}"

  @RFC7643-3.1-R15
  Scenario: Meta of the client's is ignored
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}",
       "meta": {"resourceType": "Robot", "created": "2001-02-03T04:05:06Z"}}
      """
    Then the response status is 201
    And the value at "meta.resourceType" is not "Robot"

  @RFC7644-3.3-R5
  Scenario: A create answers 201
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 201

  @RFC7644-3.3-R6
  Scenario: A 201 shows what was created
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the value at "id" is present
    And the value at "userName" is present
    And the value at "schemas" is present

  @RFC7644-3.3-R7
  Scenario: A 201 says where the resource is
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response has the header "Location"
    And the value at "meta.location" is present

  @RFC7644-3.3-R8
  Scenario: A second user of the same userName is refused
    Given the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 409 and scimType is "uniqueness"

  @RFC7644-3.3-R9
  Scenario: A userName that differs in letter case only is refused
    Given the user "ada" exists with:
      """
      {"userName": "case.{unique}@example.com"}
      """
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "CASE.{unique}@EXAMPLE.COM"}
      """
    Then the response status is 409

  @RFC7644-3.3-R10
  Scenario: Of eight equal creates at the same time one succeeds
    When 8 clients send POST "/Users" at the same time with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then one was answered 201 and all others 409

  @RFC7644-3.3-R11
  Scenario Outline: A <resource> without its required attribute is refused
    When the client sends POST "<endpoint>" with:
      """
      {"schemas": ["<schema>"], "externalId": "x-{unique}"}
      """
    Then the response status is 400

    Examples:
      | id                   | resource | endpoint | schema                                      |
      | user-without-name    | user     | /Users   | urn:ietf:params:scim:schemas:core:2.0:User  |

  @RFC7643-4.2-R1
  Scenario: A group without displayName is refused
    When the client sends POST "/Groups" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "externalId": "x-{unique}"}
      """
    Then the target offers it
    And the response status is 400

  @RFC7644-3.12-T8
  Scenario: A missing required value is called invalidValue or invalidSyntax
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "displayName": "Nobody {unique}"}
      """
    Then one of these readings is seen:
      | invalid-value | the response status is 400 and scimType is "invalidValue" |
      | invalid-syntax | the response status is 400 and scimType is "invalidSyntax" |

  @RFC7644-3.3-R12
  Scenario Outline: A body that is <what> is refused
    When the client sends POST "/Users" with the body '<body>'
    Then the response status is 400

    Examples:
      | id              | what           | body                           |
      | truncated-json  | truncated JSON | {"userName": "broken-{unique}" |
      | array           | an array       | []                             |
      | text            | plain text     | hello                          |

  @RFC7644-3.12-T5
  Scenario: Malformed JSON is called invalidSyntax
    When the client sends POST "/Users" with the body '{"userName": '
    Then the response status is 400 and scimType is "invalidSyntax"

  @RFC7644-3.3-R13
  Scenario Outline: <what> is refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", <members>}
      """
    Then the response status is 400

    Examples:
      | id                | what                             | members             |
      | active-is-a-word  | A word in place of a boolean     | "active": "perhaps" |
      | emails-is-a-text  | A text in place of a list        | "emails": 7         |
      | name-is-a-text    | A text in place of an object     | "name": "Ada"       |

  @RFC7644-3.3-R14
  Scenario Outline: A resource whose schemas are <what> is refused
    When the client sends POST "/Users" with:
      """
      {<schemas> "userName": "{ada.userName}"}
      """
    Then one of these readings is seen:
      | refused | the response status is 400 |
      | taken | the response status is 201 |

    Examples:
      | id              | what    | schemas                              |
      | schemas-missing | missing |                                      |
      | schemas-empty   | empty   | "schemas": [],                       |
      | schemas-foreign | foreign | "schemas": ["urn:example:no:such"],  |

  @RFC7644-3.3-R15
  Scenario: An attribute that no schema knows is refused or not shown
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "shoeSizeUnknown": "44"}
      """
    Then it is refused with "400", or else 'the value at "shoeSizeUnknown" is absent'

  @RFC7644-3.3.1-R1
  Scenario Outline: meta.resourceType of a <type> is "<type>"
    When the client sends POST "<endpoint>" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:<type>"], "<name>": "type.{unique}@example.com"}
      """
    Then the target offers it
    And the value at "meta.resourceType" is "<type>"

    Examples:
      | id    | type  | endpoint | name        |
      | user  | User  | /Users   | userName    |
      | group | Group | /Groups  | displayName |

  @RFC7644-3.1-R5
  Scenario: What a create answers is what a read shows
    Given the user "ada" exists with:
      """
      {"displayName": "Ada {unique}", "title": "Countess"}
      """
    And the value at "displayName" is "Ada {unique}"
    When the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "Ada {unique}"

  @RFC7643-3.1-R11
  Scenario: A resource without externalId gets none
    Given the user "ada" exists
    When the client sends GET "/Users/{ada}"
    Then the value at "externalId" is one of "none, empty"

  @RFC7643-3.1-R18
  Scenario: A new resource has lastModified equal to created
    Given the user "ada" exists
    When the client sends GET "/Users/{ada}"
    And the value at "meta.created" is kept as "created"
    Then the value at "meta.lastModified" is "{created}"
