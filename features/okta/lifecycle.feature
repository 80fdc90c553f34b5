@okta @each-profile @needs-okta
Feature: Okta's life cycle of a user, end to end

  @alone @OKTA-TEST
  Scenario: The connection test is answered
    When the IdP tests its connection
    Then the response of the test is a list

  @OKTA-ASSIGN
  Scenario: An assigned user exists with the attributes that Okta mapped
    When the IdP provisions "ada" with:
      | givenName  | Augusta  |
      | familyName | Lovelace |
    Then the SCIM user "ada" has "Augusta" at "name.givenName"

  @OKTA-ASSIGN
  Scenario: An assigned user is active
    When Okta assigns "ada"
    Then the SCIM user "ada" is active

  @OKTA-LINK
  Scenario: An existing user is linked, not created again
    Given the user "ada" exists
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @OKTA-LINK
  Scenario: An existing inactive user is linked and active afterwards
    Given the user "ada" exists with:
      """
      {"active": false}
      """
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @OKTA-UPDATE
  Scenario: A changed attribute arrives
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @OKTA-UPDATE
  Scenario: An update leaves the attributes alone that it does not change
    Given the IdP has provisioned "ada" with:
      | title | Countess |
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "Countess" at "title"

  @OKTA-DEACTIVATE
  Scenario: An unassigned user is inactive and still readable
    Given the IdP has provisioned "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive

  @OKTA-DEACTIVATE
  Scenario: An inactive user is still found by user name
    Given the IdP has provisioned "ada"
    When Okta deactivates "ada"
    And the client sends GET '/Users?filter=userName eq "{ada.userName}"'
    Then the list contains "ada"

  @okta-suspend-silent @OKTA-SUSPEND
  Scenario: A suspended user changes nothing
    Given the IdP has provisioned "ada"
    When Okta suspends "ada"
    Then the IdP sent no request

  @OKTA-REACTIVATE
  Scenario: A user who is assigned again keeps the id
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And Okta unassigns "ada"
    When Okta assigns "ada"
    Then "ada" still has the id "before"

  @OKTA-REACTIVATE
  Scenario: A user who is assigned again is active
    Given the IdP has provisioned "ada"
    And Okta unassigns "ada"
    When Okta assigns "ada"
    Then the SCIM user "ada" is active

  @OKTA-REACTIVATE
  Scenario: A user who is assigned again has the attributes of today
    Given the IdP has provisioned "ada"
    And Okta unassigns "ada"
    And the IdP changes "ada" to:
      | title | Countess |
    When Okta assigns "ada"
    Then the SCIM user "ada" has "Countess" at "title"
