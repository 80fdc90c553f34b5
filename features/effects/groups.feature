@effects @each-profile @EFF-GROUPS
Feature: Groups that the IdP pushes carry roles

  Background:
    Given the IdP has provisioned "ada"
    And the IdP has provisioned "grace"

  Scenario: A pushed group has its members
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" has the members "ada"

  Scenario: A member of a mapped group holds its role
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the group "Engineering" gives the role "editor"
    Then "ada" holds the role "editor"

  Scenario: Who is no member does not hold the role
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the group "Engineering" gives the role "editor"
    Then "grace" does not hold the role "editor"

  Scenario: A new member holds the role
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    When the IdP adds "grace" to the group "Engineering"
    Then "grace" holds the role "editor"

  Scenario: An open session gets the role of a joined group
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "grace" has 1 open session
    When the IdP adds "grace" to the group "Engineering"
    Then the open sessions of "grace" carry the roles "editor"

  Scenario: A new member does not push out the others
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  Scenario: A removed member leaves the others in
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "ada" from the group "Engineering"
    Then the group "Engineering" has the members "grace"

  Scenario: The last member can be removed
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP removes "ada" from the group "Engineering"
    Then the group "Engineering" has no members

  Scenario: A renamed group has the new name
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"

  Scenario: A renamed group keeps its role
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    When the IdP renames the group "Engineering" to "Product"
    Then "ada" holds the role "editor"

  Scenario: A renamed group keeps its members
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" has the members "ada, grace"

  Scenario: A deleted group is gone
    Given the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP deletes the group "Engineering"
    Then the group "Engineering" is gone

  Scenario: A role given by two groups outlives one of them
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP has pushed the group "Research" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And the group "Research" gives the role "editor"
    When the IdP removes "ada" from the group "Engineering"
    Then "ada" holds the role "editor"

  Scenario: The events of a pushed group
    Given webhooks are watched
    When the IdP pushes the group "Engineering" with the members "ada, grace"
    Then exactly these webhook events arrive:
      | scim.scim_group.create        | Engineering |
      | scim.scim_member_group.create |             |
      | scim.scim_member_group.create |             |

  Scenario: The event of a joined group
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And webhooks are watched
    When the IdP adds "grace" to the group "Engineering"
    Then exactly these webhook events arrive:
      | scim.scim_member_group.create | |

  Scenario: The event of a renamed group
    Given the IdP has pushed the group "Engineering" with the members "ada"
    And webhooks are watched
    When the IdP renames the group "Engineering" to "Product"
    Then exactly these webhook events arrive:
      | scim.scim_group.update | Engineering |

  @needs-okta
  Scenario: Push now drops and re-grants nothing
    Given the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the group "Engineering" gives the role "editor"
    And webhooks are watched
    When the IdP pushes the group "Engineering" again
    Then no webhook event arrives
