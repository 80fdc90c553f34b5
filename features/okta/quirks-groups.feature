@okta @each-profile @needs-okta @as-okta-oin
Feature: What Okta does to groups and servers get wrong

  Background:
    Given the IdP has provisioned "ada, grace"

  @okta-pathless-patch-group-name @OKTA-RENAME
  Scenario: A name without a path, with the id in the value
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"
    And the group "Engineering" has the members "ada, grace"

  @okta-pathless-patch-members @OKTA-PUSH-NOW
  Scenario: The whole membership without a path
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the client patches "/Groups/{Engineering}" with the operation '{"op":"remove","path":"members[value eq \"{grace}\"]"}'
    When the IdP pushes the group "Engineering" again
    Then the group "Engineering" has the members "ada, grace"

  @okta-members-remove-filter-path @OKTA-MEMBERSHIP
  Scenario: A member removed by a filter in the path
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @okta-multi-op-remove-then-add @OKTA-MEMBERSHIP
  Scenario: Removes and an add in one PATCH
    Given the IdP has provisioned "joan"
    And the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP replaces "ada, grace" by "joan" in the group "Engineering"
    Then the group "Engineering" has the members "joan"

  @okta-members-no-type @OKTA-MEMBERSHIP
  Scenario: Members without a type, their display null
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @okta-members-display-is-username @OKTA-MEMBERSHIP
  Scenario: Members whose display is Okta's user name
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @okta-replace-members-empty @OKTA-PUSH-NOW
  Scenario: The whole membership of an empty group
    Given the IdP has pushed the group "Empty" with the members ""
    And the client patches "/Groups/{Empty}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"}]}'
    When the IdP pushes the group "Empty" again
    Then the group "Empty" has no members

  @okta-group-push-lookup-first @okta-group-409-permanent @OKTA-PUSH
  Scenario: A group that exists is found by name and not made again
    Given the user "joan" exists
    And the group "Engineering" exists with the members "joan"
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" has the members "ada, joan"

  @as-okta @okta-group-put-after-post @OKTA-PUSH
  Scenario: A group written again right after its create
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then the group "Engineering" is called "Engineering"
    And the group "Engineering" has the members "ada, grace"

  @okta-group-name-on-membership @OKTA-MEMBERSHIP
  Scenario: The name sent again with a change of the membership
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" is called "Engineering"
    And the group "Engineering" has the members "ada, grace"

  @okta-group-no-externalid @OKTA-PUSH
  Scenario: A group without an externalId
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" is called "Engineering"

  @okta-membership-batches @OKTA-MEMBERSHIP
  Scenario: A dozen members in one PATCH
    Given the IdP has provisioned "m01, m02, m03, m04, m05, m06, m07, m08, m09, m10, m11, m12"
    And the IdP has pushed the group "Engineering"
    When the IdP adds "m01, m02, m03, m04, m05, m06, m07, m08, m09, m10, m11, m12" to the group "Engineering"
    Then the group "Engineering" has the members "m01, m02, m03, m04, m05, m06, m07, m08, m09, m10, m11, m12"

  @okta-concurrent-group-patch @OKTA-MEMBERSHIP
  Scenario: PATCHes of one group side by side
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @okta-duplicate-members @OKTA-MEMBERSHIP
  Scenario: The same member twice in one request
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada" to the group "Engineering"
    Then the group "Engineering" has the members "ada"
