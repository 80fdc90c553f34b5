@effects @each-profile @EFF-WEBHOOKS
Feature: Each change sends exactly the events that belong to it
  Once each, in order, signed, with SCIM as the source, and after the change can be read. What an administrator
  does to the connection itself is no SCIM change: its events have the source DIRECT.

  Scenario Outline: one deletion event after: <path>
    Given the IdP has provisioned "ada"
    And webhooks are watched
    When <deed>
    Then exactly these webhook events arrive:
      | scim.member.delete | ada |

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


  Scenario Outline: signed after: <path>
    Given the IdP has provisioned "ada"
    And webhooks are watched
    When <deed>
    Then every webhook event is signed

    Examples: a SCIM client
      | id                        | path                            | deed                                                                                                    |
      | signed-put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | signed-patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | signed-patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | signed-patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | signed-patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | signed-delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id                     | path             | deed                   |
      | signed-okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | signed-okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                       | path                        | deed                                      |
      | signed-entra-disable     | Entra disables              | Entra disables "ada"                      |
      | signed-entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | signed-entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | signed-entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | signed-entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: the source is SCIM after: <path>
    Given the IdP has provisioned "ada"
    And webhooks are watched
    When <deed>
    Then every webhook event has the source "SCIM"

    Examples: a SCIM client
      | id                        | path                            | deed                                                                                                    |
      | source-put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | source-patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | source-patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | source-patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | source-patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | source-delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id                     | path             | deed                   |
      | source-okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | source-okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                       | path                        | deed                                      |
      | source-entra-disable     | Entra disables              | Entra disables "ada"                      |
      | source-entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | source-entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | source-entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | source-entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: the change is readable when its event arrives after: <path>
    Given the IdP has provisioned "ada"
    And webhooks are watched and read back
    When <deed>
    Then the change to deactivated was readable when its webhook event arrived

    Examples: a SCIM client
      | id                          | path                            | deed                                                                                                    |
      | readable-put-active-false   | PUT with active false           | the client puts "ada" with active false                                                                 |
      | readable-patch-active-false | PATCH of active, JSON false     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   |
      | readable-patch-string-false | PATCH of active, string "False" | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' |
      | readable-patch-add-active   | PATCH that adds active          | the client patches "/Users/{ada}" with the operation '{"op":"Add","path":"active","value":"False"}'     |
      | readable-patch-without-path | PATCH without a path            | the client patches "/Users/{ada}" with the operation '{"op":"replace","value":{"active":false}}'        |
      | readable-delete             | DELETE                          | the client deletes "ada"                                                                                |

    @needs-okta
    Examples: Okta
      | id                       | path             | deed                   |
      | readable-okta-unassign   | Okta unassigns   | Okta unassigns "ada"   |
      | readable-okta-deactivate | Okta deactivates | Okta deactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id                         | path                        | deed                                      |
      | readable-entra-disable     | Entra disables              | Entra disables "ada"                      |
      | readable-entra-unassign    | Entra unassigns             | Entra unassigns "ada"                     |
      | readable-entra-scope-out   | Entra: out of scope         | Entra moves "ada" out of scope            |
      | readable-entra-soft-delete | Entra soft-deletes          | Entra soft-deletes "ada"                  |
      | readable-entra-hard-delete | Entra deletes after 30 days | Entra soft-deletes "ada" and 30 days pass |


  Scenario Outline: the events of: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And webhooks are watched
    When <deed>
    Then exactly these webhook events arrive:
      | <event> | <about> |

    Examples:
      | id                 | path                    | deed                                               | event                         | about       |
      | group-removal      | leaves the group        | the IdP removes "ada" from the group "Engineering" | scim.scim_member_group.delete |             |
      | group-deletion     | group deleted           | the IdP deletes the group "Engineering"            | scim.scim_group.delete        | Engineering |
      | rename             | renamed                 | the IdP renames "ada" to "ada.lovelace"            | scim.member.update            | ada         |
      | connection-removal | SCIM connection removed | the SCIM connection is removed                     | direct.scim_group.delete      | Engineering |


  Scenario Outline: no event says that the member changed after: <path>
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And webhooks are watched
    When <deed>
    Then no webhook event is about "ada"

    Examples:
      | id                                 | path                    | deed                                    |
      | no-member-event-group-deletion     | group deleted           | the IdP deletes the group "Engineering" |
      | no-member-event-connection-removal | SCIM connection removed | the SCIM connection is removed          |
