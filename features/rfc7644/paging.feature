@rfc
Feature: Paging by index
  RFC 7644 section 3.4.2.4.

  Background:
    Given the target advertises "filter"
    And the users "ada, grace, joan" exist
    And the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
    And the list holds exactly "ada, grace, joan"

  @RFC7644-3.4.2.4-R3
  Scenario: Count is max
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | count  | 2 |
    Then the response status is 200
    And the list holds at most 2 resources

  Scenario Outline: <what>
    Given the target pages the list of "ada, grace, joan"
    When the client sends GET "/Users" with the query:
      | filter     | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | startIndex | <startIndex> |
      | count      | <count>      |
    Then the response status is 200
    And <then>

    @RFC7644-3.4.2.4-R2
    Examples: startIndex below 1
      | id            | what                      | startIndex | count | then                                                        |
      | zero-is-one   | startIndex 0 is 1         | 0          | 10    | the list holds exactly "ada, grace, joan"                   |
      | minus-is-one  | startIndex -5 is 1        | -5         | 10    | the list holds exactly "ada, grace, joan"                   |

    @RFC7644-3.4.2.4-R4
    Examples: negative count
      | id             | what                    | startIndex | count | then                      |
      | negative-count | a negative count is 0   | 1          | -1    | the list holds 0 resources |

    @RFC7644-3.4.2.4-R5
    Examples: count 0
      | id         | what                                | startIndex | count | then                                          |
      | count-zero | count 0 shows only how many         | 1          | 0     | the list holds 0 resources                    |
      | zero-total | count 0 tells totalResults          | 1          | 0     | the value at "totalResults" is the JSON "3"   |

    @RFC7644-3.4.2.4-R8
    Examples: totals
      | id          | what                              | startIndex | count | then                                        |
      | total-page1 | the first page tells all results  | 1          | 1     | the value at "totalResults" is the JSON "3" |
      | total-page2 | the second page tells all results | 2          | 1     | the value at "totalResults" is the JSON "3" |

    @RFC7644-3.4.2-R6
    Examples: start index
      | id                 | what                          | startIndex | count | then                                      |
      | states-start-index | a page says where it starts   | 2          | 1     | the value at "startIndex" is the JSON "2" |

    @RFC7644-3.4.2-R7
    Examples: items
      | id                    | what                       | startIndex | count | then                                   |
      | states-items-per-page | a page says how many it has | 1         | 2     | the value at "itemsPerPage" is present |

    @RFC7644-3.4.2.4-R9
    Examples: beyond the end
      | id             | what                          | startIndex | count | then                       |
      | beyond         | a page beyond the end is empty | 4         | 2     | the list holds 0 resources |
      | far-beyond     | a page far beyond is empty    | 100000     | 2     | the list holds 0 resources |

  @RFC7644-3.4.2.4-R6
  Scenario: A count above all is capped, not refused
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" |
      | count  | 1000000                      |
    Then the response status is 200
    And the list holds exactly "ada"

  @RFC7644-3.4.2.4-R10
  Scenario Outline: <parameter> that is no number is refused or left out
    When the client sends GET "/Users?<parameter>=many&filter=userName%20eq%20%22nobody.{unique}@example.com%22"
    Then one of these readings is seen:
      | refused | the response status is 400 |
      | ignored | the response status is 200 |

    Examples:
      | id                | parameter  |
      | count-is-a-word   | count      |
      | start-is-a-word   | startIndex |

  @RFC7644-3.4.2.4-R11
  Scenario: All pages together hold everybody once
    When all pages of '/Users?filter=userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}"' are read with 2 per page
    Then the pages together hold each of "ada, grace, joan" once
