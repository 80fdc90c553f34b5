@rfc
Feature: Bulk jobs
  RFC 7644 section 3.7.

  Background:
    Given the target advertises "bulk"

  Scenario Outline: <what>
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [
         {"method": "POST", "path": "/Users", "bulkId": "one", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bulk1.{unique}@example.com"}},
         {"method": "POST", "path": "/Users", "bulkId": "bad", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}},
         {"method": "POST", "path": "/Users", "bulkId": "two", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "bulk2.{unique}@example.com"}}
       ]}
      """
    Then the response status is 200
    And <then>

    @RFC7644-3.7-R2
    Examples:
      | id  | what                                | then                                                                                       |
      | urn | A job is answered by a BulkResponse | the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:BulkResponse"       |

    @RFC7644-3.7-R10
    Examples:
      | id       | what                                  | then                                                     |
      | location | A created resource has its location   | the value at "Operations[bulkId=one].location" is present |

    @RFC7644-3.7-R11
    Examples:
      | id       | what                             | then                                                      |
      | response | A failed operation has a response | the value at "Operations[1].response" is present          |

    @RFC7644-3.7-R13
    Examples:
      | id     | what                                             | then                                         |
      | ok-200 | A job with a failed operation still answers 200  | the value at "Operations" has 3 elements     |

    @RFC7644-3.7-R14
    Examples:
      | id      | what                            | then                                                        |
      | goes-on | A job goes on after a failure   | the value at "Operations[bulkId=two].location" is present   |

    @RFC7644-3.7-R16
    Examples:
      | id     | what                            | then                                             |
      | bulkid | A created resource has its bulkId | the value at "Operations[0].bulkId" is "one"     |

    @RFC7644-3.7.3-R1
    Examples:
      | id           | what                               | then                                     |
      | all-results  | Every operation has a result       | the value at "Operations" has 3 elements |

    @RFC7644-3.7.3-R2
    Examples:
      | id     | what                                     | then                                                   |
      | status | The status holds the status of its own   | the value at "Operations[0]" is the bulk status "201"  |

  @RFC7644-3.7-R15
  Scenario: A job stops when enough operations have failed
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "failOnErrors": 1,
       "Operations": [
         {"method": "POST", "path": "/Users", "bulkId": "bad", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}},
         {"method": "POST", "path": "/Users", "bulkId": "late", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "late.{unique}@example.com"}}
       ]}
      """
    And the client sends GET "/Users" with the query:
      | filter | userName eq "late.{unique}@example.com" |
    Then the query is answered
    And the list holds 0 resources

  @RFC7644-3.7-R4
  Scenario: A job without operations is refused
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"]}
      """
    Then the response status is one of "4xx, 5xx"

  @RFC7644-3.7.2-R1
  Scenario: A bulkId becomes the id of the resource that it stands for
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [
         {"method": "POST", "path": "/Users", "bulkId": "member", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "member.{unique}@example.com"}},
         {"method": "POST", "path": "/Groups", "bulkId": "team", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Team {unique}", "members": [{"value": "bulkId:member"}]}}
       ]}
      """
    Then the response status is 200
    And the value at "Operations[bulkId=team]" is the bulk status "201"
    When the client sends GET "/Groups" with the query:
      | filter | displayName eq "Team {unique}" |
    Then the query is answered
    And the response body does not contain "bulkId:member"

  @RFC7644-3.7-R17
  Scenario: An operation may come before what it refers to
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [
         {"method": "POST", "path": "/Groups", "bulkId": "team", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Early {unique}", "members": [{"value": "bulkId:member"}]}},
         {"method": "POST", "path": "/Users", "bulkId": "member", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "early.{unique}@example.com"}}
       ]}
      """
    Then the response status is 200
    And the value at "Operations[bulkId=team]" is the bulk status "201, 409"

  @RFC7644-3.7.2-R3
  Scenario: A bulkId that stands for nothing fails its operation
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [
         {"method": "POST", "path": "/Groups", "bulkId": "team", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"], "displayName": "Lost {unique}", "members": [{"value": "bulkId:nobody"}]}}
       ]}
      """
    Then it is refused with "4xx", or else 'the value at "Operations[0]" is the bulk status "400, 404, 409, 412"'

  @RFC7644-3.7-R18
  Scenario: A bulk job does not show passwords
    When the client sends POST "/Bulk" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
       "Operations": [
         {"method": "POST", "path": "/Users", "bulkId": "one", "data": {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "secret.{unique}@example.com", "password": "t1meMa$heen-{unique}"}}
       ]}
      """
    Then the response body does not contain "t1meMa$heen"
