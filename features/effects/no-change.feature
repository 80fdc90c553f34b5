@effects @each-profile @EFF-NOOP
Feature: A change that changes nothing has no effect

  Background:
    Given the IdP has provisioned "ada"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"

  Scenario Outline: no event after: <path>
    Given webhooks are watched
    When <deed>
    Then no webhook event arrives

    Examples: a SCIM client
      | id                  | path                         | deed                                                                                                  |
      | put-same            | PUT of the same              | the client puts "ada" as it is                                                                        |
      | patch-active-true   | PATCH active true            | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":true}'   |
      | patch-active-string | PATCH active "True"          | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"True"}' |
      | add-member-again    | PATCH that adds a member again | the client adds "ada" to the group "Engineering" again                                              |

    Examples: the IdP
      | id                  | path                         | deed                           |
      | another-cycle       | another cycle                | the IdP plays another cycle    |

    @needs-okta
    Examples: Okta
      | id                  | path                         | deed                                      |
      | okta-force-sync     | Okta forces a sync           | Okta forces a sync                        |
      | okta-push-now       | Okta pushes the group again  | the IdP pushes the group "Engineering" again |
      | okta-suspend        | Okta suspends                | Okta suspends "ada"                       |

  Scenario Outline: sessions, roles and state stay after: <path>
    Given "ada" has 3 open sessions
    And "ada" is remembered as she is now
    When <deed>
    Then "ada" is as she was

    Examples:
      | id                      | path                         | deed                                                                                                  |
      | kept-put-same           | PUT of the same              | the client puts "ada" as it is                                                                        |
      | kept-patch-active-true  | PATCH active true            | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":true}'   |
      | kept-add-member-again   | PATCH that adds a member again | the client adds "ada" to the group "Engineering" again                                              |
      | kept-another-cycle      | another cycle                | the IdP plays another cycle                                                                           |

  Scenario Outline: a second deprovisioning sends nothing: <path>
    Given the client puts "ada" with active false
    And webhooks are watched
    When <deed>
    Then no webhook event arrives

    Examples:
      | id                      | path                         | deed                                                                                                    |
      | second-put              | PUT with active false again  | the client puts "ada" with active false                                                                 |
      | second-patch            | PATCH active false again     | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'    |
