@entra @each-profile @needs-entra @as-entra-062020 @entra-gallery
Feature: Microsoft's validation for the Entra gallery: the provisioning job

  @ENTRA-GALLERY-CREATE-USER
  Scenario: A user is created by the job
    When the IdP provisions "ada" with:
      | givenName  | Augusta  |
      | familyName | Lovelace |
    Then the SCIM user "ada" is active
    And the SCIM user "ada" has "Augusta" at "name.givenName"

  @ENTRA-GALLERY-UPDATE-USER
  Scenario: A user is updated by the job
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King       |
      | title      | Countess   |
      | department | Analysis   |
    Then the SCIM user "ada" has "King" at "name.familyName"
    And the SCIM user "ada" has "Countess" at "title"

  @ENTRA-GALLERY-DISABLE-USER
  Scenario: A user is disabled by the job
    Given the IdP has provisioned "ada"
    When Entra disables "ada"
    Then the SCIM user "ada" is inactive

  @ENTRA-GALLERY-DELETE-USER
  Scenario: A user is deleted by the job
    Given the IdP has provisioned "ada"
    When Entra deletes "ada" for good
    Then the SCIM user "ada" is gone

  @ENTRA-GALLERY-USER-UPDATE-MANAGER
  Scenario: A manager is written by the job
    When the IdP provisions "grace, ada" where "ada" reports to "grace"
    Then the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @ENTRA-GALLERY-RESTORE-USER
  Scenario: A restored user is active again
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And Entra soft-deletes "ada"
    When Entra restores "ada"
    Then "ada" still has the id "before"
    And the SCIM user "ada" is active

  @ENTRA-GALLERY-CREATE-GROUP
  Scenario: A group is created by the job
    When the IdP pushes the group "Engineering" with the members ""
    Then the group "Engineering" is called "Engineering"

  @ENTRA-GALLERY-UPDATE-GROUP
  Scenario: A group is renamed by the job and keeps its members
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP renames the group "Engineering" to "Product"
    Then the group "Engineering" is called "Product"
    And the group "Engineering" has the members "ada"

  @ENTRA-GALLERY-DELETE-GROUP
  Scenario: A group is deleted by the job
    Given the IdP has pushed the group "Engineering"
    When the IdP deletes the group "Engineering"
    Then the group "Engineering" is gone

  @ENTRA-GALLERY-GROUP-ADD-MEMBER
  Scenario: A member is added by the job
    Given the IdP has provisioned "ada, grace"
    And the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP adds "grace" to the group "Engineering"
    Then the group "Engineering" has the members "ada, grace"

  @ENTRA-GALLERY-GROUP-REMOVE-MEMBER
  Scenario: A member is removed by the job
    Given the IdP has provisioned "ada, grace"
    And the IdP has pushed the group "Engineering" with the members "ada, grace"
    When the IdP removes "grace" from the group "Engineering"
    Then the group "Engineering" has the members "ada"

  @ENTRA-GALLERY-RESTORE-GROUP
  Scenario: A restored group is there again
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the IdP stops pushing the group "Engineering"
    When the IdP pushes the known group "Engineering"
    Then the group "Engineering" is called "Engineering"
    And the group "Engineering" has the members "ada"
