@provider
Feature: Policies of the reference provider: the connection and its token
  What a deleted connection takes with it, and how its token is changed.

  @POL-CONNECTION-DELETED-MEMBERS
  Scenario: keep
    Given the policy "connection_deleted_members" is "keep"
    And the user "ada" exists
    When the SCIM connection is removed
    Then "ada" is active

  @POL-CONNECTION-DELETED-MEMBERS
  Scenario: deprovision
    Given the policy "connection_deleted_members" is "deprovision"
    And the user "ada" exists
    When the SCIM connection is removed
    Then "ada" is deactivated

  @POL-CONNECTION-DELETED-SESSIONS
  Scenario: keep
    Given the policy "connection_deleted_sessions" is "keep"
    And the user "ada" exists
    And "ada" has 2 open sessions
    When the SCIM connection is removed
    Then every session of "ada" still works

  @POL-CONNECTION-DELETED-SESSIONS
  Scenario: revoke
    Given the policy "connection_deleted_sessions" is "revoke"
    And the user "ada" exists
    And "ada" has 2 open sessions
    When the SCIM connection is removed
    Then every session of "ada" is revoked within 1 second

  @POL-ROTATION-RESTART
  Scenario: refuse
    Given the policy "rotation_restart" is "refuse"
    When the act "start_rotation" is done
    Then the act "start_rotation" is refused

  @POL-ROTATION-RESTART
  Scenario: replace
    Given the policy "rotation_restart" is "replace"
    And the act "start_rotation" is done
    And the next request carries the bearer token "{next_token}"
    When the act "start_rotation" is done
    And the client sends GET "/Users"
    Then the response status is 401

  @POL-ROTATING-TOKENS
  Scenario Outline: <value>
    Given the policy "rotating_tokens" is "<value>"
    And the act "start_rotation" is done
    And the next request carries the bearer token "{next_token}"
    When the client sends GET "/Users"
    Then the response status is <status>

    Examples:
      | id       | value    | status |
      | both     | both     | 200    |
      | old-only | old_only | 401    |

  @POL-TOKEN-LIFE
  Scenario Outline: <value>
    Given the policy "token_life" is "<value>"
    When the act "start_rotation" is done
    Then the act captured "expires_at" as a time in <days> days

    Examples:
      | id          | value       | days |
      | five-years  | five_years  | 1825 |
      | one-year    | one_year    | 365  |
      | ninety-days | ninety_days | 90   |
