@effects @each-profile @EFF-REACTIVATE
Feature: Reactivation brings the same member back, and nothing that was lost

  Background:
    Given the IdP has provisioned "ada"
    And the id of "ada" is kept as "before"
    And the IdP has pushed the group "Engineering" with the members "ada"
    And the group "Engineering" gives the role "editor"
    And "ada" holds the role "auditor" explicitly
    And "ada" has 3 open sessions

  Scenario Outline: active again after: <path>
    Given <out>
    When <deed>
    Then "ada" is active

    Examples: a SCIM client
      | id             | path                | out                                                                                              | deed                                                                                            |
      | put            | PUT back            | the client puts "ada" with active false                                                          | the client puts "ada" with active true                                                          |
      | patch          | PATCH back          | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":false}'   | the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":true}'   |
      | patch-string   | PATCH back, string  | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"False"}' | the client patches "/Users/{ada}" with the operation '{"op":"Replace","path":"active","value":"True"}' |

    @needs-okta
    Examples: Okta
      | id             | path                | out                    | deed                   |
      | okta-reassign  | Okta assigns again  | Okta unassigns "ada"   | Okta assigns "ada"     |
      | okta-reactivate | Okta reactivates   | Okta deactivates "ada" | Okta reactivates "ada" |

    @needs-entra
    Examples: Microsoft Entra
      | id             | path                | out                            | deed                         |
      | entra-enable   | Entra enables       | Entra disables "ada"           | Entra enables "ada"          |
      | entra-reassign | Entra assigns again | Entra unassigns "ada"          | Entra assigns "ada"          |
      | entra-scope-in | Entra: into scope   | Entra moves "ada" out of scope | Entra moves "ada" into scope |
      | entra-restore  | Entra restores      | Entra soft-deletes "ada"       | Entra restores "ada"         |

  Scenario: No old session works again
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then every session of "ada" is revoked within 1 second

  Scenario: No old JWT works again
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then every JWT of "ada" is refused within 1 second

  Scenario: The role of the group is back
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" holds the role "editor"

  Scenario: The explicit role is not back
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" does not hold the role "auditor"

  Scenario: The id is the same
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" still has the id "before"

  Scenario: A new session can be opened
    Given the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" can open a new session

  Scenario: A reactivation is an update for consumers of webhooks
    Given the client puts "ada" with active false
    And webhooks are watched
    When the client puts "ada" with active true
    Then exactly these webhook events arrive:
      | scim.member.update | ada |
