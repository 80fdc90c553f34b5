@rfc
Feature: PATCH replace
  RFC 7644 section 3.5.2.3.

  Background:
    Given the target advertises "patch"
    And the user "ada" exists with:
      """
      {"title": null, "displayName": "Before {unique}",
       "emails": [{"value": "ada.{unique}@work.example", "type": "work"}, {"value": "ada.{unique}@home.example", "type": "home"}],
       "addresses": [{"type": "work", "streetAddress": "1 Main Street", "locality": "London"}]}
      """

  Scenario Outline: <what>
    When the client patches "/Users/{ada}" with the operation '<operation>'
    Then the response status is 200 or 204
    When the client sends GET "/Users/{ada}"
    Then <then>

    @RFC7644-3.5.2.3-R2
    Examples: single values
      | id           | what                         | operation                                                           | then                                           |
      | single-value | replace sets a single value  | {"op": "replace", "path": "displayName", "value": "After {unique}"} | the value at "displayName" is "After {unique}" |

    @RFC7643-4.1.1-R9
    Examples: active
      | id       | what                                     | operation                                              | then                                   |
      | inactive | a user can be deactivated and still read | {"op": "replace", "path": "active", "value": false}    | the value at "active" is the JSON "false" |

    @RFC7644-3.5.2.3-R3
    Examples: lists
      | id         | what                       | operation                                                                                                     | then                                |
      | whole-list | replace sets a whole list  | {"op": "replace", "path": "emails", "value": [{"value": "new.{unique}@work.example", "type": "work"}]}        | the value at "emails" has 1 element |

    @RFC7644-3.5.2.3-R4
    Examples: absent
      | id     | what                          | operation                                                 | then                               |
      | absent | replace of nothing is an add  | {"op": "replace", "path": "title", "value": "Countess"}   | the value at "title" is "Countess" |

    @RFC7644-3.5.2.3-R6
    Examples: matching elements
      | id         | what                              | operation                                                                                                             | then                                             |
      | value-path | replace with a filter sets the element | {"op": "replace", "path": "addresses[type eq \\"work\\"]", "value": {"type": "work", "locality": "Paris"}}          | the value at "addresses[0].locality" is "Paris"  |

    @RFC7644-3.5.2.3-R7
    Examples: sub-attributes
      | id            | what                                       | operation                                                                                       | then                                                    |
      | sub-attribute | replace of a sub-attribute sets it         | {"op": "replace", "path": "addresses[type eq \\"work\\"].streetAddress", "value": "2 Side Road"}  | the value at "addresses[0].streetAddress" is "2 Side Road" |
      | siblings      | replace of a sub-attribute keeps the others | {"op": "replace", "path": "emails[type eq \\"work\\"].value", "value": "x.{unique}@work.example"} | the value at "emails[type=home].value" is "ada.{unique}@home.example" |

  @RFC7644-3.5.2.3-R5
  Scenario: replace of a complex attribute keeps its other sub-attributes, or not
    Given the user "joan" exists with:
      """
      {"name": {"givenName": "Joan", "familyName": "Clarke"}}
      """
    When the client patches "/Users/{joan}" with the operation '{"op": "replace", "path": "name", "value": {"givenName": "Joanna"}}'
    Then the response status is 200 or 204
    When the client sends GET "/Users/{joan}"
    Then one of these readings is seen:
      | merged | the value at "name.familyName" is "Clarke" | the value at "name.givenName" is "Joanna" |
      | replaced | the value at "name.familyName" is absent | the value at "name.givenName" is "Joanna" |

  @RFC7644-3.5.2.3-R3
  Scenario: replace of members by none empties the group
    Given the group "Readers" exists with the members "ada"
    When the client patches "/Groups/{Readers}" with the operation '{"op": "replace", "path": "members", "value": []}'
    Then the response status is 200 or 204
    When the client sends GET "/Groups/{Readers}"
    Then the value at "members" is absent

  @RFC7644-3.5.2.3-R8
  Scenario: replace of an element that does not exist has no target
    When the client patches "/Users/{ada}" with the operation '{"op": "replace", "path": "emails[type eq \"other\"].value", "value": "x.{unique}@example.com"}'
    Then the response status is 400 and scimType is "noTarget"

  @RFC7644-3.5.2-R14
  Scenario: Setting primary on one element takes it from the others
    Given the user "grace" exists with:
      """
      {"emails": [{"value": "grace.{unique}@work.example", "type": "work", "primary": true}, {"value": "grace.{unique}@home.example", "type": "home"}]}
      """
    When the client patches "/Users/{grace}" with the operation '{"op": "replace", "path": "emails[type eq \"home\"].primary", "value": true}'
    Given the response is a success
    When the client sends GET "/Users/{grace}"
    Then "emails" has 1 primary element
