@rfc
Feature: Filtering
  RFC 7644 section 3.4.2.2. Every filter names something that only this scenario made, so that it can be asked of a
  server in use.

  Background:
    Given the target advertises "filter"
    And the user "ada" exists with:
      """
      {"displayName": "Alpha {unique}", "title": "Countess", "externalId": "Ext-{unique}",
       "emails": [{"value": "ada.{unique}@work.example", "type": "work", "primary": true},
                  {"value": "ada.{unique}@home.example", "type": "home"}]}
      """
    And the user "grace" exists with:
      """
      {"displayName": "Gamma {unique}", "title": null,
       "emails": [{"value": "grace.{unique}@work.example", "type": "work"}]}
      """

  @RFC7644-3.4.2-R8
  Scenario: A filter that matches nothing is answered 200
    When the client sends GET "/Users" with the query:
      | filter | userName eq "nobody.{unique}@example.com" |
    Then the response status is 200
    And the value at "totalResults" is the JSON "0"

  @RFC7644-3.4.2.2-R2
  Scenario: Only what matches is listed
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" |
    Then the list holds exactly "ada"

  @RFC7644-3.4.2.2-R3
  Scenario Outline: Names and operators are read without letter case: <what>
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the query is answered
    And the list holds exactly "ada"

    Examples:
      | id            | what     | filter                       |
      | operator-case | operator | userName EQ "{ada.userName}" |
      | name-case     | name     | USERNAME eq "{ada.userName}" |

  Scenario Outline: <what>
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the query is answered
    And the list holds exactly "<found>"

    @RFC7644-3.4.2.2-R7
    Examples: eq
      | id         | what                      | filter                          | found |
      | eq-string  | eq compares strings       | displayName eq "Alpha {unique}" | ada   |
      | eq-id      | eq compares ids           | id eq "{grace}"                 | grace |

    @RFC7644-3.4.2.2-R9
    Examples: co
      | id | what                    | filter                        | found |
      | co | co finds text inside    | displayName co "pha {unique}" | ada   |

    @RFC7644-3.4.2.2-R10
    Examples: sw
      | id       | what                         | filter                          | found |
      | sw       | sw finds the beginning       | userName sw "{ada.userName}"    | ada   |
      | sw-equal | sw finds the whole           | displayName sw "Gamma {unique}" | grace |

    @RFC7644-3.4.2.2-R11
    Examples: ew
      | id | what                  | filter                         | found |
      | ew | ew finds the end      | displayName ew "amma {unique}" | grace |

    @RFC7644-3.4.2.2-R12
    Examples: pr
      | id          | what                             | filter                                                                                  | found |
      | pr          | pr finds those with a value      | title pr and (userName eq "{ada.userName}" or userName eq "{grace.userName}")           | ada   |
      | pr-complex  | pr looks into complex attributes | name pr and userName eq "{grace.userName}"                                              | grace |

    @RFC7644-3.4.2.2-R13
    Examples: order
      | id        | what                          | filter                                                                                         | found      |
      | gt-date   | gt compares times             | meta.created gt "2001-01-01T00:00:00Z" and userName eq "{ada.userName}"                        | ada        |
      | lt-date   | lt compares times with zones  | meta.created lt "2999-01-01T00:00:00+02:00" and userName eq "{ada.userName}"                   | ada        |
      | ge-string | ge compares strings           | displayName ge "Beta" and (userName eq "{ada.userName}" or userName eq "{grace.userName}")     | grace      |
      | le-string | le compares strings           | displayName le "Beta" and (userName eq "{ada.userName}" or userName eq "{grace.userName}")     | ada        |

    @RFC7644-3.4.2.2-R15
    Examples: logic
      | id  | what                          | filter                                                                                               | found      |
      | and | and wants both                | userName eq "{ada.userName}" and displayName eq "Alpha {unique}"                                     | ada        |
      | or  | or wants one                  | userName eq "{ada.userName}" or userName eq "{grace.userName}"                                       | ada, grace |
      | not | not wants the opposite        | (userName eq "{ada.userName}" or userName eq "{grace.userName}") and not (displayName eq "Alpha {unique}") | grace |

    @RFC7644-3.4.2.2-R20
    Examples: precedence
      | id         | what                      | filter                                                                                                            | found |
      | precedence | and binds tighter than or | userName eq "{ada.userName}" or userName eq "{grace.userName}" and displayName eq "nobody"                        | ada   |
      | grouping   | parentheses bind first    | (userName eq "{ada.userName}" or userName eq "{grace.userName}") and displayName eq "Gamma {unique}"              | grace |

    @RFC7644-3.4.2.2-R21
    Examples: any value
      | id        | what                                   | filter                                          | found |
      | any-value | a multi-valued attribute matches anywhere | emails.value eq "ada.{unique}@home.example"  | ada   |

    @RFC7644-3.4.2.2-R27
    Examples: URN paths
      | id       | what                             | filter                                                                              | found |
      | urn-path | a path may begin with its schema | urn:ietf:params:scim:schemas:core:2.0:User:userName eq "{ada.userName}"             | ada   |

    @RFC7644-3.4.2.2-R28
    Examples: JSON literals
      | id             | what                                | filter                                                          | found |
      | boolean        | a boolean is a literal              | active eq true and userName eq "{ada.userName}"                 | ada   |
      | escaped-letter | a string may have JSON escapes      | displayName eq "\\u0041lpha {unique}"                            | ada   |

    @RFC7644-3.4.2.2-R32
    Examples: common attributes
      | id                | what                            | filter                                                      | found |
      | externalid-filter | externalId can be asked for     | externalId eq "Ext-{unique}"                                | ada   |
      | type-filter       | meta.resourceType can be asked for | meta.resourceType eq "User" and userName eq "{ada.userName}" | ada |

  @RFC7644-1.2-R1
  Scenario: An encoded plus sign stays a plus sign
    Given the user "joan" exists with:
      """
      {"userName": "joan+tag.{unique}@example.com"}
      """
    When the client sends GET "/Users" with the query:
      | filter | userName eq "joan+tag.{unique}@example.com" |
    Then the query is answered
    And the list holds exactly "joan"

  @alone @RFC7644-3.4.2.2-R14
  Scenario Outline: Order of a boolean is refused: <operator>
    When the client sends GET "/Users" with the query:
      | filter | active <operator> true |
    Then the response status is 400 and scimType is "invalidFilter"

    Examples:
      | id | operator |
      | gt | gt       |
      | le | le       |

  @RFC7644-3.4.2.2-R17
  Scenario: A filter in brackets applies to one element
    When the client sends GET "/Users" with the query:
      | filter | emails[type eq "work" and value eq "ada.{unique}@home.example"] |
    Then the query is answered
    And the list holds 0 resources

  @RFC7644-3.4.2.2-R19
  Scenario Outline: A filter that is not well-formed is refused: <what>
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the response status is 400

    Examples:
      | id              | what                  | filter                         |
      | no-operand      | no operand            | userName eq                    |
      | unquoted        | an unquoted string    | userName eq ada{unique}        |
      | single-quotes   | single quotes         | userName eq 'ada{unique}'      |
      | open-group      | an open parenthesis   | (userName eq "ada{unique}"     |
      | dangling-and    | nothing after and     | userName eq "ada{unique}" and  |

  @RFC7644-3.12-T1
  Scenario: A filter that is not well-formed is called invalidFilter
    When the client sends GET "/Users" with the query:
      | filter | userName eq |
    Then the response status is 400 and scimType is "invalidFilter"

  @RFC7644-3.4.2.2-R24
  Scenario: An operator that does not exist is refused
    When the client sends GET "/Users" with the query:
      | filter | userName resembles "ada" |
    Then the response status is 400 and scimType is "invalidFilter"

  @RFC7644-3.4.2.2-R25
  Scenario: A userName matches in any letter case
    Given the user "joan" exists with:
      """
      {"userName": "joan.{unique}@example.com"}
      """
    When the client sends GET "/Users" with the query:
      | filter | userName eq "JOAN.{unique}@EXAMPLE.COM" |
    Then the query is answered
    And the list holds exactly "joan"

  @RFC7643-7-R14
  Scenario: An externalId does not match in another letter case
    When the client sends GET "/Users" with the query:
      | filter | externalId eq "eXT-{unique}" |
    Then the query is answered
    And the list does not contain "ada"

  @RFC7644-3.4.2.2-R8
  Scenario: ne finds the others
    When the client sends GET "/Users" with the query:
      | filter | displayName ne "Alpha {unique}" and (userName eq "{ada.userName}" or userName eq "{grace.userName}") |
    Then the query is answered
    And the list holds exactly "grace"

  @RFC7644-3.4.2.2-R29
  Scenario: A filter on an unknown attribute does not list everybody
    When the client sends GET "/Users" with the query:
      | filter | nosuchattribute eq "x" |
    Then one of these readings is seen:
      | no-value | the list holds 0 resources |
      | refused | the response status is 400 |

  @RFC7644-3.4.2.2-R8
  Scenario: ne of an attribute without a value
    When the client sends GET "/Users" with the query:
      | filter | title ne "Countess" and userName eq "{grace.userName}" |
    Then one of these readings is seen:
      | found | the list holds exactly "grace" |
      | left-out | the list holds 0 resources |
      | refused | the response status is one of "400, 403, 501" |

  @alone @RFC7644-3.4.2.2-R7
  Scenario: Who lacks the whole attribute is no match for a part of it
    Given the user "joan" exists with:
      """
      {"name": {"givenName": "Joan", "familyName": "Only {unique}"}}
      """
    When the client sends GET "/Users" with the query:
      | filter | name.familyName eq "Only {unique}" |
    Then the target answers such a query
    Given the user "mary" exists with:
      """
      {"name": null}
      """
    When the client sends GET "/Users" with the query:
      | filter | name.familyName eq "Only {unique}" |
    Then the query is answered
    And the list holds exactly "joan"

  @RFC7644-3.4.2.2-R22
  Scenario: A list of objects that is compared as a whole
    When the client sends GET "/Users" with the query:
      | filter | emails co "ada.{unique}@home" |
    Then one of these readings is seen:
      | value | the list holds exactly "ada" |
      | refused | the response status is one of "400, 403, 501" |
      | nothing | the list holds 0 resources |

  @RFC7644-3.4.2.2-R28
  Scenario: Comparison with null
    When the client sends GET "/Users" with the query:
      | filter | title eq null and (userName eq "{ada.userName}" or userName eq "{grace.userName}") |
    Then one of these readings is seen:
      | absent | the list holds exactly "grace" |
      | refused | the response status is one of "400, 403, 501" |
      | nothing | the list holds 0 resources |

  @RFC7644-3.4.2.2-R30
  Scenario: A sub-attribute of an extension can be asked for
    Given the user "joan" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"manager": {"value": "{ada}"}}}
      """
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value" is "{ada}"
    When the client sends GET "/Users" with the query:
      | filter | urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value eq "{ada}" |
    Then the query is answered
    And the list holds exactly "joan"

  @alone @RFC7644-3.4.2.2-R31
  Scenario Outline: Groups can be found by member: <what>
    Given the group "Readers" exists with the members "ada"
    And the group "Writers" exists
    When the client sends GET "/Groups" with the query:
      | filter | <filter> |
    Then the query is answered
    And the list holds exactly "Readers"

    Examples:
      | id             | what           | filter                     |
      | members-value  | members.value  | members.value eq "{ada}"   |
      | members-filter | members[value] | members[value eq "{ada}"]  |

  @alone @RFC7644-3.4.2.2-X
  Scenario Outline: The RFC's own filter is read or declined: <filter>
    When the client sends GET "/Users" with the query:
      | filter | <filter> |
    Then the response status is one of "200, 400, 403, 501"

    Examples:
      | id  | filter |
      | f1  | userName eq "bjensen" |
      | f2  | name.familyName co "O'Malley" |
      | f3  | userName sw "J" |
      | f4  | urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J" |
      | f5  | title pr |
      | f6  | meta.lastModified gt "2011-05-13T04:42:34Z" |
      | f7  | meta.lastModified ge "2011-05-13T04:42:34Z" |
      | f8  | meta.lastModified lt "2011-05-13T04:42:34Z" |
      | f9  | meta.lastModified le "2011-05-13T04:42:34Z" |
      | f10 | title pr and userType eq "Employee" |
      | f11 | title pr or userType eq "Intern" |
      | f12 | schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User" |
      | f13 | userType eq "Employee" and (emails co "example.com" or emails.value co "example.org") |
      | f14 | userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org") |
      | f15 | userType eq "Employee" and (emails.type eq "work") |
      | f16 | userType eq "Employee" and emails[type eq "work" and value co "@example.com"] |
      | f17 | emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"] |

  @RFC7643-2.4-R4
  Scenario: A missing primary is false
    When the client sends GET "/Users" with the query:
      | filter | emails[primary eq true and value eq "grace.{unique}@work.example"] |
    Then the target answers such a query
    And the list holds 0 resources

  @RFC7644-7.7-R1
  Scenario Outline: A filter value that tries to break out is just a value: <what>
    When the client sends GET "/Users" with the query:
      | filter | userName eq "<value>" |
    Then it is refused with "400, 403", or else 'the list holds 0 resources'

    Examples:
      | id         | what       | value                    |
      | sql        | SQL        | x' OR '1'='1             |
      | ldap       | LDAP       | *)(uid=*))(\\u007c(uid=*  |
      | like       | LIKE       | %                        |
      | template   | a template | ${7*7}                   |

  @RFC7644-7.5.2-R2
  Scenario: A password in a URL is refused
    When the client sends GET "/Users" with the query:
      | filter | password eq "t1meMa$heen-{unique}" |
    Then the response status is one of "403, 400"
