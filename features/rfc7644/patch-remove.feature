@rfc
Feature: PATCH remove
  RFC 7644 section 3.5.2.2.

  Background:
    Given the target advertises "patch"
    And the user "ada" exists with:
      """
      {"title": "Countess", "emails": [{"value": "ada.{unique}@work.example", "type": "work"}, {"value": "ada.{unique}@home.example", "type": "home"}],
       "addresses": [{"type": "work", "streetAddress": "1 Main Street", "locality": "London"}],
       "phoneNumbers": [{"value": "+1-201-555-0123", "type": "work"}, {"value": "+1-201-555-0124", "type": "mobile"}]}
      """

  Scenario Outline: <what>
    When the client patches "/Users/{ada}" with the operation '<operation>'
    Then the response status is 200 or 204
    When the client sends GET "/Users/{ada}"
    Then <then>

    @RFC7644-3.5.2.2-R2
    Examples:
      | id           | what                            | operation                           | then                             |
      | single-value | remove takes a single value away | {"op": "remove", "path": "title"}  | the value at "title" is absent   |

    @RFC7644-3.5.2.2-R3
    Examples:
      | id          | what                            | operation                           | then                            |
      | whole-list  | remove of a list takes all away | {"op": "remove", "path": "phoneNumbers"}  | the value at "phoneNumbers" is absent |

    @RFC7644-3.5.2.2-R5
    Examples:
      | id             | what                                    | operation                                                                                     | then                                  |
      | complex-filter | remove with a filter takes what matches | {"op": "remove", "path": "emails[type eq \\"home\\" and value ew \\"home.example\\"]"}            | the value at "emails" has 1 element   |

    @RFC7644-3.5.2.2-R8
    Examples:
      | id            | what                                       | operation                                                                   | then                                              |
      | sub-attribute | remove of a sub-attribute keeps the others | {"op": "remove", "path": "addresses[type eq \\"work\\"].streetAddress"}       | the value at "addresses[0].locality" is "London"  |

    @RFC7643-2.5-R2
    Examples:
      | id         | what                                    | operation                                              | then                           |
      | null       | replace by null takes the value away    | {"op": "replace", "path": "title", "value": null}      | the value at "title" is absent |

    @RFC7644-3.5.2-R26
    Examples:
      | id           | what                                 | operation                                          | then                           |
      | null-removes | replace by null is as good as remove | {"op": "replace", "path": "title", "value": null}  | the value at "title" is absent |

  @RFC7644-3.5.2.2-R1
  Scenario: remove without a path is refused
    When the client patches "/Users/{ada}" with the operation '{"op": "remove"}'
    Then the response status is 400

  @RFC7644-3.12-T7
  Scenario: remove without a path is called noTarget
    When the client patches "/Users/{ada}" with the operation '{"op": "remove"}'
    Then the response status is 400 and scimType is "noTarget"

  @RFC7644-3.5.2.2-R4
  Scenario: remove of one member leaves the others
    Given the user "grace" exists
    And the group "Readers" exists with the members "ada, grace"
    When the client patches "/Groups/{Readers}" with the operation '{"op": "remove", "path": "members[value eq \"{ada}\"]"}'
    Then the response status is 200 or 204
    When the client sends GET "/Groups/{Readers}"
    Then the value at "members" has 1 element
    And the value at "members[0].value" is "{grace}"

  @RFC7644-3.5.2.2-R6
  Scenario Outline: remove of <what> is refused
    When the client patches "/Users/{ada}" with the operation '{"op": "remove", "path": "<path>"}'
    Then the response status is 400

    Examples:
      | id                | what                     | path     |
      | required-userName | the required userName    | userName |
      | read-only-id      | the id                   | id       |

  @RFC7644-3.12-T4
  Scenario: Removing the id is called mutability
    When the client patches "/Users/{ada}" with the operation '{"op": "remove", "path": "id"}'
    Then the response status is 400 and scimType is "mutability"

  @RFC7644-3.5.2.2-R7
  Scenario: remove of somebody who is no member succeeds, or has no target
    Given the user "grace" exists
    And the group "Readers" exists with the members "grace"
    When the client patches "/Groups/{Readers}" with the operation '{"op": "remove", "path": "members[value eq \"{ada}\"]"}'
    Then one of these readings is seen:
      | success | the response status is 200 or 204 |
      | no-target | the response status is 400 |

  @RFC7644-3.5.2.2-R10
  Scenario: remove of a simple element by filter is done or refused
    When the client patches "/Users/{ada}" with the operation '{"op": "remove", "path": "schemas eq \"urn:example:none\""}'
    Then the response status is one of "200, 204, 400"
