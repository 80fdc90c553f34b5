@rfc
Feature: Paging by cursor
  RFC 9865. A target that does not offer cursors in /ServiceProviderConfig is not asked.

  Background:
    Given the client sends GET "/ServiceProviderConfig"
    And the value at "pagination.cursor" is the JSON "true"
    And the users "ada, grace, joan" exist

  @RFC9865-2-R5
  Scenario: Cursors lead through all pages
    When all cursors of '/Users?filter=userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}"' are followed with 1 per page
    Then the pages together hold each of "ada, grace, joan" once

  Scenario Outline: <what>
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | cursor |         |
      | count  | <count> |
    Then the response status is 200
    And <then>

    @RFC9865-2-R4
    Examples:
      | id           | what                          | count | then                               |
      | at-most      | No more than count are listed | 2     | the list holds at most 2 resources |

    @RFC9865-2-R6
    Examples:
      | id   | what                        | count | then                               |
      | last | The last page has no cursor | 10    | the value at "nextCursor" is absent |

    @RFC9865-2-R8
    Examples:
      | id    | what                                | count | then                                    |
      | first | The first page has no way back      | 1     | the value at "previousCursor" is absent |

  Scenario Outline: A <what> is capped or refused
    When the client sends GET "/Users" with the query:
      | filter | userName eq "{ada.userName}" or userName eq "{grace.userName}" or userName eq "{joan.userName}" |
      | cursor |         |
      | count  | <count> |
    Then one of these readings is seen:
      | <reading> | <then> |
      | refused   | the response status is 400 |

    @RFC9865-2-R3
    Examples:
      | id       | what           | count   | reading | then                               |
      | negative | negative count | -1      | zero    | the list holds 0 resources         |

    @RFC9865-4-R2
    Examples:
      | id      | what             | count   | reading | then                               |
      | capped  | count above all  | 1000000 | capped  | the list holds at most 3 resources |

  @RFC9865-2.1-R1
  Scenario: A cursor that was never given out is refused
    When the client sends GET "/Users?cursor=no-such-cursor&count=1"
    Then the response status is 400

  @RFC9865-2.1-R2
  Scenario: A cursor that was never given out is called invalidCursor
    When the client sends GET "/Users?cursor=no-such-cursor&count=1"
    Then the response status is 400 and scimType is "invalidCursor"
