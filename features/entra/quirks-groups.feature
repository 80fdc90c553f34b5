@entra @each-profile @needs-entra @as-entra-default
Feature: What Entra does to groups and servers get wrong

  Background:
    Given the IdP has provisioned "ada, grace"

  @as-entra-062020 @entra-pathless-group @ENTRA-GROUP
  Scenario: A name without a path
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"
    And the group "Engineering" has the members "ada, grace"

  @entra-members-remove-value @entra-group-req-patch @ENTRA-MEMBERSHIP
  Scenario: A member removed by a value beside the path members
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @entra-members-ref-null @ENTRA-MEMBERSHIP
  Scenario: Members with $ref null
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @as-entra-validator @entra-members-validator-replace @ENTRA-MEMBERSHIP
  Scenario: A first member added by replace
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada" to the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @entra-member-dup-add @ENTRA-MEMBERSHIP
  Scenario: A member added twice
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada" to the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @entra-members-one-per-op @ENTRA-MEMBERSHIP
  Scenario: One member in each PATCH
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @entra-members-batch @ENTRA-MEMBERSHIP
  Scenario: Many members in one PATCH
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @entra-excluded-attrs @entra-probe-groups @ENTRA-GROUP
  Scenario: A group that exists is found without its members
    Given the group "Engineering" exists with the members "ada"
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then the group "Engineering" has the members "ada, grace"

  @entra-adscim-group-schema @ENTRA-GROUP
  Scenario: A schema of Microsoft's own in the create of a group
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" is called "Engineering"

  @entra-group-members-empty @ENTRA-GROUP
  Scenario: A group created with an empty array of members
    When the IdP pushes the group "Engineering" with the members ""
    Then the group "Engineering" has no members

  @entra-group-delete-on-unassign @ENTRA-GROUP-DELETE
  Scenario: A group that is no longer assigned is deleted
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP stops pushing the group "Engineering"
    Then the group "Engineering" is gone
