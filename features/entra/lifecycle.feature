@entra @each-profile @needs-entra
Feature: Entra's life cycle of a user, end to end

  @ENTRA-TEST
  Scenario: The connection test is answered
    When the IdP tests its connection
    Then the response of the test is a list

  @ENTRA-INITIAL
  Scenario: The initial cycle creates everybody in scope
    When the IdP provisions "ada, grace"
    Then the SCIM user "grace" is active

  @ENTRA-INITIAL
  Scenario: A created user has the attributes that Entra mapped
    When the IdP provisions "ada" with:
      | givenName  | Augusta  |
      | familyName | Lovelace |
    Then the SCIM user "ada" has "Augusta" at "name.givenName"

  @ENTRA-MATCH
  Scenario: An existing user is matched, not created again
    Given the user "ada" exists
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @ENTRA-INCREMENTAL
  Scenario: Somebody assigned later arrives with the next incremental cycle
    Given the IdP has provisioned "ada"
    When the IdP provisions "grace"
    Then the SCIM user "grace" is active

  @ENTRA-INCREMENTAL
  Scenario: A changed attribute arrives with the next incremental cycle
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @ENTRA-INCREMENTAL
  Scenario: A changed work address arrives
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | email | countess.{unique}@example.com |
    Then the SCIM user "ada" has "countess.{unique}@example.com" at "emails[type=work].value"

  @ENTRA-INCREMENTAL
  Scenario: An attribute of the enterprise extension arrives
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | department | Analysis |
    Then the SCIM user "ada" has "Analysis" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department"

  @ENTRA-INCREMENTAL
  Scenario: A cycle without changes changes nothing
    Given the IdP has provisioned "ada"
    When 40 minutes pass
    Then the SCIM user "ada" is active

  @ENTRA-DISABLE
  Scenario Outline: A user is inactive and still readable after: <deed>
    Given the IdP has provisioned "ada"
    When <deed>
    Then the SCIM user "ada" is inactive

    Examples:
      | id          | deed                           |
      | disable     | Entra disables "ada"           |
      | unassign    | Entra unassigns "ada"          |
      | scope-out   | Entra moves "ada" out of scope |
      | soft-delete | Entra soft-deletes "ada"       |

  @ENTRA-RESTORE
  Scenario Outline: A user is active again, after: <deed>
    Given the IdP has provisioned "ada"
    And <out>
    When <deed>
    Then the SCIM user "ada" is active

    Examples:
      | id       | out                            | deed                         |
      | enable   | Entra disables "ada"           | Entra enables "ada"          |
      | reassign | Entra unassigns "ada"          | Entra assigns "ada"          |
      | scope-in | Entra moves "ada" out of scope | Entra moves "ada" into scope |
      | restore  | Entra soft-deletes "ada"       | Entra restores "ada"         |

  @ENTRA-RESTORE
  Scenario Outline: A user has the same id again, after: <deed>
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And <out>
    When <deed>
    Then "ada" still has the id "before"

    Examples:
      | id               | out                      | deed                 |
      | same-id-reassign | Entra unassigns "ada"    | Entra assigns "ada"  |
      | same-id-restore  | Entra soft-deletes "ada" | Entra restores "ada" |

  @ENTRA-RESTORE
  Scenario: A restored user has the old user name again
    Given the IdP has provisioned "ada"
    And Entra soft-deletes "ada"
    When Entra restores "ada"
    Then the SCIM user "ada" has "{ada.userName}" at "userName"

  @ENTRA-HARD-DELETE
  Scenario: After 30 days in the recycle bin the user is gone
    Given the IdP has provisioned "ada"
    When Entra soft-deletes "ada" and 30 days pass
    Then the SCIM user "ada" is gone

  @ENTRA-HARD-DELETE
  Scenario: After 29 days in the recycle bin the user is still there
    Given the IdP has provisioned "ada"
    And Entra soft-deletes "ada"
    When 29 days pass
    Then the SCIM user "ada" is inactive

  @ENTRA-HARD-DELETE
  Scenario: A user deleted for good is gone with the next cycle
    Given the IdP has provisioned "ada"
    When Entra deletes "ada" for good
    Then the SCIM user "ada" is gone

  @ENTRA-MANAGER
  Scenario: The manager arrives after both users exist
    When the IdP provisions "grace, ada" where "ada" reports to "grace"
    Then the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"
