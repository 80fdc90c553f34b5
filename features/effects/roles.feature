@effects @each-profile @EFF-ROLES
Feature: Roles follow their sources
  ada holds one role explicitly, one through a pushed group, and one through her e-mail domain.
  Deprovisioning takes all of them. Leaving the group takes that group's role and no other.

  Scenario Outline: no role is left after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" holds the role "auditor" explicitly
    And the e-mail domain "example.com" gives the role "viewer"
    When <deed>
    Then "ada" holds none of the roles "editor, auditor, viewer"

    Examples: a SCIM client
      | id                 | path                            | deed                                                                                                    |
      | put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id              | path             | deed                   |
      | okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                | path                        | deed                                      |
      | entra-disable     | Entra disables              | Entra disables "ada"                      |
      | entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: the role of the group is gone after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" holds the role "auditor" explicitly
    And the e-mail domain "example.com" gives the role "viewer"
    When <deed>
    Then "ada" does not hold the role "editor"

    Examples:
      | id                                 | path                    | deed                                               |
      | group-role-gone-group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" |
      | group-role-gone-group-deletion     | group deleted           | the IdP deletes the group "Engineering"            |
      | group-role-gone-connection-removal | SCIM connection removed | the SCIM connection is removed                     |


  Scenario Outline: the explicit role is kept after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" holds the role "auditor" explicitly
    And the e-mail domain "example.com" gives the role "viewer"
    When <deed>
    Then "ada" holds the role "auditor"

    Examples:
      | id                                    | path                    | deed                                               |
      | explicit-role-kept-group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" |
      | explicit-role-kept-group-deletion     | group deleted           | the IdP deletes the group "Engineering"            |
      | explicit-role-kept-rename             | renamed                 | the IdP renames "ada" to "ada.lovelace"            |
      | explicit-role-kept-connection-removal | SCIM connection removed | the SCIM connection is removed                     |


  Scenario Outline: the role of the e-mail domain is kept after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" holds the role "auditor" explicitly
    And the e-mail domain "example.com" gives the role "viewer"
    When <deed>
    Then "ada" holds the role "viewer"

    Examples:
      | id                                  | path                    | deed                                               |
      | domain-role-kept-group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" |
      | domain-role-kept-group-deletion     | group deleted           | the IdP deletes the group "Engineering"            |
      | domain-role-kept-rename             | renamed                 | the IdP renames "ada" to "ada.lovelace"            |
      | domain-role-kept-connection-removal | SCIM connection removed | the SCIM connection is removed                     |


  Scenario: A rename keeps the role of the group
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    When the IdP renames "ada" to "ada.lovelace"
    Then "ada" holds the role "editor"

  Scenario: A role that comes from a pushed group names that source
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    When the group "Engineering" gives the role "editor"
    Then "ada" holds the role "editor" from the source "scim_connection_group"

  Scenario: An open session loses the role when the member leaves the group
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" has 1 open session
    When the IdP removes "ada" from the group "Engineering"
    Then the open sessions of "ada" carry none of the roles "editor"

  Scenario: A role of the e-mail domain ends when the address moves to another domain
    Given the IdP has provisioned "ada"
    And the e-mail domain "example.com" gives the role "viewer"
    When the IdP moves "ada" to the e-mail domain "example.org"
    Then "ada" does not hold the role "viewer"
