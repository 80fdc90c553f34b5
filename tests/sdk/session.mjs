// The vendor's Node SDK, as it is, against `scimulate serve`: an organization, a SCIM connection and the rotation of its
// token, groups mapped to roles, members, roles by single sign-on, calls in the name of a member, sessions by token and
// JWT, revocation, machine clients. Environment: API_BASE_URL, PROJECT_ID, PROJECT_SECRET.
import assert from 'node:assert/strict';
import stytch from 'stytch';

const { API_BASE_URL: url, PROJECT_ID: project_id, PROJECT_SECRET: secret } = process.env;
const client = new stytch.B2BClient({ project_id, secret, env: `${url}/` });
const api = async (path, body) => (await fetch(`${url}${path}`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${project_id}:${secret}`)}`, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})).json();

const made = await client.organizations.create({ organization_name: 'Node SDK', organization_external_id: 'node-sdk' });
const organization_id = made.organization.organization_id;
const renamed = await client.organizations.update({ organization_id, organization_name: 'Node' });
assert.equal(renamed.organization.organization_name, 'Node');
assert.equal((await client.organizations.get({ organization_id: 'node-sdk' })).organization.organization_id, organization_id);

const connected = await client.scim.connection.create({ organization_id, display_name: 'Entra', identity_provider: 'microsoft-entra' });
const connection_id = connected.connection.connection_id;
assert.match(connected.connection.base_url, /\?aadOptscim062020$/);
await assert.rejects(client.scim.connection.create({ organization_id }), { error_type: 'active_scim_connection_exists' });
await client.scim.connection.rotateStart({ organization_id, connection_id });
await client.scim.connection.rotateCancel({ organization_id, connection_id });
const started = await client.scim.connection.rotateStart({ organization_id, connection_id });
const completed = await client.scim.connection.rotateComplete({ organization_id, connection_id });
assert.equal(completed.connection.bearer_token_last_four, started.connection.next_bearer_token.slice(-4));

// A user and a group as Entra would push them, and a role for the group's members.
const push = async (endpoint, schema, body) => {
  const answer = await fetch(connected.connection.base_url.replace('?', `/${endpoint}?`), {
    method: 'POST',
    headers: { authorization: `Bearer ${started.connection.next_bearer_token}`, 'content-type': 'application/scim+json' },
    body: JSON.stringify({ schemas: [`urn:ietf:params:scim:schemas:core:2.0:${schema}`], ...body }),
  });
  assert.equal(answer.status, 201);
  return (await answer.json()).id;
};
const grace = await push('Users', 'User', { userName: 'grace@node.example', active: true });
await push('Groups', 'Group', { displayName: 'Staff', members: [{ value: grace }] });
const { scim_groups } = await client.scim.connection.getGroups({ organization_id, connection_id });
const mapping = [{ role_id: 'staff', group_id: scim_groups[0].group_id }];
const mapped = await client.scim.connection.update({ organization_id, connection_id, scim_group_implicit_role_assignments: mapping });
assert.equal(mapped.connection.scim_group_implicit_role_assignments[0].group_name, 'Staff');
const read = await client.organizations.members.get({ organization_id, member_id: grace });
const staff = read.member.roles.find((role) => role.role_id === 'staff');
assert.equal(staff.sources[0].type, 'scim_connection_group');
assert.equal(read.member.scim_registration.scim_attributes.user_name, 'grace@node.example');

const joined = await client.organizations.members.create({ organization_id, email_address: 'ada@node.example', roles: ['stytch_admin'] });
const member_id = joined.member_id;
const query = { operator: 'AND', operands: [{ filter_name: 'member_emails', filter_value: ['ada@node.example'] }] };
assert.equal((await client.organizations.members.search({ organization_ids: [organization_id], query })).members.length, 1);

// Roles by single sign-on: held by whoever comes by the connection, and in those sessions only.
const saml = await client.sso.saml.createConnection({ organization_id, display_name: 'Okta', identity_provider: 'okta' });
const sso_connection_id = saml.connection.connection_id;
await client.sso.saml.updateConnection({
  organization_id,
  connection_id: sso_connection_id,
  attribute_mapping: { email: 'NameID', groups: 'groups' },
  saml_connection_implicit_role_assignments: [{ role_id: 'visitor' }],
  saml_group_implicit_role_assignments: [{ role_id: 'writer', group: 'Writers' }],
});
const came = await api('/v1/b2b/sessions/sign_in', {
  organization_id, method: 'sso', email_address: 'alan@node.example', sso_connection_id, groups: ['Writers'],
});
const alan = (await client.organizations.members.get({ organization_id, member_id: came.member_id })).member;
const sourceOf = (id) => alan.roles.find((role) => role.role_id === id).sources[0].type;
assert.deepEqual(['visitor', 'writer'].map(sourceOf), ['sso_connection', 'sso_connection_group']);
assert.equal(alan.sso_registrations[0].connection_id, sso_connection_id);
assert.deepEqual(came.member_session.roles, ['stytch_member', 'visitor', 'writer']);
assert.equal((await client.sso.getConnections({ organization_id })).saml_connections.length, 1);
await client.sso.deleteConnection({ organization_id, connection_id: sso_connection_id });

const { session_token, session_jwt } = await api('/v1/b2b/sessions/create', { organization_id, member_id });
const authorization_check = { organization_id, resource_id: 'stytch.scim', action: 'update' };
const allowed = await client.sessions.authenticate({ session_token, authorization_check });
assert.deepEqual(allowed.verdict.granting_roles, ['stytch_admin']);
assert.equal((await client.sessions.authenticateJwtLocal({ session_jwt })).member_id, member_id);
assert.equal((await client.sessions.get({ organization_id, member_id })).member_sessions.length, 1);

// In the name of a member: an administrator may change others, a plain member only itself.
const plain = (await api('/v1/b2b/sessions/create', { organization_id, member_id: grace })).session_token;
const by = (token) => ({ authorization: { session_token: token } });
await client.organizations.members.update({ organization_id, member_id: grace, name: 'Grace' }, by(session_token));
await client.organizations.members.update({ organization_id, member_id: grace, name: 'Grace H.' }, by(plain));
const forbidden = { status_code: 403, error_type: 'session_authorization_error' };
await assert.rejects(client.organizations.members.update({ organization_id, member_id, name: 'x' }, by(plain)), forbidden);
await assert.rejects(client.organizations.members.update({ organization_id, member_id: grace, roles: ['stytch_admin'] }, by(plain)), forbidden);

await client.sessions.revoke({ session_token });
await assert.rejects(client.sessions.authenticate({ session_jwt }), { error_type: 'session_not_found', status_code: 404 });
await client.sessions.revoke({ member_id: grace });
assert.equal((await client.sessions.get({ organization_id, member_id: grace })).member_sessions.length, 0);

const machine = await client.m2m.clients.create({ client_name: 'CI', scopes: ['read:members', 'write:invoices'] });
const { client_id, client_secret } = machine.m2m_client;
const { access_token } = await client.m2m.token({ client_id, client_secret, scopes: ['read:members'] });
const known = await client.m2m.authenticateToken({ access_token, required_scopes: ['read:members'] });
assert.equal(known.client_id, client_id);
await assert.rejects(client.m2m.authenticateToken({ access_token, required_scopes: ['write:invoices'] }));
const turned = await client.m2m.clients.secrets.rotateStart({ client_id });
await client.m2m.clients.secrets.rotate({ client_id });
await assert.rejects(client.m2m.token({ client_id, client_secret }), { status_code: 401 });
await client.m2m.token({ client_id, client_secret: turned.m2m_client.next_client_secret });
await client.m2m.clients.update({ client_id, status: 'inactive' });
await client.m2m.clients.delete({ client_id });

await client.organizations.members.delete({ organization_id, member_id });
const gone = await client.organizations.members.dangerouslyGet({ member_id, include_deleted: true });
assert.equal(gone.member.status, 'deleted');
await client.scim.connection.delete({ organization_id, connection_id });
await client.organizations.delete({ organization_id });
console.log('the Node SDK is content');
