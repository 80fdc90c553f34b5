@entra @each-profile @needs-entra
Feature: Entra's group provisioning, end to end

  Background:
    Given the IdP has provisioned "ada"
    And the IdP has provisioned "grace"

  @ENTRA-GROUP
  Scenario: A provisioned group has its name
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" is called "Engineering"

  @ENTRA-GROUP
  Scenario: A provisioned group has its members
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then the group "Engineering" has the members "ada, grace"

  @ENTRA-GROUP
  Scenario: A renamed group has the new name
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"

  @ENTRA-GROUP
  Scenario: A renamed group keeps its members
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" has the members "ada, grace"

  @ENTRA-MEMBERSHIP
  Scenario: Members are added
    Given the IdP has pushed the group "Engineering"
    When the IdP adds "ada, grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @ENTRA-MEMBERSHIP
  Scenario: One member is removed and the other stays
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @ENTRA-GROUP-DELETE
  Scenario: A deleted group is gone
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP deletes the group "Engineering"
    Then the group "Engineering" is gone
