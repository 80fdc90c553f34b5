@provider
Feature: Policies of the reference provider: e-mail addresses
  Whose an address is, whether it is proved, and what its change does.

  @POL-SCIM-ALLOWED-DOMAINS
  Scenario: ignore
    Given the policy "scim_allowed_domains" is "ignore"
    And the act "allow_one_domain" is done
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@elsewhere.example"}
      """
    Then the response status is 201

  @POL-SCIM-ALLOWED-DOMAINS
  Scenario: enforce
    Given the policy "scim_allowed_domains" is "enforce"
    And the act "allow_one_domain" is done
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@elsewhere.example"}
      """
    Then the response is a SCIM error with status 400 and scimType "invalidValue"

  @POL-SCIM-CLAIMED-DOMAINS
  Scenario: enforce
    Given the policy "scim_claimed_domains" is "enforce"
    And the act "claim_domain_elsewhere" is done
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@{claimed_domain}"}
      """
    And the act "delete_claimant" is done
    Then the response is a SCIM error with status 400 and scimType "invalidValue"

  @POL-SCIM-CLAIMED-DOMAINS
  Scenario: ignore
    Given the policy "scim_claimed_domains" is "ignore"
    And the act "claim_domain_elsewhere" is done
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "ada@{claimed_domain}"}
      """
    And the act "delete_claimant" is done
    Then the response status is 201

  @POL-SCIM-EMAIL-VERIFIED
  Scenario Outline: <value>
    Given the policy "scim_email_verified" is "<value>"
    And the user "ada" exists
    When the act "read_member" is done for "ada"
    Then the act captured "verified" as "<value>"

    Examples:
      | id    | value |
      | true  | true  |
      | false | false |

  @POL-SCIM-REACTIVATION-NEEDS-VERIFIED-EMAIL
  Scenario Outline: <value>
    Given the policy "scim_email_verified" is "false"
    And the policy "scim_reactivation_needs_verified_email" is "<value>"
    And the user "ada" exists
    And the client puts "ada" with active false
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"active","value":true}'
    Then the response status is <status>

    Examples:
      | id    | value | status |
      | true  | true  | 400    |
      | false | false | 200    |

  @POL-SCIM-RETIRES-EMAIL
  Scenario: true
    Given the policy "scim_retires_email" is "true"
    And the user "ada" exists
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"emails","value":[{"value":"countess@example.com"}]}'
    Then the act "create_member" is refused for "ada"

  @POL-SCIM-RETIRES-EMAIL
  Scenario: false
    Given the policy "scim_retires_email" is "false"
    And the user "ada" exists
    And the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"emails","value":[{"value":"countess@example.com"}]}'
    When the act "create_member" is done for "ada"
    And the act "read_member" is done for "ada"
    Then the act captured no "retired"

  @POL-SCIM-TAKEN-EMAIL
  Scenario: refuse
    Given the policy "scim_taken_email" is "refuse"
    And the user "ada" exists
    When the client sends POST "/Users" with:
      """
      {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "twin-{ada.userName}", "emails": [{"value": "{ada.email}"}]}
      """
    Then the response is a SCIM error with status 409 and scimType "uniqueness"

  @POL-SCIM-TAKEN-EMAIL
  Scenario: user_name
    Given the policy "scim_taken_email" is "user_name"
    And the user "ada" exists
    When the user "twin" exists with:
      """
      {"emails": [{"value": "{ada.email}", "type": "work", "primary": true}]}
      """
    Then the e-mail address of "twin" is "{twin.userName}"
    And the e-mail address of "ada" is "{ada.email}"

  @POL-EMAIL-CHANGE-SESSIONS
  Scenario: keep
    Given the policy "email_change_sessions" is "keep"
    And the user "ada" exists
    And "ada" has 2 open sessions
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"emails","value":[{"value":"countess@example.com"}]}'
    Then every session of "ada" still works

  @POL-EMAIL-CHANGE-SESSIONS
  Scenario: revoke
    Given the policy "email_change_sessions" is "revoke"
    And the user "ada" exists
    And "ada" has 2 open sessions
    When the client patches "/Users/{ada}" with the operation '{"op":"replace","path":"emails","value":[{"value":"countess@example.com"}]}'
    Then every session of "ada" is revoked within 1 second

  @POL-API-EDITS-OF-SCIM-MEMBERS
  Scenario: allow
    Given the policy "api_edits_of_scim_members" is "allow"
    And the user "ada" exists
    When the act "rename_member" is done for "ada"
    Then the name of "ada" is "Somebody Else"

  @POL-API-EDITS-OF-SCIM-MEMBERS
  Scenario: refuse
    Given the policy "api_edits_of_scim_members" is "refuse"
    When the user "ada" exists
    Then the act "rename_member" is refused for "ada"
