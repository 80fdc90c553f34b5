@rfc
Feature: Values and their types
  RFC 7643 sections 2 and 4.

  @RFC7643-2.3.1-R1
  Scenario Outline: <what> come back as they were sent
    Given the user "ada" exists with:
      """
      {"displayName": "<text> {unique}"}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "<text> {unique}"

    Examples:
      | id         | what                  | text                |
      | emoji      | Emoji                 | 👩‍💻 Ada            |
      | rtl        | Right-to-left letters | שלום                |
      | combining  | Combining marks       | Z̈oe                 |
      | quotes     | Quotes and backslash  | O'Malley            |

  @RFC7643-2.3.2-R1
  Scenario: A boolean is shown as a boolean
    Given the user "ada" exists
    When the client sends GET "/Users/{ada}"
    Then the value at "active" is one of "true, none"

  @RFC7643-2.3.8-R1
  Scenario: The order of members does not matter
    When the client sends POST "/Users" with:
      """
      {"name": {"familyName": "Last", "givenName": "First"}, "userName": "{ada.userName}", "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
      """
    Then the response status is 201

  @RFC7643-3-R5
  Scenario: The order of schemas does not matter
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"],
       "userName": "{ada.userName}",
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Signals"}}
      """
    Then one of these readings is seen:
      | free | the response status is 201 |
      | refused | the response status is 400 |

  @RFC7643-2.1-R3
  Scenario: Attribute names in a body are read without letter case
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "USERNAME": "{ada.userName}", "DisplayName": "Ada {unique}"}
      """
    Then the response status is 201
    And the value at "displayName" is "Ada {unique}"

  @RFC7643-2.3.1-R2
  Scenario: A type that is not canonical is kept or refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}",
       "emails": [{"value": "ada.{unique}@example.com", "type": "seaside"}]}
      """
    Then one of these readings is seen:
      | kept | the value at "emails[0].type" is "seaside" |
      | refused | the response status is 400 |

  @RFC7643-2.4-R3
  Scenario: Two primary values are refused, or one of them stays
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}",
       "emails": [{"value": "a.{unique}@example.com", "primary": true}, {"value": "b.{unique}@example.com", "primary": true}]}
      """
    Then one of these readings is seen:
      | refused | the response status is 400 |
      | corrected | "emails" has 1 primary element |

  @RFC7643-2.4-R8
  Scenario: A pair of type and value that is sent twice is shown once
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}",
       "emails": [{"value": "a.{unique}@example.com", "type": "work"}, {"value": "a.{unique}@example.com", "type": "work"}]}
      """
    Then one of these readings is seen:
      | once | the value at "emails" has 1 element |
      | refused | the response status is one of "400, 409" |

  @RFC7643-2.5-R1
  Scenario Outline: <what> is no value
    Given the user "ada" exists with:
      """
      {"title": "Countess", "emails": [{"value": "ada.{unique}@example.com"}]}
      """
    And the user "grace" exists with:
      """
      {"title": "Countess", "emails": [{"value": "grace.{unique}@example.com"}]}
      """
    And the client sends PUT "/Users/{grace}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{grace.userName}"}
      """
    And the client sends GET "/Users/{grace}"
    And the value at "<attribute>" is absent
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", <members>}
      """
    And the client sends GET "/Users/{ada}"
    Then the value at "<attribute>" is absent

    Examples:
      | id         | what          | members         | attribute |
      | null       | null          | "title": null   | title     |
      | empty-list | an empty list | "emails": []    | emails    |

  @RFC7643-3-R4
  Scenario: A schema that is named twice is refused or shown once
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then one of these readings is seen:
      | once | the value at "schemas" has 1 element |
      | refused | the response status is 400 |

  @RFC7643-3.3-R1
  Scenario: A resource without its base schema is refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"], "userName": "{ada.userName}"}
      """
    Then it is refused with "400", or else 'the value at "schemas" contains "urn:ietf:params:scim:schemas:core:2.0:User"'

  @RFC7643-3.3-R2
  Scenario: Extension attributes stand under the URI of the extension
    Given the user "ada" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Signals"}}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "department" is absent

  @RFC7643-4.3-R1
  Scenario: The enterprise attributes are kept
    Given the client sends GET "/Schemas/urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    And the response status is 200
    And the user "ada" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Signals", "employeeNumber": "701984", "costCenter": "4130", "organization": "Analytical", "division": "Engines"}}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department" is "Signals"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.employeeNumber" is "701984"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.costCenter" is "4130"

  @RFC7643-4.3-R2
  Scenario: A manager is kept by id
    Given the user "grace" exists
    And the user "ada" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{grace}"}}}
      """
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`" is present
    When the client sends GET "/Users/{ada}"
    Then the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value" is "{grace}"

  @RFC7643-4.3-R3
  Scenario: A manager's displayName of the client's is ignored
    Given the user "grace" exists
    And the user "ada" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{grace}", "displayName": "Forged {unique}"}}}
      """
    When the client sends GET "/Users/{ada}"
    Then the response body does not contain "Forged {unique}"

  @RFC7643-7-R15
  Scenario: externalId keeps its letter case
    Given the user "ada" exists with:
      """
      {"externalId": "MiXeD-{unique}"}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "externalId" is "MiXeD-{unique}"

  @RFC7643-7-R16
  Scenario: A userName comes back in some letter case
    Given the user "ada" exists with:
      """
      {"userName": "Mixed.{unique}@Example.com"}
      """
    When the client sends GET "/Users/{ada}"
    Then the value at "userName" matches "(?i)^mixed\\."

  Scenario Outline: <attribute> accepts <value>
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "<attribute>": "<value>"}
      """
    Then the response status is 201

    @RFC7643-4.1.1-R6
    Examples:
      | id           | attribute         | value            |
      | accept-list  | preferredLanguage | en-US,da;q=0.8   |

    @RFC7643-4.1.1-R7
    Examples:
      | id     | attribute | value   |
      | bcp47  | locale    | az-Arab |

    @RFC7643-4.1.1-R8
    Examples:
      | id   | attribute | value       |
      | iana | timezone  | Europe/Oslo |

  @RFC7643-4.1.1-R1
  Scenario Outline: A userName that is <what> is refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "<name>"}
      """
    Then the response status is 400

    Examples:
      | id    | what  | name |
      | empty | empty |      |

  @RFC7643-4.1.1-R2
  Scenario: A userName is unique over all users
    Given the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is one of "409, 400"

  @RFC7643-4.1.1-R10
  Scenario Outline: A password that was set is not shown by <what>
    Given the user "ada" exists with:
      """
      {"password": "t1meMa$heen-{unique}"}
      """
    When the client sends GET "<path>"
    Then the response body does not contain "t1meMa$heen-{unique}"

    Examples:
      | id                | what          | path                              |
      | read              | a read        | /Users/{ada}                      |
      | read-on-request   | a request     | /Users/{ada}?attributes=password  |

  @RFC7643-4.1.1-R13
  Scenario: A password cannot be guessed by its beginning
    Given the user "ada" exists with:
      """
      {"password": "t1meMa$heen-{unique}"}
      """
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" and password sw "t1me" |
    Then it is refused with "400, 403, 501", or else 'the list holds 0 resources'

  @RFC7643-4.1.2-R1
  Scenario: An address with a plus sign is kept
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "emails": [{"value": "ada+tag.{unique}@example.com"}]}
      """
    Then the response status is 201
    And the value at "emails[0].value" contains "+tag"

  @RFC7643-4.1.2-R2
  Scenario Outline: A telephone number is accepted as <value>
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "phoneNumbers": [{"value": "<value>", "type": "work"}]}
      """
    Then the response status is 201

    Examples:
      | id     | value               |
      | tel    | tel:+1-201-555-0123 |
      | plain  | 555-555-5555        |

  @RFC7643-4.1.2-R10
  Scenario: Roles of any name are kept as objects
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "roles": [{"value": "reader-{unique}"}]}
      """
    Then it is refused with "400, 403", or else 'the value at "roles[0].value" is one of "reader-{unique}, none"'

  @RFC7643-2.3.6-R1
  Scenario: A certificate that is no base64 is refused
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "x509Certificates": [{"value": "-- no base64 --"}]}
      """
    Then it is refused with "400", or else 'the response body does not contain "-- no base64 --"'

  @RFC7643-3.1-R12
  Scenario: An externalId can be looked up by the client that gave it
    Given the target advertises "filter"
    And the user "ada" exists with:
      """
      {"externalId": "scope-{unique}"}
      """
    When the client sends GET "/Users" with the query:
      | filter | externalId eq "scope-{unique}" |
    Given the query is answered
    And the list contains "ada"
    Then the list holds 1 resource

  @RFC7643-3.1-R13
  Scenario: An externalId that is taken is accepted, or refused as a conflict
    Given the user "ada" exists with:
      """
      {"externalId": "twice-{unique}"}
      """
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{grace.userName}", "externalId": "twice-{unique}"}
      """
    Then one of these readings is seen:
      | accepted | the response status is 201 |
      | refused | the response status is 409 |

  @RFC7643-3.1-R14
  Scenario: An externalId can be changed
    Given the user "ada" exists with:
      """
      {"externalId": "old-{unique}"}
      """
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "externalId": "new-{unique}"}
      """
    And the client sends GET "/Users/{ada}"
    Then the value at "externalId" is "new-{unique}"

  @RFC7643-3.1-R3
  Scenario: An id is compared with letter case
    Given the target advertises "filter"
    And the user "ada" exists
    When the client sends GET "/Users" with the query:
      | filter | id eq "{ada}" |
    Given the query is answered
    And the list holds exactly "ada"
    When the client looks for the id of "ada" in another letter case
    Then the list does not contain "ada"

  @RFC7644-7.8-R1
  Scenario: Composed and decomposed letters are the same name
    Given the target advertises "filter"
    And the user "ada" exists with:
      """
      {"userName": "zo\u00eb.{unique}@example.com"}
      """
    When the client sends GET "/Users" with the query:
      | filter | userName eq "zoe\\u0308.{unique}@example.com" |
    Then the query is answered
    And the list holds exactly "ada"

  @RFC7644-5-R1
  Scenario: Composed and decomposed letters are no two users
    Given the user "ada" exists with:
      """
      {"userName": "chlo\u00eb.{unique}@example.com"}
      """
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "chloe\u0308.{unique}@example.com"}
      """
    Then the response status is one of "409, 400"
