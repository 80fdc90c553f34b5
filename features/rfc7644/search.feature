@rfc
Feature: Queries by POST
  RFC 7644 section 3.4.3, and queries over several types, section 3.4.2.1.

  Background:
    Given the target advertises "filter"
    And the users "ada, grace" exist

  @RFC7644-3.4.3-R1
  Scenario: .search on an endpoint is a query
    When the client sends POST "/Users/.search" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{ada.userName}\""}
      """
    Then the target offers it
    And the list holds exactly "ada"

  Scenario Outline: <what>
    When the client sends POST "/Users/.search" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
       "filter": "userName eq \"{ada.userName}\" or userName eq \"{grace.userName}\"", <more>}
      """
    Then the target answers such a query
    And <then>

    @RFC7644-3.4.3-R5
    Examples:
      | id         | what                                    | more                           | then                                       |
      | id-is-kept | The id cannot be excluded from a search | "excludedAttributes": ["id"]   | the value at "Resources[0].id" is present  |

    @RFC7644-3.4.3-R6
    Examples:
      | id          | what                               | more           | then                                |
      | same-as-get | A search lists what a GET would    | "startIndex": 1 | the list holds exactly "ada, grace" |

    @RFC7644-3.4.3-R7
    Examples:
      | id                | what                                 | more                              | then                                        |
      | count-in-body     | A search honours count               | "count": 1                        | the list holds 1 resource                   |
      | count-zero        | A search with count 0 shows totals   | "count": 0                        | the value at "totalResults" is the JSON "2" |

  @RFC7644-3.4.2-R1
  Scenario: The base URL can be queried, or says that it cannot
    When the client sends GET "/" with the query:
      | filter | userName eq "{ada.userName}" |
    Then the response status is one of "200, 400, 403, 404, 405, 501"

  @RFC7644-3.4.2.1-R1
  Scenario: A query over all types finds users
    When the client sends POST "/.search" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"], "filter": "userName eq \"{ada.userName}\""}
      """
    Then the target offers it
    And the query is answered
    And the list holds exactly "ada"

  @RFC7644-3.4.2.1-R3
  Scenario: A query over all types can ask for one type
    When the client sends POST "/.search" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
       "filter": "meta.resourceType eq \"Group\" and userName eq \"{ada.userName}\""}
      """
    Then the target offers it
    And the query is answered
    And the list holds 0 resources

  @RFC7644-3.4.2.1-R4
  Scenario: What a type does not have counts as no value
    Given the group "Readers" exists
    When the client sends POST "/.search" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
       "filter": "id eq \"{Readers}\" and not (userName pr)"}
      """
    Then the target offers it
    And the query is answered
    And the list holds exactly "Readers"
