@okta @each-profile @needs-okta @as-okta-oin @okta-oin
Feature: Okta's test plan for the integration catalog: group push

  Background:
    Given the IdP has provisioned "ada"
    And the IdP has provisioned "grace"

  @OKTA-OIN-C9312
  Scenario: A group is pushed
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then the group "Engineering" is called "Engineering"
    And the group "Engineering" has the members "ada, grace"

  @OKTA-OIN-C9317
  Scenario: An empty group is pushed
    When the IdP pushes the group "Empty" with the members ""
    Then the group "Empty" is called "Empty"
    And the group "Empty" has no members

  @OKTA-OIN-C9315
  Scenario: A group is linked and renamed
    Given the user "joan" exists
    And the group "Engineering" exists with the members "joan"
    And the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"
    And the group "Engineering" has the members "ada, joan"

  @OKTA-OIN-C9330
  Scenario: A group is linked and not renamed
    Given the user "joan" exists
    And the group "Engineering" exists with the members "joan"
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" is called "Engineering"
    And the group "Engineering" has the members "ada, joan"

  @OKTA-OIN-C9316
  Scenario: Push now writes the group as it is in Okta
    Given the user "joan" exists
    And the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the client patches "/Groups/{Engineering}" with the operation '{"op":"remove","path":"members[value eq \"{grace}\"]"}'
    And the client patches "/Groups/{Engineering}" with the operation '{"op":"add","path":"members","value":[{"value":"{joan}"}]}'
    When the IdP pushes the group "Engineering" again
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-OIN-C9332
  Scenario: Members are added to a pushed group
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-OIN-C9333
  Scenario: Members are removed from a pushed group
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @OKTA-OIN-C9318
  Scenario: A group is unlinked and deleted, and its users stay
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP deletes the group "Engineering"
    Then the group "Engineering" is gone
    And the SCIM user "ada" is active

  @OKTA-OIN-C9321
  Scenario: A group is unlinked and left
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP stops pushing the group "Engineering"
    Then the group "Engineering" has the members "ada"
    And the SCIM user "ada" is active

  @OKTA-OIN-C9322
  Scenario: A group that was left is linked again
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP stops pushing the group "Engineering"
    When the IdP pushes the known group "Engineering"
    Then the group "Engineering" has the members "ada"

  @OKTA-OIN-C9319
  Scenario: A deactivated push leaves the group as it is
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP stops pushing the group "Engineering"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @OKTA-OIN-C9320
  Scenario: An activated push writes the membership of today
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP stops pushing the group "Engineering"
    And the IdP adds "grace" to the group "Engineering"
    When the IdP pushes the known group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @OKTA-OIN-C9323
  Scenario: Groups are pushed by rule
    When the IdP pushes the group "Engineering" with the members "ada"
    And the IdP pushes the group "Drivers" with the members "grace"
    Then the group "Engineering" has the members "ada"
    And the group "Drivers" has the members "grace"

  @OKTA-OIN-C9325
  Scenario: A push rule is deleted with its groups
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Drivers" with the members "grace"
    When the IdP deletes the group "Engineering"
    And the IdP deletes the group "Drivers"
    Then the group "Engineering" is gone
    And the group "Drivers" is gone

  @OKTA-OIN-C9326
  Scenario: A push rule is deleted and its groups left
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP stops pushing the group "Engineering"
    Then the group "Engineering" is called "Engineering"

  @OKTA-OIN-C9327
  Scenario: Several groups are unlinked and deleted
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Sales" with the members "ada, grace"
    When the IdP deletes the group "Engineering"
    And the IdP deletes the group "Sales"
    Then the group "Engineering" is gone
    And the group "Sales" is gone
    And the SCIM user "ada" is active

  @OKTA-OIN-C9328
  Scenario: Several deactivated pushes leave the groups as they are
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Sales" with the members "grace"
    When the IdP stops pushing the group "Engineering"
    And the IdP stops pushing the group "Sales"
    Then the group "Engineering" has the members "ada"
    And the group "Sales" has the members "grace"

  @OKTA-OIN-C9329
  Scenario: Several activated pushes write the memberships of today
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Sales" with the members ""
    And the IdP stops pushing the group "Engineering"
    And the IdP stops pushing the group "Sales"
    And the IdP adds "grace" to the group "Engineering"
    And the IdP adds "grace" to the group "Sales"
    When the IdP pushes the known group "Engineering"
    And the IdP pushes the known group "Sales"
    Then the group "Engineering" has the members "ada, grace"
    And the group "Sales" has the members "grace"

  @OKTA-OIN-C9331
  Scenario: Several groups are unlinked and left
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Sales" with the members "grace"
    When the IdP stops pushing the group "Engineering"
    And the IdP stops pushing the group "Sales"
    Then the group "Engineering" is called "Engineering"
    And the group "Sales" is called "Sales"
