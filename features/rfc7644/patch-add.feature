@rfc
Feature: PATCH add
  RFC 7644 section 3.5.2.1. A PATCH may answer 200 or 204; what it did is read afterwards.

  Background:
    Given the target advertises "patch"
    And the user "ada" exists with:
      """
      {"displayName": "Before {unique}", "title": null, "emails": [{"value": "ada.{unique}@work.example", "type": "work"}]}
      """

  Scenario Outline: <what>
    When the client patches "/Users/{ada}" with the operation '<operation>'
    Then the response status is 200 or 204
    When the client sends GET "/Users/{ada}"
    Then <then>

    @RFC7644-3.5.2.1-R2
    Examples: without a path
      | id            | what                                  | operation                                                        | then                                    |
      | without-path  | add without a path adds attributes    | {"op": "add", "value": {"title": "Countess"}}                    | the value at "title" is "Countess"      |

    @RFC7644-3.5.2.1-R3
    Examples: absent
      | id     | what                          | operation                                                | then                               |
      | absent | add sets an absent attribute  | {"op": "add", "path": "title", "value": "Countess"}      | the value at "title" is "Countess" |

    @RFC7644-3.5.2.1-R5
    Examples: lists
      | id         | what                          | operation                                                                                      | then                                   |
      | append     | add appends to a list         | {"op": "add", "path": "emails", "value": [{"value": "ada.{unique}@home.example", "type": "home"}]} | the value at "emails" has 2 elements |

    @RFC7644-3.5.2.1-R6
    Examples: single values
      | id       | what                           | operation                                                         | then                                           |
      | replaces | add replaces a single value    | {"op": "add", "path": "displayName", "value": "After {unique}"}   | the value at "displayName" is "After {unique}" |

    @RFC7644-3.5.2.1-R9
    Examples: value paths
      | id         | what                                    | operation                                                                                          | then                                 |
      | value-path | add to a matching element changes it    | {"op": "add", "path": "emails[type eq \\"work\\"].display", "value": "at work"}                       | the value at "emails[0].display" is "at work" |

    @RFC7644-3.5.2-R10
    Examples: path notation
      | id        | what                              | operation                                                                                                             | then                               |
      | urn-path  | a path may begin with its schema  | {"op": "add", "path": "urn:ietf:params:scim:schemas:core:2.0:User:title", "value": "Countess"}                         | the value at "title" is "Countess" |
      | path-case | a path is read without letter case | {"op": "add", "path": "TITLE", "value": "Countess"}                                                                   | the value at "title" is "Countess" |

    @RFC7643-2.1-R3
    Examples: names
      | id        | what                                        | operation                                        | then                               |
      | name-case | attribute names are read without letter case | {"op": "add", "value": {"TITLE": "Countess"}}   | the value at "title" is "Countess" |

  @RFC7644-3.5.2.1-R7
  Scenario: add of a member that is there succeeds and changes nothing
    Given the group "Readers" exists with the members "ada"
    When the client patches "/Groups/{Readers}" with the operation '{"op": "add", "path": "members", "value": [{"value": "{ada}"}]}'
    Then the response status is 200 or 204
    When the client sends GET "/Groups/{Readers}"
    Then the value at "members" has 1 element

  @RFC7644-3.5.2.1-R8
  Scenario: add of what is there does not count as a change
    Given the resource "/Users/{ada}" is remembered
    When the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "displayName", "value": "Before {unique}"}'
    Then the resource "/Users/{ada}" counts as unmodified

  @RFC7644-3.5.2.1-R10
  Scenario: add to an element that does not exist makes it or is refused
    Given the resource "/Users/{ada}" is remembered
    When the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "emails[type eq \"home\"].value", "value": "ada.{unique}@home.example"}'
    Then one of these readings is seen:
      | no-target | the response status is 400 |
      | ignored | the resource "/Users/{ada}" is as it was |
      | created | the value at "emails[type=home].value" is "ada.{unique}@home.example" |

  @RFC7644-3.5.2-R12
  Scenario: add of an extension attribute names the extension in schemas
    When the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Signals"}'
    Then it is refused with "400", or else 'the response is a success'
    When the client sends GET "/Users/{ada}"
    Then the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department" is one of "Signals, none"

  @RFC7643-3.3-R3
  Scenario: An extension that was added is named in schemas
    Given the client patches "/Users/{ada}" with the operation '{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Signals"}'
    And the client sends GET "/Users/{ada}"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department" is "Signals"
    When the client sends GET "/Users/{ada}"
    Then the value at "schemas" contains "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

  @RFC7644-3.5.2-R14
  Scenario: A new primary value takes primary from the old one
    Given the user "grace" exists with:
      """
      {"emails": [{"value": "grace.{unique}@work.example", "type": "work", "primary": true}]}
      """
    When the client patches "/Users/{grace}" with the operation '{"op": "add", "path": "emails", "value": [{"value": "grace.{unique}@home.example", "type": "home", "primary": true}]}'
    Then the response is a success
    When the client sends GET "/Users/{grace}"
    Then "emails" has 1 primary element

  @RFC7644-3.5.2-R25
  Scenario: Several operations add members in one request
    Given the users "u1, u2, u3, u4, u5" exist
    And the group "Readers" exists
    When the client patches "/Groups/{Readers}" with:
      """
      [{"op": "add", "path": "members", "value": [{"value": "{u1}"}, {"value": "{u2}"}, {"value": "{u3}"}]},
       {"op": "add", "path": "members", "value": [{"value": "{u4}"}]},
       {"op": "add", "path": "members", "value": [{"value": "{u5}"}]}]
      """
    Then the response status is 200 or 204
    When the client sends GET "/Groups/{Readers}"
    Then the value at "members" has 5 elements

  @RFC7644-3.5.2-R13
  Scenario: Operations apply one after the other
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "add", "path": "title", "value": "First"}, {"op": "replace", "path": "title", "value": "Second"}]
      """
    Then the response status is 200 or 204
    When the client sends GET "/Users/{ada}"
    Then the value at "title" is "Second"

  @RFC7644-3.5.2-R11
  Scenario: A later operation sees the schemas of an earlier one
    When the client patches "/Users/{ada}" with:
      """
      [{"op": "add", "path": "schemas", "value": ["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"]},
       {"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "Signals"}]
      """
    Then it is refused with "400", or else 'the response is a success'
