@rfc
Feature: Replacing resources with PUT
  RFC 7644 section 3.5.1.

  Background:
    Given the user "ada" exists with:
      """
      {"displayName": "Before {unique}", "title": "Countess",
       "emails": [{"value": "ada.{unique}@work.example", "type": "work"}, {"value": "ada.{unique}@home.example", "type": "home"}]}
      """

  @RFC7644-3.5-R1
  Scenario: PUT is supported
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "{ada}", "userName": "{ada.userName}"}
      """
    Then the response status is 200

  @RFC7644-3.5.1-R1
  Scenario: PUT does not create
    When the client sends PUT "/Users/0b5a1d2e-7c1f-4d38-9a55-6a2f3f3c9f01" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{grace.userName}"}
      """
    Then the response status is one of "404, 400"

  @RFC7644-3.5.1-R3
  Scenario Outline: PUT replaces <what>
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After {unique}",
       "emails": [{"value": "new.{unique}@work.example", "type": "work"}]}
      """
    Then the response status is 200
    When the client sends GET "/Users/{ada}"
    Then <then>

    Examples:
      | id              | what             | then                                                      |
      | replaces-value  | a single value   | the value at "displayName" is "After {unique}"            |
      | replaces-list   | a list           | the value at "emails" has 1 element                       |

  @RFC7644-3.5.1-R4
  Scenario: What a PUT leaves out is cleared, has its default, or stays
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    And the client sends GET "/Users/{ada}"
    Then one of these readings is seen:
      | cleared | the value at "title" is absent |
      | kept | the value at "title" is "Countess" |
      | defaulted | the value at "title" is present |

  @RFC7644-3.5.1-R8
  Scenario: An id in a PUT is ignored or refused
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "id": "another-{unique}", "userName": "{ada.userName}"}
      """
    Then one of these readings is seen:
      | ignored | the value at "id" is "{ada}" |
      | refused | the response status is 400 |

  @RFC7644-3.5.1-R10
  Scenario: A PUT answers 200 with the resource
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After {unique}"}
      """
    Then the response status is 200
    And the value at "id" is "{ada}"
    And the value at "displayName" is "After {unique}"

  @RFC7644-3.5.1-R11
  Scenario: A PUT to a userName that is taken is refused
    Given the user "grace" exists
    When the client sends PUT "/Users/{grace}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response status is 409 or 400

  @RFC7643-7-R25
  Scenario: A collision in a PUT names uniqueness
    Given the user "grace" exists
    When the client sends PUT "/Users/{grace}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then one of these readings is seen:
      | conflict | the response status is 409 and scimType is "uniqueness" |
      | bad-request | the response status is 400 and scimType is "uniqueness" |

  @RFC7644-3.5.1-R13
  Scenario: A PUT leaves meta.created as it is
    Given the client sends GET "/Users/{ada}"
    And the value at "meta.created" is kept as "created"
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After {unique}"}
      """
    And the client sends GET "/Users/{ada}"
    Then the value at "meta.created" is "{created}"

  @RFC7643-7-R17
  Scenario: A PUT does not move meta.created
    Given the client sends GET "/Users/{ada}"
    And the value at "meta.created" is kept as "created"
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "meta": {"created": "2001-02-03T04:05:06Z"}}
      """
    And the client sends GET "/Users/{ada}"
    Then the value at "meta.created" is "{created}"

  @RFC7643-3.1-R6
  Scenario: A rename keeps the id
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "renamed.{unique}@example.com"}
      """
    And the client sends GET "/Users/{ada}"
    Then the response status is 200
    And the value at "userName" is "renamed.{unique}@example.com"
