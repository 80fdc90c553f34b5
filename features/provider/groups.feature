@provider
Feature: Policies of the reference provider: groups and their events

  @POL-MEMBERSHIPS-ON-DEACTIVATION
  Scenario: keep
    Given the policy "memberships_on_deactivation" is "keep"
    And the user "ada" exists
    And the group "Engineering" exists with the members "ada"
    And the group "Engineering" gives the role "editor"
    And the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" holds the role "editor"

  @POL-MEMBERSHIPS-ON-DEACTIVATION
  Scenario: drop
    Given the policy "memberships_on_deactivation" is "drop"
    And the user "ada" exists
    And the group "Engineering" exists with the members "ada"
    And the group "Engineering" gives the role "editor"
    And the client puts "ada" with active false
    When the client puts "ada" with active true
    Then "ada" does not hold the role "editor"

  @POL-GROUP-DELETED-EVENTS
  Scenario: group
    Given the policy "group_deleted_events" is "group"
    And the user "ada" exists
    And the group "Engineering" exists with the members "ada"
    And webhooks are watched
    When the client sends DELETE "/Groups/{Engineering}"
    Then exactly these webhook events arrive:
      | scim.scim_group.delete | Engineering |

  @POL-GROUP-DELETED-EVENTS
  Scenario: group and members
    Given the policy "group_deleted_events" is "group_and_members"
    And the user "ada" exists
    And the group "Engineering" exists with the members "ada"
    And webhooks are watched
    When the client sends DELETE "/Groups/{Engineering}"
    Then exactly these webhook events arrive:
      | scim.scim_member_group.delete |             |
      | scim.scim_group.delete        | Engineering |

  @POL-MEMBERSHIP-UPDATES-MEMBER
  Scenario: false
    Given the policy "membership_updates_member" is "false"
    And the user "ada" exists
    And the group "Engineering" exists
    And webhooks are watched
    When the client patches "/Groups/{Engineering}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"}]}'
    Then exactly these webhook events arrive:
      | scim.scim_member_group.create | |

  @POL-MEMBERSHIP-UPDATES-MEMBER
  Scenario: true
    Given the policy "membership_updates_member" is "true"
    And the user "ada" exists
    And the group "Engineering" exists
    And webhooks are watched
    When the client patches "/Groups/{Engineering}" with the operation '{"op":"add","path":"members","value":[{"value":"{ada}"}]}'
    Then exactly these webhook events arrive:
      | scim.scim_member_group.create |     |
      | scim.member.update            | ada |

  @POL-DANGLING-MEMBERS
  Scenario: keep
    Given the policy "dangling_members" is "keep"
    And the group "Engineering" exists
    When the client patches "/Groups/{Engineering}" with the operation '{"op":"add","path":"members","value":[{"value":"nobody"}]}'
    And the client sends GET "/Groups/{Engineering}"
    Then the value at "members[0].value" is "nobody"

  @POL-DANGLING-MEMBERS
  Scenario: refuse
    Given the policy "dangling_members" is "refuse"
    And the group "Engineering" exists
    When the client sends PATCH "/Groups/{Engineering}" with:
      """
      {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [{"op": "add", "path": "members", "value": [{"value": "nobody"}]}]}
      """
    Then the response status is 400 and scimType is "invalidValue"

  @POL-EVENT-NAMES
  Scenario: current
    Given the policy "event_names" is "current"
    And webhooks are watched
    When the group "Engineering" exists
    Then exactly these webhook events arrive:
      | scim.scim_group.create | Engineering |

  @POL-EVENT-NAMES
  Scenario: older
    Given the policy "event_names" is "older"
    And webhooks are watched
    When the group "Engineering" exists
    Then exactly these webhook events arrive:
      | scim.idp_group.create | Engineering |
