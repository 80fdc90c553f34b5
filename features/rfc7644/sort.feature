@rfc
Feature: Sorting
  RFC 7644 section 3.4.2.3.

  Background:
    Given the target advertises "sort"
    And the user "ada" exists with:
      """
      {"displayName": "bravo {unique}", "title": "x", "emails": [{"value": "c.{unique}@example.com"}, {"value": "a.{unique}@example.com", "primary": true}]}
      """
    And the user "grace" exists with:
      """
      {"displayName": "Alpha {unique}", "title": null, "emails": [{"value": "b.{unique}@example.com"}]}
      """
    And the user "joan" exists with:
      """
      {"displayName": "Charlie {unique}", "title": "y", "emails": [{"value": "d.{unique}@example.com"}]}
      """

  Scenario Outline: <what>
    When the client sends GET "/Users" with the query:
      | filter    | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | sortBy    | <sortBy>    |
      | sortOrder | <sortOrder> |
    Then the query is answered
    And the list is in the order "<order>"

    @RFC7644-3.4.2.3-R2
    Examples:
      | id         | what                                | sortBy      | sortOrder  | order            |
      | descending | sortBy with descending order sorts  | userName    | descending | joan, grace, ada |
      | ascending  | sortBy with ascending order sorts   | userName    | ascending  | ada, grace, joan |

    @RFC7644-3.4.2.3-R3
    Examples:
      | id            | what                                             | sortBy | sortOrder | order            |
      | primary-value | a list is sorted by its primary value, or first  | emails.value | ascending | ada, grace, joan |

    @RFC7644-3.4.2.3-R5
    Examples:
      | id                 | what                                | sortBy | sortOrder  | order            |
      | missing-last       | who has no value comes last         | title  | ascending  | ada, joan, grace |
      | missing-first-desc | who has no value comes first in descending order | title | descending | grace, joan, ada |

    @RFC7644-3.4.2.3-R7
    Examples:
      | id              | what                                      | sortBy      | sortOrder | order            |
      | case-is-ignored | letter case does not count in displayName | displayName | ascending | grace, ada, joan |

  @RFC7644-3.4.2.3-R6
  Scenario: Without sortOrder the order is ascending
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | sortBy | userName |
    Then the query is answered
    And the list is in the order "ada, grace, joan"

  @RFC7644-3.4.2.3-R9
  Scenario: Pages of a sorted list hold everybody once
    When all pages of '/Users?filter=userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}"&sortBy=active' are read with 1 per page
    Then the pages together hold each of "ada, grace, joan" once
