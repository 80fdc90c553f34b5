@okta @each-profile @needs-okta @as-okta @as-okta-oin @okta-crud
Feature: Okta's CRUD suite for SCIM 2.0: what a live Okta org would make of the server

  @OKTA-CRUD-02
  Scenario: Assigning the app is accepted
    When Okta assigns "ada"
    Then the IdP knows the account of "ada"

  @OKTA-CRUD-04
  Scenario: The assigned user is found by userName
    Given Okta assigns "ada"
    When the client sends GET '/Users?filter=userName eq "{ada.userName}"'
    Then the response status is 200
    And the value at "Resources[0].userName" is "{ada.userName}"
    And the value at "Resources[0].emails[0].value" is "{ada.email}"
    And the value at "Resources[0].name.familyName" is "Sample"
    And the value at "Resources[0].name.givenName" is "Ada"

  @OKTA-CRUD-05
  Scenario: Changing the given name is accepted
    Given Okta assigns "ada"
    When the IdP changes "ada" to:
      | givenName | Augusta |
    Then the IdP knows the account of "ada"

  @OKTA-CRUD-07
  Scenario: The new given name is there
    Given Okta assigns "ada"
    When the IdP changes "ada" to:
      | givenName | Augusta |
    Then the SCIM user "ada" has "Augusta" at "name.givenName"

  @OKTA-CRUD-08
  Scenario: Deactivating is accepted
    Given Okta assigns "ada"
    When Okta deactivates "ada"
    Then the IdP knows the account of "ada"

  @OKTA-CRUD-10
  Scenario: The deactivated user is readable and inactive
    Given Okta assigns "ada"
    When Okta deactivates "ada"
    Then the SCIM user "ada" is inactive

  @OKTA-CRUD-12
  Scenario: Assigning again is accepted
    Given Okta assigns "ada"
    And Okta deactivates "ada"
    When Okta reactivates "ada"
    Then the IdP knows the account of "ada"

  @OKTA-CRUD-14
  Scenario: The same user is active again
    Given Okta assigns "ada"
    And the id of "ada" is kept as "before"
    And Okta deactivates "ada"
    When Okta reactivates "ada"
    Then "ada" still has the id "before"
    And the SCIM user "ada" is active

  @OKTA-CRUD-16
  Scenario: Ending the assignment is accepted
    Given Okta assigns "ada"
    And Okta deactivates "ada"
    And Okta reactivates "ada"
    When Okta unassigns "ada"
    Then the IdP knows the account of "ada"

  @OKTA-CRUD-18
  Scenario: The unassigned user is readable and inactive
    Given Okta assigns "ada"
    And Okta deactivates "ada"
    And Okta reactivates "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive
