"""The vendor's Python SDK, as it is, against `scimulate serve`: an organization, a SCIM connection and the rotation of its
token, groups mapped to roles, members, sessions by token and JWT, revocation, machine clients. Environment: API_BASE_URL, PROJECT_ID, PROJECT_SECRET."""

import os

import requests
import stytch
from stytch.b2b.models.organizations import SearchQuery, SearchQueryOperator
from stytch.b2b.models.sessions import AuthorizationCheck
from stytch.core.response_base import StytchError

url, project_id, secret = (os.environ[name] for name in ("API_BASE_URL", "PROJECT_ID", "PROJECT_SECRET"))
client = stytch.B2BClient(project_id=project_id, secret=secret, environment=f"{url}/")

organization = client.organizations.create(organization_name="Python SDK", trusted_metadata={"plan": "gold"})
organization_id = organization.organization.organization_id
renamed = client.organizations.update(organization_id, organization_name="Python")
assert renamed.organization.organization_name == "Python"

connection = client.scim.connection.create(organization_id, display_name="Okta", identity_provider="okta").connection
connection_id = connection.connection_id
started = client.scim.connection.rotate_start(organization_id, connection_id).connection
completed = client.scim.connection.rotate_complete(organization_id, connection_id).connection
assert completed.bearer_token_last_four == started.next_bearer_token[-4:]

# A user as Okta would push it.
user = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
    "userName": "ada@python.example",
    "name": {"givenName": "Ada", "familyName": "Lovelace"},
    "emails": [{"value": "ada@python.example", "type": "work", "primary": True}],
    "active": True,
}
bearer = {"Authorization": f"Bearer {started.next_bearer_token}", "Content-Type": "application/scim+json"}
pushed = requests.post(f"{connection.base_url}/Users", json=user, headers=bearer, timeout=10)
assert pushed.status_code == 201, pushed.text
member_id = pushed.json()["id"]
member = client.organizations.members.get(organization_id, member_id=member_id).member
assert member.scim_registration.scim_attributes.user_name == "ada@python.example"
client.organizations.members.update(organization_id, member_id, roles=["stytch_admin"])
query = SearchQuery(operator=SearchQueryOperator.AND, operands=[{"filter_name": "member_emails", "filter_value": [member.email_address]}])
assert len(client.organizations.members.search([organization_id], query=query).members) == 1

# A group as Okta would push it, and a role for its members.
group = {
    "schemas": ["urn:ietf:params:scim:schemas:core:2.0:Group"],
    "displayName": "Staff",
    "members": [{"value": member_id}],
}
pushed = requests.post(f"{connection.base_url}/Groups", json=group, headers=bearer, timeout=10)
assert pushed.status_code == 201, pushed.text
groups = client.scim.connection.get_groups(organization_id, connection_id).scim_groups
mapping = [{"role_id": "staff", "group_id": groups[0].group_id}]
mapped = client.scim.connection.update(organization_id, connection_id, scim_group_implicit_role_assignments=mapping)
assert mapped.connection.scim_group_implicit_role_assignments[0].group_name == "Staff"
roles = client.organizations.members.get(organization_id, member_id=member_id).member.roles
staff = next(role for role in roles if role.role_id == "staff")
assert staff.sources[0].type == "scim_connection_group", staff

# Roles by single sign-on.
saml = client.sso.saml.create_connection(organization_id, display_name="Okta", identity_provider="okta").connection
client.sso.saml.update_connection(
    organization_id, saml.connection_id, saml_connection_implicit_role_assignments=[{"role_id": "visitor"}]
)
assert client.sso.get_connections(organization_id).saml_connections[0].connection_id == saml.connection_id
client.sso.delete_connection(organization_id, saml.connection_id)

body = {"organization_id": organization_id, "member_id": member_id}
opened = requests.post(f"{url}/v1/b2b/sessions/create", json=body, auth=(project_id, secret), timeout=10).json()
check = AuthorizationCheck(organization_id=organization_id, resource_id="stytch.scim", action="update")
allowed = client.sessions.authenticate(session_token=opened["session_token"], authorization_check=check)
assert allowed.verdict.granting_roles == ["stytch_admin"]
assert client.sessions.authenticate_jwt_local(session_jwt=opened["session_jwt"]).member_id == member_id
assert len(client.sessions.get(organization_id, member_id).member_sessions) == 1
assert client.sessions.get_jwks(project_id).keys
client.sessions.revoke(member_id=member_id)
try:
    client.sessions.authenticate(session_jwt=opened["session_jwt"])
except StytchError as error:
    assert error.details.error_type == "session_not_found", error.details
else:
    raise AssertionError("a revoked session was let in")

machine = client.m2m.clients.create(scopes=["read:members"], client_name="CI").m2m_client
granted = client.m2m.token(machine.client_id, machine.client_secret)
assert client.m2m.authenticate_token(granted.access_token).client_id == machine.client_id
client.m2m.clients.delete(machine.client_id)

requests.delete(f"{connection.base_url}/Users/{member_id}", headers=bearer, timeout=10)
assert client.organizations.members.dangerously_get(member_id, include_deleted=True).member.status == "deleted"
client.scim.connection.delete(organization_id, connection_id)
client.organizations.delete(organization_id)
print("the Python SDK is content")
