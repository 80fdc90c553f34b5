@okta @each-profile @needs-okta @as-okta-oin @okta-oin
Feature: Okta's test plan for the integration catalog: provisioning, users, imports

  @alone @OKTA-OIN-C9306
  Scenario: With the right credentials provisioning is switched on
    When the IdP tests its connection
    Then the response of the test is a list

  @OKTA-OIN-C9340
  Scenario: Wrong credentials are refused
    Given the next request carries the bearer token "wrong-{unique}"
    When the client sends GET "/Users?startIndex=1&count=2"
    Then the response status is 401

  @OKTA-OIN-C9290
  Scenario: A new user is assigned
    When the IdP provisions "ada" with:
      | givenName  | Augusta  |
      | familyName | Lovelace |
    Then the SCIM user "ada" is active
    And the SCIM user "ada" has "Augusta" at "name.givenName"
    And the SCIM user "ada" has "Lovelace" at "name.familyName"
    And the SCIM user "ada" has "{ada.userName}" at "userName"

  @OKTA-OIN-C9293
  Scenario: A reactivated user is the same one
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And Okta deactivates "ada"
    When Okta reactivates "ada"
    Then "ada" still has the id "before"
    And the SCIM user "ada" is active
    And the SCIM user "ada" has "Ada" at "name.givenName"

  @OKTA-OIN-C9300
  Scenario: An unsuspended user is as before
    Given the IdP has provisioned "ada"
    And Okta suspends "ada"
    When Okta unsuspends "ada"
    Then the SCIM user "ada" is active

  @OKTA-OIN-C9307
  Scenario: Users of an assigned group are created
    When the IdP provisions "ada, grace, joan"
    Then the SCIM user "ada" is active
    And the SCIM user "grace" is active
    And the SCIM user "joan" is active

  @OKTA-OIN-C9334
  Scenario: A new user with all attributes is assigned
    When the IdP provisions "ada" with:
      | givenName         | Augusta                      |
      | familyName        | Lovelace                     |
      | middleName        | Ada                          |
      | honorificPrefix   | Lady                         |
      | honorificSuffix   | III                          |
      | displayName       | Ada Lovelace                 |
      | nickName          | Ada                          |
      | title             | Countess                     |
      | userType          | Employee                     |
      | profileUrl        | https://example.com/ada      |
      | preferredLanguage | en                           |
      | locale            | en-GB                        |
      | timezone          | Europe/London                |
      | telephoneNumber   | +44 20 7946 0000             |
      | streetAddress     | 12 St James's Square         |
      | city              | London                       |
      | state             | England                      |
      | postalCode        | SW1Y 4JH                     |
      | country           | GB                           |
      | employeeNumber    | 1815                         |
      | costCenter        | 1843                         |
      | organization      | Analytical Society           |
      | division          | Engines                      |
      | department        | Analysis                     |
    Then the SCIM user "ada" is active
    And the SCIM user "ada" has "Augusta" at "name.givenName"

  @OKTA-OIN-C9335
  Scenario: A user who exists in the app is linked and updated
    Given the user "ada" exists
    When the IdP provisions "ada" with:
      | familyName | King |
    Then the IdP holds the account of "ada" that existed before
    And the SCIM user "ada" has "King" at "name.familyName"

  @OKTA-OIN-C9336
  Scenario: User name and address may differ
    When the IdP provisions "ada" with:
      | email | countess.{unique}@example.com |
    Then the SCIM user "ada" has "{ada.userName}" at "userName"
    And the SCIM user "ada" has "countess.{unique}@example.com" at "emails[primary=true].value"

  @OKTA-OIN-C9291
  Scenario: A changed attribute of the assignment arrives
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @OKTA-OIN-C9309
  Scenario: A changed attribute of a group assignment arrives
    Given the IdP has provisioned "ada, grace"
    When the IdP changes "ada, grace" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"
    And the SCIM user "grace" has "King" at "name.familyName"

  @OKTA-OIN-C9310
  Scenario: A changed attribute of the profile arrives
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | givenName   | Augusta  |
      | displayName | Augusta King |
    Then the SCIM user "ada" has "Augusta" at "name.givenName"

  @OKTA-OIN-C9337
  Scenario: Emptied attributes are no error
    Given the IdP has provisioned "ada" with:
      | title           | Countess |
      | telephoneNumber | +44 20 7946 0000 |
    When the IdP changes "ada" to:
      | title           | |
      | telephoneNumber | |
    Then the SCIM user "ada" is active

  @OKTA-OIN-C9292
  Scenario: A deactivated user is out of service
    Given the IdP has provisioned "ada"
    When Okta deactivates "ada"
    Then the SCIM user "ada" is inactive

  @OKTA-OIN-C9294
  Scenario: An unassigned user is out of service
    Given the IdP has provisioned "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive

  @OKTA-OIN-C9295
  Scenario: A suspended user stays as it is
    Given the IdP has provisioned "ada"
    When Okta suspends "ada"
    Then the SCIM user "ada" is active

  @OKTA-OIN-C9311
  Scenario: Users of an unassigned group are out of service
    Given the IdP has provisioned "ada, grace"
    When Okta unassigns "ada"
    And Okta unassigns "grace"
    Then the SCIM user "ada" is inactive
    And the SCIM user "grace" is inactive

  @okta-password-sync @OKTA-OIN-C9301
  Scenario: A password that Okta sets is taken
    Given the IdP has provisioned "ada"
    When the IdP sets a new password for "ada"
    Then the SCIM user "ada" is active

  @okta-password-sync @OKTA-OIN-C9302
  Scenario: A password that changes is taken
    Given the IdP has provisioned "ada"
    And the IdP sets a new password for "ada"
    When the IdP sets a new password for "ada"
    Then the SCIM user "ada" is active

  @alone @OKTA-OIN-C9303
  Scenario: Users are imported
    Given the users "ada, grace, joan" exist
    When the IdP imports the accounts
    Then the import holds each of "ada, grace, joan" once

  @alone @OKTA-OIN-C9304
  Scenario: An import finds a user made in the app
    Given the IdP imports the accounts
    And the user "ada" exists
    When the IdP imports the accounts
    Then the import holds each of "ada" once

  @alone @OKTA-OIN-C9305
  Scenario: An imported user is updated
    Given the user "ada" exists
    And the IdP imports the accounts
    And the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the IdP holds the account of "ada" that existed before
    And the SCIM user "ada" has "King" at "name.familyName"

  @alone @OKTA-OIN-C9338
  Scenario: Groups are imported
    Given the user "ada" exists
    And the group "Engineering" exists with the members "ada"
    When the client sends GET "/Groups?startIndex=1&count=100"
    Then the response status is 200
    And the value at "totalResults" is a number
    And the value at "Resources[0].id" is present
    And the value at "Resources[0].displayName" is present

  @alone @OKTA-OIN-C9359
  Scenario: An inactive account shows so in an import
    Given the IdP has provisioned "ada"
    And Okta deactivates "ada"
    When the IdP imports the accounts
    Then the import shows "ada" as inactive
