@effects @each-profile @EFF-JWT
Feature: A session JWT is refused by the target at once, and dies by itself soon
  A consumer that only checks the signature is fooled until the JWT ends; the target itself must not be.

  Scenario Outline: JWTs refused after: <path>
    Given the IdP has provisioned "ada"
    And "ada" has 1 open session
    When <deed>
    Then every JWT of "ada" is refused within 1 second

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


  Scenario Outline: JWTs survive: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" has 1 open session
    When <deed>
    Then every JWT of "ada" still works

    Examples: what takes nobody out of service
      | id                 | path                    | deed                                               |
      | group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" |
      | group-deletion     | group deleted           | the IdP deletes the group "Engineering"            |
      | rename             | renamed                 | the IdP renames "ada" to "ada.lovelace"            |
      | connection-removal | SCIM connection removed | the SCIM connection is removed                     |


  Scenario: A JWT that is checked locally only ends within 5 minutes
    Given the IdP has provisioned "ada"
    And "ada" has 1 open session
    Then no JWT of "ada" lives longer than 5 minutes
