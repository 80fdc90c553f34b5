@okta @each-profile @needs-okta
Feature: Okta's group push, end to end

  Background:
    Given the IdP has provisioned "ada"
    And the IdP has provisioned "grace"

  @OKTA-PUSH
  Scenario: A pushed group has its name
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" is called "Engineering"

  @OKTA-PUSH
  Scenario: A pushed group has its members
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-PUSH
  Scenario: An empty group can be pushed
    When the IdP pushes the group "Empty" with the members ""
    Then the group "Empty" has no members

  @OKTA-MEMBERSHIP
  Scenario: Members are added
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-MEMBERSHIP
  Scenario: One member is removed and the other stays
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @OKTA-RENAME
  Scenario: A renamed group has the new name
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"

  @OKTA-RENAME
  Scenario: A renamed group keeps its members
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-PUSH-NOW
  Scenario: Push now brings back a member that the target lost
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the client patches "/Groups/{Engineering}" with the operation '{"op":"remove","path":"members[value eq \"{grace}\"]"}'
    When the IdP pushes the group "Engineering" again
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-PUSH-NOW
  Scenario: Push now removes a member that Okta does not know
    Given the user "joan" exists
    And the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the client patches "/Groups/{Engineering}" with the operation '{"op":"add","path":"members","value":[{"value":"{joan}"}]}'
    When the IdP pushes the group "Engineering" again
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-GROUP-DELETE
  Scenario: A deleted group is gone
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP deletes the group "Engineering"
    Then the group "Engineering" is gone

  @OKTA-GROUP-DELETE
  Scenario: A group that is no longer pushed stays
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP stops pushing the group "Engineering"
    Then the group "Engineering" has the members "ada"
