@rfc
Feature: Reading resources and choosing attributes
  RFC 7644 sections 3.4.1, 3.4.2.5, 3.9 and 3.10.

  Background:
    Given the user "ada" exists with:
      """
      {"title": "Countess"}
      """

  @RFC7644-3.4.1-R1
  Scenario: A resource that exists is read
    When the client sends GET "/Users/{ada}"
    Then the response status is 200
    And the value at "id" is "{ada}"

  @RFC7644-3.4.1-R2
  Scenario: A user is not found under its userName
    Given "{ada}" is not "{ada.userName}"
    When the client sends GET "/Users/{ada.userName}"
    Then the response status is one of "404, 400"

  @RFC7644-3.4.1-R3
  Scenario Outline: <what> is not found
    When the client sends GET "/Users/<id in the URL>"
    Then the response status is one of "<statuses>"

    Examples:
      | id                | what                  | id in the URL                        | statuses      |
      | unknown-uuid      | An unknown UUID       | 0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f00 | 404, 400      |
      | unknown-word      | An unknown word       | nosuchresource-{unique}              | 404, 400      |
      | encoded-traversal | An encoded path       | %2e%2e%2fetc                         | 404, 400, 3xx |
      | encoded-quote     | A quotation mark      | %27%22%3B--                          | 404, 400      |

  @RFC7644-3.12-R9
  Scenario: An unknown resource is a SCIM error
    When the client sends GET "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f00"
    Then the response is a SCIM error with status 404

  @RFC7644-3.4-R2
  Scenario: A read shows the default attributes
    When the client sends GET "/Users/{ada}"
    Then the value at "userName" is present
    And the value at "title" is "Countess"
    And the value at "emails" is present
    And the value at "meta" is present

  @RFC7644-3.4.2.5-R1
  Scenario Outline: <parameter> is honoured for <where>
    When the client sends GET '<path>'
    Then the response status is 200
    And the value at "<gone>" is absent

    Examples:
      | id         | parameter          | where      | path                                  | gone  |
      | attributes | attributes         | a resource | /Users/{ada}?attributes=userName      | title |
      | excluded   | excludedAttributes | a resource | /Users/{ada}?excludedAttributes=title | title |

  @RFC7644-3.4.2.5-R1
  Scenario Outline: <parameter> is honoured for a list
    Given the target advertises "filter"
    When the client sends GET '/Users?filter=userName eq "{ada.userName}"&<query>'
    Then the response status is 200
    And the value at "Resources[0].title" is absent

    Examples:
      | id                 | parameter          | query                    |
      | attributes-in-list | attributes         | attributes=userName      |
      | excluded-in-list   | excludedAttributes | excludedAttributes=title |

  @RFC7644-3.4.2.5-R3
  Scenario: The id cannot be excluded
    When the client sends GET "/Users/{ada}?excludedAttributes=id,title"
    Then the value at "id" is "{ada}"

  @RFC7644-3.9-R1
  Scenario: With attributes only the minimum and the named ones are shown
    When the client sends GET "/Users/{ada}?attributes=userName"
    Then the value at "id" is "{ada}"
    And the value at "userName" is present
    And the value at "emails" is absent

  @RFC7644-3.9-R2
  Scenario: With excludedAttributes the other default attributes stay
    When the client sends GET "/Users/{ada}?excludedAttributes=emails"
    Then the value at "emails" is absent
    And the value at "userName" is present
    And the value at "title" is "Countess"

  @RFC7644-3.9-R3
  Scenario: Attributes are a comma-separated list
    When the client sends GET "/Users/{ada}?attributes=userName,title"
    Then the value at "userName" is present
    And the value at "title" is "Countess"
    And the value at "emails" is absent

  @RFC7644-3.9-R4
  Scenario: attributes and excludedAttributes in one request
    When the client sends GET "/Users/{ada}?attributes=userName,title&excludedAttributes=title"
    Then one of these readings is seen:
      | refused | the response status is 400 | |
      | both | the value at "title" is absent | the value at "emails" is absent |
      | attributes | the value at "title" is present | the value at "emails" is absent |
      | excluded | the value at "title" is absent | the value at "emails" is present |

  @RFC7644-3.9-R5
  Scenario: A create honours attributes
    When the client sends POST "/Users?attributes=userName" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{grace.userName}", "title": "Admiral"}
      """
    Then the response status is 201
    And the value at "title" is absent

  @RFC7644-3.9-R6
  Scenario: A sub-attribute comes without its siblings
    When the client sends GET "/Users/{ada}?attributes=name.givenName"
    Then the value at "name.givenName" is present
    And the value at "name.familyName" is absent

  @RFC7644-3.10-R3
  Scenario Outline: Attribute names are read without letter case: <list>
    Given the client sends GET "/Users/{ada}?attributes=<in its case>"
    And the value at "<shown>" is present
    And the value at "emails" is absent
    When the client sends GET "/Users/{ada}?attributes=<list>"
    Then the value at "<shown>" is present
    And the value at "emails" is absent

    Examples:
      | id                    | list                                                | in its case                                         | shown          |
      | case-of-name          | USERNAME                                            | userName                                            | userName       |
      | case-of-sub-attribute | NAME.GIVENNAME                                      | name.givenName                                      | name.givenName |
      | case-of-urn           | URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:userName | urn:ietf:params:scim:schemas:core:2.0:User:userName | userName       |

  @RFC7643-7-R20
  Scenario: The id is shown though it was not asked for
    When the client sends GET "/Users/{ada}?attributes=title"
    Then the value at "id" is "{ada}"

  @RFC7643-7-R21
  Scenario: The password is not shown though it was asked for
    When the client sends GET "/Users/{ada}?attributes=password"
    Then the value at "password" is absent

  @RFC7644-3.4.2-R2
  Scenario: An unknown query parameter is ignored
    Given the target advertises "filter"
    When the client sends GET '/Users?filter=userName eq "{ada.userName}"&nosuchparameter=1'
    Then the response status is 200

  @RFC7644-3.10-R4
  Scenario: The URN of an extension stands for all of it
    Given the user "joan" exists with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
       "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"department": "Signals"}}
      """
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department" is "Signals"
    When the client sends GET "/Users/{joan}?attributes=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    Then the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department" is "Signals"

  @RFC9110-9.3.2-R1
  Scenario: HEAD answers as GET does, without a body
    When the client sends HEAD "/Users/{ada}"
    Then it is refused with "404, 405, 501", or else 'the response status is 200'
    And the response has no body
