@provider
Feature: Policies of the reference provider: just-in-time provisioning beside SCIM
  Single sign-on can make members, and so can the directory. Who wins when both are at it?

  @POL-JIT-BESIDE-SCIM
  Scenario: allow
    Given the policy "jit_beside_scim" is "allow"
    And the act "sign_in_by_sso" is done for "ada"
    When the user "ada" exists
    Then "ada" still has the id "member_id"

  @POL-JIT-BESIDE-SCIM
  Scenario: refuse
    When the policy "jit_beside_scim" is "refuse"
    Then the act "sign_in_by_sso" is refused for "ada"

  @POL-DEPROVISIONED-JIT
  Scenario: refuse
    Given the policy "deprovisioned_jit" is "refuse"
    And the user "ada" exists
    When the client puts "ada" with active false
    Then the act "sign_in_by_sso" is refused for "ada"

  @POL-DEPROVISIONED-JIT
  Scenario: reactivate
    Given the policy "deprovisioned_jit" is "reactivate"
    And the user "ada" exists
    And the client puts "ada" with active false
    When the act "sign_in_by_sso" is done for "ada"
    Then "ada" is active
