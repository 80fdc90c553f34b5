@entra @each-profile @needs-entra @as-entra-default
Feature: What Entra does to users and servers get wrong

  @entra-op-case @entra-add-vs-replace @entra-dotted-path @ENTRA-INCREMENTAL
  Scenario: Operations with a capital, at dotted paths
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King     |
      | title      | Countess |
    Then the SCIM user "ada" has "King" at "name.familyName"
    And the SCIM user "ada" has "Countess" at "title"

  @entra-active-string @entra-unassign-is-patch @entra-silent-success @ENTRA-DISABLE
  Scenario: active as the text False
    Given the IdP has provisioned "ada"
    When Entra unassigns "ada"
    Then the SCIM user "ada" is inactive

  @entra-active-string-post @ENTRA-INITIAL
  Scenario: active as the text True in a create
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @entra-active-add @ENTRA-DISABLE
  Scenario: active written with Add
    Given the IdP has provisioned "ada"
    When Entra disables "ada"
    Then the SCIM user "ada" is inactive

  @entra-active-reassert @ENTRA-INCREMENTAL
  Scenario: active True written again for somebody who is active
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | title | Countess |
    Then the SCIM user "ada" is active
    And the SCIM user "ada" has "Countess" at "title"

  @entra-add-single @ENTRA-INCREMENTAL
  Scenario: Add on a single value that is there
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | title      | Countess |
      | familyName | King     |
    Then the SCIM user "ada" has "Countess" at "title"
    And the SCIM user "ada" has "King" at "name.familyName"

  @entra-valuepath-create @entra-no-mail @ENTRA-INCREMENTAL
  Scenario: An address where there was none
    Given the IdP has provisioned "ada" with:
      | mail | |
    When the IdP changes "ada" to:
      | mail | countess.{unique}@example.com |
    Then the SCIM user "ada" has "countess.{unique}@example.com" at "emails[type=work].value"

  @entra-valuepath-merge @ENTRA-INCREMENTAL
  Scenario: Several operations write one postal address
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | streetAddress | 12 St James's Square |
      | city          | London               |
      | postalCode    | SW1Y 4JH             |
    Then the client sends GET "/Users/{ada}"
    And the value at "addresses" has 1 element
    And the value at "addresses[type=work].locality" is "London"
    And the value at "addresses[type=work].streetAddress" is "12 St James's Square"

  @entra-urn-path @ENTRA-INCREMENTAL
  Scenario: A path that is a URN with a dot in it
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | department | Analysis |
    Then the SCIM user "ada" has "Analysis" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department"

  @as-entra-062020 @entra-pathless-dotted @entra-pathless-urn-key @ENTRA-INCREMENTAL
  Scenario: Several attributes without a path, with dotted and URN keys
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | displayName | Augusta King |
      | givenName   | Augusta      |
      | familyName  | King         |
      | department  | Analysis     |
    Then the SCIM user "ada" has "Augusta King" at "displayName"
    And the SCIM user "ada" has "Augusta" at "name.givenName"
    And the SCIM user "ada" has "King" at "name.familyName"
    And the SCIM user "ada" has "Analysis" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.department"

  @as-entra-062020 @entra-flag-062020 @ENTRA-DISABLE
  Scenario: The dialect of the flag deactivates
    Given the IdP has provisioned "ada"
    When Entra disables "ada"
    Then the SCIM user "ada" is inactive

  @as-entra-on-demand @entra-pod-no-flag @ENTRA-INCREMENTAL
  Scenario: A change on demand, in the dialect without the flag
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @entra-meta-in-post @entra-roles-empty @entra-ent-urn-always @ENTRA-INITIAL
  Scenario: A create with meta, an empty roles array, and an extension without data
    When the IdP provisions "ada" with:
      | department | |
    Then the SCIM user "ada" is active

  @entra-nulls-post @ENTRA-INITIAL
  Scenario: A create with explicit nulls
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @entra-many-attrs @ENTRA-INITIAL
  Scenario: A create with every attribute of the default mapping
    When the IdP provisions "ada" with:
      | displayName                | Augusta King      |
      | jobTitle                   | Countess          |
      | preferredLanguage          | en-GB             |
      | givenName                  | Augusta           |
      | surname                    | King              |
      | physicalDeliveryOfficeName | 18/2111           |
      | streetAddress              | 12 Square         |
      | city                       | London            |
      | state                      | England           |
      | postalCode                 | SW1Y 4JH          |
      | country                    | GB                |
      | telephoneNumber            | +44 20 7946 0000  |
      | mobile                     | +44 7700 900000   |
      | facsimileTelephoneNumber   | +44 20 7946 0001  |
      | employeeId                 | 1815              |
      | department                 | Analysis          |
    Then the SCIM user "ada" has "King" at "name.familyName"

  @entra-roles-string-primary @ENTRA-INCREMENTAL
  Scenario: A role written where primary is the text True
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | roles | [{"id":"06b07648-ecfe-589f-9d2f-6325724a46ee","value":"25","display_name":"Role1234"}] |
    Then the SCIM user "ada" is active

  @entra-roles-json-string @entra-roles-add-only @ENTRA-INCREMENTAL
  Scenario: A role whose value is a JSON object as text
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | roles | [{"id":"06b07648-ecfe-589f-9d2f-6325724a46ee","value":"25","display_name":"Role1234"}] |
    Then the SCIM user "ada" is active

  @entra-roles-assertive @ENTRA-INCREMENTAL
  Scenario: The whole set of roles replaced
    Given the IdP has provisioned "ada" with:
      | roles | [{"id":"827f0d2e-be15-4d8f-a8e3-f8697239c112","value":"Admin","display_name":"Admin"},{"id":"8ae06bd4-35bb-4fcd-977e-14e074ad1192","value":"Reader","display_name":"Reader"}] |
    When the IdP changes "ada" to:
      | roles | [{"id":"06b07648-ecfe-589f-9d2f-6325724a46ee","value":"25","display_name":"Role1234"}] |
    Then the SCIM user "ada" is active

  @entra-roles-type-const @ENTRA-INITIAL
  Scenario: Roles with a type of Microsoft's own
    When the IdP provisions "ada" with:
      | roles | [{"id":"827f0d2e-be15-4d8f-a8e3-f8697239c112","value":"Admin","display_name":"Admin"},{"id":"8ae06bd4-35bb-4fcd-977e-14e074ad1192","value":"Reader","display_name":"Reader"}] |
    Then the SCIM user "ada" is active

  @entra-manager-string @entra-manager-late @ENTRA-MANAGER
  Scenario: A manager as a plain text, after both users exist
    When the IdP provisions "grace, ada" where "ada" reports to "grace"
    Then the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @entra-manager-readback @entra-manager-repatch @ENTRA-MANAGER
  Scenario: A manager that is read back
    Given the IdP provisions "grace, ada" where "ada" reports to "grace"
    When the IdP changes "ada" to:
      | title | Countess |
    Then the SCIM user "ada" has "Countess" at "title"
    And the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @as-entra-validator @entra-manager-empty @ENTRA-MANAGER
  Scenario: A manager cleared by an empty value
    Given the IdP provisions "grace, ada" where "ada" reports to "grace"
    When the IdP changes "ada" to:
      | manager | |
    Then the client sends GET "/Users/{ada}"
    And the value at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value" does not contain "{grace}"

  @entra-ref-check @ENTRA-MANAGER
  Scenario: A question about a manager before it is written
    When the IdP provisions "grace, ada" where "ada" reports to "grace"
    Then the SCIM user "ada" has "{grace}" at "`urn:ietf:params:scim:schemas:extension:enterprise:2.0:User`.manager.value"

  @entra-extid-mailnick @ENTRA-INITIAL
  Scenario: externalId is a nickname
    When the IdP provisions "ada"
    Then the SCIM user "ada" has "{ada.nickname}" at "externalId"

  @entra-extid-filter @ENTRA-MATCH
  Scenario: Matched by externalId
    Given the user "ada" exists with:
      """
      {"externalId": "{ada.nickname}"}
      """
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @entra-email-filter @ENTRA-MATCH
  Scenario: Matched by the work address
    Given the user "ada" exists
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @entra-seq-match @ENTRA-MATCH
  Scenario: Matched by one attribute after the other
    Given the user "ada" exists with:
      """
      {"externalId": "{ada.nickname}", "userName": "renamed-{ada.userName}"}
      """
    When the IdP provisions "ada" with:
      | userPrincipalName | {ada.email} |
    Then the IdP holds the account of "ada" that existed before

  @entra-case-insensitive @ENTRA-MATCH
  Scenario: Matched in another letter case
    Given the user "ada" exists
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @entra-plus-encoding @entra-charset @entra-no-ua @ENTRA-MATCH
  Scenario: A filter with a plus for a blank, and no User-Agent
    Given the user "ada" exists
    When the IdP provisions "ada"
    Then the IdP holds the account of "ada" that existed before

  @entra-probe-guid @entra-404-empty @ENTRA-TEST
  Scenario: A filter for somebody who cannot exist
    When the IdP tests its connection
    Then the response of the test is a list

  @entra-schemas-on-save @ENTRA-TEST
  Scenario: The schemas are read when the configuration is saved
    When the IdP tests its connection
    Then the client sends GET "/Schemas"
    And the response status is 200

  @alone @entra-pagination-discovery @ENTRA-MATCH
  Scenario: Account discovery pages through everybody
    Given the users "u01, u02, u03, u04, u05, u06" exist
    When the IdP imports the accounts
    Then the import holds each of "u01, u02, u03, u04, u05, u06" once

  @entra-reassign-patch @entra-cached-id @entra-inactive-visible @ENTRA-RESTORE
  Scenario: A new assignment is a PATCH of the id that is known
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And Entra unassigns "ada"
    When Entra assigns "ada"
    Then "ada" still has the id "before"
    And the SCIM user "ada" is active

  @entra-tombstone-upn @ENTRA-DISABLE
  Scenario: The user name of a tombstone
    Given the IdP has provisioned "ada"
    When Entra soft-deletes "ada"
    Then the SCIM user "ada" is inactive

  @entra-delete-30d @ENTRA-HARD-DELETE
  Scenario: A DELETE of somebody who was made inactive 30 days before
    Given the IdP has provisioned "ada"
    When Entra soft-deletes "ada" and 30 days pass
    Then the SCIM user "ada" is gone

  @as-entra-validator @entra-val-manager-random @entra-val-role-primary-str @entra-val-junk-values @ENTRA-INITIAL
  Scenario: A create with a manager who is nobody, primary as text, and junk
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @as-entra-validator @entra-val-patch-200 @ENTRA-INCREMENTAL
  Scenario: A PATCH is answered with the user
    Given the IdP has provisioned "ada"
    When the IdP changes "ada" to:
      | familyName | King |
    Then the SCIM user "ada" has "King" at "name.familyName"
