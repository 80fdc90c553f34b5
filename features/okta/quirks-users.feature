@okta @each-profile @needs-okta @as-okta
Feature: What Okta does to users and servers get wrong

  @okta-put-stale-formatted @OKTA-UPDATE
  Scenario: A new family name beside the old formatted name
    Given the user "ada" exists with:
      """
      {"name": {"givenName": "Ada", "familyName": "Sample", "formatted": "Ada Sample"}}
      """
    And the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @okta-put-replaces-emails @okta-existing-user-links-by-put @OKTA-LINK
  Scenario: Linking a user who has a second address
    Given the user "ada" exists with:
      """
      {"emails": [{"value": "{ada.userName}", "type": "work", "primary": true}, {"value": "home-{ada.userName}", "type": "home"}]}
      """
    When the IdP provisions "ada"
    Then the SCIM user "ada" has "{ada.email}" at "emails[primary=true].value"

  @okta-put-echoes-server-resource @okta-put-omits-unreturned @OKTA-UPDATE
  Scenario: An echo with attributes that Okta does not map
    Given the user "ada" exists with:
      """
      {"nickName": "Countess", "ims": [{"value": "ada", "type": "xmpp"}]}
      """
    And the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @okta-full-profile-push @OKTA-UPDATE
  Scenario: An echo with id, meta and schemas, sent twice
    Given the IdP has provisioned "ada"
    And the IdP changes "ada" to:
      | familyName | King |
    When the IdP changes "ada" to:
      | familyName | Lovelace |
    Then the SCIM user "ada" has "Lovelace" at "name.familyName"

  @okta-put-get-first @okta-deactivate-put-no-overlay @OKTA-DEACTIVATE
  Scenario: The resource as it is, with active false alone
    Given the user "ada" exists with:
      """
      {"title": "Countess"}
      """
    And the IdP has provisioned "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive

  @as-okta-opp @okta-opp-always-put @OKTA-DEACTIVATE
  Scenario: The on-premises agent writes active by PUT
    Given the IdP has provisioned "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive

  @okta-externalid-okta-id @okta-empty-201-body @okta-missing-schemas-in-response @OKTA-ASSIGN
  Scenario: A create with Okta's id, answered with the user and its schemas
    When the IdP provisions "ada"
    Then the client sends GET "/Users/{ada}"
    And the value at "schemas" contains "urn:ietf:params:scim:schemas:core:2.0:User"

  @okta-force-sync-no-create @OKTA-UPDATE
  Scenario: A forced synchronization writes everybody again
    Given the IdP has provisioned "ada"
    When Okta forces a sync
    Then the SCIM user "ada" is active

  @okta-password-in-create @OKTA-ASSIGN
  Scenario: A create with a random password, which no answer shows
    When the IdP provisions "ada"
    Then the client sends GET "/Users/{ada}"
    And the value at "active" is the JSON "true"
    And the value at "password" is absent

  @okta-password-sync @OKTA-UPDATE
  Scenario: A new password, which no answer shows
    Given the IdP has provisioned "ada"
    When the IdP sets a new password for "ada"
    Then the client sends GET "/Users/{ada}"
    And the value at "password" is absent

  @okta-groups-empty-on-user @OKTA-UPDATE
  Scenario: An update with an empty array of groups
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the group "Engineering" has the members "ada"

  @okta-no-type-on-email @OKTA-ASSIGN
  Scenario: An address without a type
    When the IdP provisions "ada"
    Then the SCIM user "ada" has "{ada.email}" at "emails[0].value"

  @okta-content-type-charset @okta-accept-charset-header @OKTA-ASSIGN
  Scenario: A body typed with a character set
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @okta-suite-content-type-json @OKTA-ASSIGN
  Scenario: A body typed application/json
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @okta-get-with-content-type @OKTA-UPDATE
  Scenario: A GET that carries a Content-Type and no body
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @okta-lookup-filter-quoted @OKTA-LINK
  Scenario: An address with a plus is found
    Given the user "ada" exists with:
      """
      {"userName": "ada+test{unique}@example.com", "emails": [{"value": "ada+test{unique}@example.com", "type": "work", "primary": true}]}
      """
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @okta-empty-list-needs-object @okta-string-startindex-silent-fail @OKTA-TEST
  Scenario: An empty list is an object with numbers in it
    When the client sends GET '/Users?filter=userName eq "nobody-{unique}@example.com"&startIndex=1&count=100'
    Then the response status is 200 or 404
    And it is refused with "404", or else 'the value at "totalResults" is the JSON "0"'
    And it is refused with "404", or else 'the value at "schemas" contains "urn:ietf:params:scim:api:messages:2.0:ListResponse"'

  @okta-double-put-on-assign @OKTA-REACTIVATE
  Scenario: Two writes within seconds
    Given the IdP has provisioned "ada"
    And Okta unassigns "ada"
    When Okta assigns "ada"
    Then the SCIM user "ada" is active

  @okta-reactivate-needs-inactive-visible @OKTA-REACTIVATE
  Scenario: An inactive user is found and linked, not created again
    Given the user "ada" exists with:
      """
      {"active": false}
      """
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @okta-empty-values @OKTA-UPDATE
  Scenario: A cleared attribute comes as an empty text
    Given the IdP has provisioned "ada" with:
      | title | Countess |
    When the IdP changes "ada" to:
      | title      |      |
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @as-okta-entitlements @okta-entitlements-in-user @OKTA-ASSIGN
  Scenario: A create with an entitlement and a role
    When the IdP provisions "ada" with:
      | entitlements | [{"value":"license-1","display_name":"First Licence","type":"License"}] |
      | roles        | [{"value":"role-1","display_name":"First Role"}]                        |
    Then the SCIM user "ada" has "license-1" at "entitlements[0].value"

  @okta-extension-only-if-mapped @OKTA-ASSIGN
  Scenario: A create without the enterprise extension
    When the IdP provisions "ada" with:
      | department | |
    Then the SCIM user "ada" is active

  @alone @okta-import-paging-100 @OKTA-TEST
  Scenario: An import reads everybody once
    Given the users "ada, grace, joan" exist
    When the IdP imports the accounts
    Then the import holds each of "ada, grace, joan" once

  @alone @okta-import-skips-inactive @OKTA-DEACTIVATE
  Scenario: An import still shows who is inactive
    Given the IdP has provisioned "ada"
    And Okta unassigns "ada"
    When the IdP imports the accounts
    Then the import shows "ada" as inactive

  @as-okta-oin @okta-pathless-patch-active @okta-patch-no-fallback @OKTA-DEACTIVATE
  Scenario: A PATCH of active without a path
    Given the IdP has provisioned "ada"
    When Okta unassigns "ada"
    Then the SCIM user "ada" is inactive
