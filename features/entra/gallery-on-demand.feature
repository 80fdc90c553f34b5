@entra @each-profile @needs-entra @as-entra-on-demand @entra-gallery
Feature: Microsoft's validation for the Entra gallery: provision on demand

  @ENTRA-GALLERY-POD-USER
  Scenario: A user is provisioned on demand
    When the IdP provisions "ada"
    Then the SCIM user "ada" is active

  @ENTRA-GALLERY-POD-GROUP
  Scenario: A group is provisioned on demand
    Given the IdP has provisioned "ada"
    When the IdP pushes the group "Engineering" with the members "ada"
    Then the group "Engineering" has the members "ada"
