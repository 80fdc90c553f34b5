@rfc
Feature: Versions of resources
  RFC 7644 section 3.14, RFC 9110 section 13.

  Background:
    Given the target advertises "etag"
    And the user "ada" exists with:
      """
      {"displayName": "Before {unique}"}
      """

  @RFC7644-3.14-R1
  Scenario: A resource is read with its ETag
    When the client sends GET "/Users/{ada}"
    Then the response has the header "ETag"

  @RFC7644-3.14-R2
  Scenario: A resource has its version in meta
    When the client sends GET "/Users/{ada}"
    Then the value at "meta.version" is present

  @RFC7643-3.1-R20
  Scenario: meta.version is the ETag
    When the client sends GET "/Users/{ada}"
    And the header "ETag" is kept as "tag"
    Then the value at "meta.version" is one of "{tag}, none"

  @RFC7644-3.14-R3
  Scenario: What has not changed is not sent again
    Given the client sends GET "/Users/{ada}"
    And the header "ETag" is kept as "tag"
    And the next request carries the header "If-None-Match: {tag}"
    When the client sends GET "/Users/{ada}"
    Then the response status is 304
    And the response has no body

  @RFC9110-13.1.1-R1
  Scenario Outline: A <method> of an old version is not done
    Given the next request carries the header 'If-Match: W/"no-such-version"'
    When the client sends <method> "/Users/{ada}" with the body '<body>'
    Then one of these readings is seen:
      | precondition-failed | the response status is 412 |
      | conflict | the response status is 409 |
    When the client sends GET "/Users/{ada}"
    Then the value at "displayName" is "Before {unique}"

    Examples:
      | id  | method | body |
      | put | PUT    | {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After"} |

  @RFC7644-3.12-R11
  Scenario: A precondition that fails answers 412
    Given the next request carries the header 'If-Match: W/"no-such-version"'
    When the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After"}
      """
    Then the response status is 412

  @RFC7644-3.14-R5
  Scenario: A change has a new version
    Given the client sends GET "/Users/{ada}"
    And the header "ETag" is kept as "tag"
    And the client sends PUT "/Users/{ada}" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}", "displayName": "After {unique}"}
      """
    And the response status is 200
    And the next request carries the header "If-None-Match: {tag}"
    When the client sends GET "/Users/{ada}"
    Then the response status is 200
