@effects @each-profile @EFF-PROVISION
Feature: A provisioned member exists, can be used, and follows the IdP

  Scenario: A created member is active
    When the IdP provisions "ada"
    Then "ada" is active

  Scenario: A created member has the e-mail address that the IdP sent
    When the IdP provisions "ada"
    Then the e-mail address of "ada" is "{ada.email}"

  Scenario: A created member has the name that the IdP sent
    When the IdP provisions "ada" with:
      | displayName | Ada Lovelace |
    Then the name of "ada" is "Ada Lovelace"

  Scenario: A created member can sign in
    When the IdP provisions "ada"
    Then "ada" can open a new session

  Scenario: A creation sends one event
    Given the IdP has provisioned "grace"
    And webhooks are watched
    When the IdP provisions "ada"
    Then exactly these webhook events arrive:
      | scim.member.create | ada |

  Scenario: A created member holds the role of her e-mail domain
    Given the e-mail domain "example.com" gives the role "viewer"
    When the IdP provisions "ada"
    Then "ada" holds the role "viewer" from the source "email_assignment"

  Scenario: An update is readable
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | title | Countess |
    Then the SCIM user "ada" has "Countess" at "title"

  Scenario: An update sends one event
    Given the IdP has provisioned "ada"
    And webhooks are watched
    When the IdP changes "ada" to:
      | title | Countess |
    Then exactly these webhook events arrive:
      | scim.member.update | ada |

  Scenario: An update leaves the sessions open
    Given the IdP has provisioned "ada"
    And "ada" has 3 open sessions
    When the IdP changes "ada" to:
      | title | Countess |
    Then every session of "ada" still works

  Scenario: A rename changes the address of the member
    Given the IdP has provisioned "ada"
    When the IdP renames "ada" to "ada.lovelace"
    Then the e-mail address of "ada" is "{ada.email}"

  Scenario: A rename keeps the id
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    When the IdP renames "ada" to "ada.lovelace"
    Then "ada" still has the id "before"
