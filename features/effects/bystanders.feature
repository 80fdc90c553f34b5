@effects @each-profile @EFF-BYSTANDER
Feature: Nobody else is touched
  A colleague in the same organization and a stranger in another keep state, sessions and roles.

  Scenario Outline: a colleague is untouched after: <path>
    Given the IdP has provisioned "ada"
    And the bystander "grace" in the same organization
    When <deed>
    Then the bystander "grace" is as she was

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


  Scenario Outline: a stranger is untouched after: <path>
    Given the IdP has provisioned "ada"
    And the bystander "joan" in another organization
    When <deed>
    Then the bystander "joan" is as she was

    Examples: a SCIM client
      | id                                    | path                            | deed                                                                                                    |
      | other-organization-put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | other-organization-patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | other-organization-patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | other-organization-patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | other-organization-patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | other-organization-delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id                                 | path             | deed                   |
      | other-organization-okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | other-organization-okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                                   | path                        | deed                                      |
      | other-organization-entra-disable     | Entra disables              | Entra disables "ada"                      |
      | other-organization-entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | other-organization-entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | other-organization-entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | other-organization-entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: no event names a colleague after: <path>
    Given the IdP has provisioned "ada"
    And the bystander "grace" in the same organization
    And webhooks are watched
    When <deed>
    Then no webhook event is about "grace"

    Examples: a SCIM client
      | id                       | path                            | deed                                                                                                    |
      | event-put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | event-patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | event-patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | event-patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | event-patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | event-delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id                    | path             | deed                   |
      | event-okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | event-okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                      | path                        | deed                                      |
      | event-entra-disable     | Entra disables              | Entra disables "ada"                      |
      | event-entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | event-entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | event-entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | event-entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: a colleague in the same group is untouched after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has provisioned "grace"
    And the IdP has pushed the group "Engineering" with the members "ada, grace"
    And the group "Engineering" gives the role "editor"
    And "grace" has 1 open session
    And "grace" is remembered as she is now
    When <deed>
    Then the bystander "grace" is as she was

    Examples:
      | id                          | path                  | deed                                               |
      | same-group-put-active-false | PUT with active false | the client puts "ada" with active false            |
      | same-group-delete           | DELETE                | the client deletes "ada"                           |
      | same-group-group-removal    | leaves the group      | the IdP removes "ada" from the group "Engineering" |
      | same-group-rename           | renamed               | the IdP renames "ada" to "ada.lovelace"            |


  Scenario Outline: a colleague outside the group is untouched after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And the bystander "grace" in the same organization
    When <deed>
    Then the bystander "grace" is as she was

    Examples: what takes nobody out of service
      | id                 | path                    | deed                                               |
      | group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" |
      | group-deletion     | group deleted           | the IdP deletes the group "Engineering"            |
      | rename             | renamed                 | the IdP renames "ada" to "ada.lovelace"            |
      | connection-removal | SCIM connection removed | the SCIM connection is removed                     |
