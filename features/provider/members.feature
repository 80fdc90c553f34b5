@provider
Feature: Policies of the reference provider: who a SCIM create meets
  A company's administrator has made a member before its directory is connected, or has taken one out of service.

  @POL-EXISTING-MEMBER
  Scenario: link
    Given the policy "existing_member" is "link"
    And the act "create_member" is done for "ada"
    When the user "ada" exists
    Then "ada" still has the id "member_id"

  @POL-EXISTING-MEMBER
  Scenario: refuse
    Given the policy "existing_member" is "refuse"
    And the act "create_member" is done for "ada"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response is a SCIM error with status 409 and scimType "uniqueness"

  @POL-DELETED-MEMBER
  Scenario: reactivate
    Given the policy "deleted_member" is "reactivate"
    And the user "ada" exists
    And the id of "ada" is kept as "before"
    And the client deletes "ada"
    When the user "ada" exists
    Then "ada" still has the id "before"

  @POL-DELETED-MEMBER
  Scenario: refuse
    Given the policy "deleted_member" is "refuse"
    And the user "ada" exists
    And the client deletes "ada"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response is a SCIM error with status 409 and scimType "uniqueness"

  @POL-INVITED-MEMBER
  Scenario: activate
    Given the policy "invited_member" is "activate"
    And the act "invite" is done for "ada"
    When the user "ada" exists
    Then "ada" is active

  @POL-INVITED-MEMBER
  Scenario: keep
    Given the policy "invited_member" is "keep"
    And the act "invite" is done for "ada"
    When the user "ada" exists
    Then "ada" is invited

  @POL-INVITED-MEMBER
  Scenario: refuse
    Given the policy "invited_member" is "refuse"
    And the act "invite" is done for "ada"
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "{ada.userName}"}
      """
    Then the response is a SCIM error with status 409 and scimType "uniqueness"

  @POL-INVITED-DELETION
  Scenario: remove
    Given the policy "invited_deletion" is "remove"
    And the act "invite" is done for "ada"
    When the act "delete_member" is done
    Then the act "read_member" is refused for "ada"

  @POL-INVITED-DELETION
  Scenario: deactivate
    Given the policy "invited_deletion" is "deactivate"
    And the act "invite" is done for "ada"
    And the act "delete_member" is done
    When the act "read_member" is done for "ada"
    Then the act captured "status" as "deleted"
