// The vendor's Node SDK, as it is, against `scimulate serve`: an organization, a SCIM connection and the rotation of its
// token, members, sessions by token and JWT, revocation. Environment: API_BASE_URL, PROJECT_ID, PROJECT_SECRET.
import assert from 'node:assert/strict';
import stytch from 'stytch';

const { API_BASE_URL: url, PROJECT_ID: project_id, PROJECT_SECRET: secret } = process.env;
const client = new stytch.B2BClient({ project_id, secret, env: `${url}/` });

const made = await client.organizations.create({ organization_name: 'Node SDK', organization_external_id: 'node-sdk' });
const organization_id = made.organization.organization_id;
const renamed = await client.organizations.update({ organization_id, organization_name: 'Node' });
assert.equal(renamed.organization.organization_name, 'Node');

const connected = await client.scim.connection.create({ organization_id, display_name: 'Entra', identity_provider: 'microsoft-entra' });
const connection_id = connected.connection.connection_id;
assert.match(connected.connection.base_url, /\?aadOptscim062020$/);
const started = await client.scim.connection.rotateStart({ organization_id, connection_id });
const completed = await client.scim.connection.rotateComplete({ organization_id, connection_id });
assert.equal(completed.connection.bearer_token_last_four, started.connection.next_bearer_token.slice(-4));

// A group as Entra would push it, and a role for its members.
const pushed = await fetch(connected.connection.base_url.replace('?', '/Groups?'), {
  method: 'POST',
  headers: { authorization: `Bearer ${started.connection.next_bearer_token}`, 'content-type': 'application/scim+json' },
  body: JSON.stringify({ schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Staff' }),
});
assert.equal(pushed.status, 201);
const { scim_groups } = await client.scim.connection.getGroups({ organization_id, connection_id });
const mapping = [{ role_id: 'staff', group_id: scim_groups[0].group_id }];
const mapped = await client.scim.connection.update({ organization_id, connection_id, scim_group_implicit_role_assignments: mapping });
assert.equal(mapped.connection.scim_group_implicit_role_assignments[0].group_name, 'Staff');

const joined = await client.organizations.members.create({ organization_id, email_address: 'ada@node.example', roles: ['stytch_admin'] });
const member_id = joined.member_id;
const query = { operator: 'AND', operands: [{ filter_name: 'statuses', filter_value: ['active'] }] };
assert.equal((await client.organizations.members.search({ organization_ids: [organization_id], query })).members.length, 1);

const opened = await (await fetch(`${url}/v1/b2b/sessions/create`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${project_id}:${secret}`)}`, 'content-type': 'application/json' },
  body: JSON.stringify({ organization_id, member_id }),
})).json();
const { session_token, session_jwt } = opened;
const authorization_check = { organization_id, resource_id: 'stytch.scim', action: 'update' };
const allowed = await client.sessions.authenticate({ session_token, authorization_check });
assert.deepEqual(allowed.verdict.granting_roles, ['stytch_admin']);
assert.equal((await client.sessions.authenticateJwtLocal({ session_jwt })).member_id, member_id);
assert.equal((await client.sessions.get({ organization_id, member_id })).member_sessions.length, 1);
await client.sessions.revoke({ session_token });
await assert.rejects(client.sessions.authenticate({ session_jwt }), { error_type: 'session_not_found', status_code: 404 });

await client.organizations.members.delete({ organization_id, member_id });
const gone = await client.organizations.members.dangerouslyGet({ member_id, include_deleted: true });
assert.equal(gone.member.status, 'deleted');
await client.scim.connection.delete({ organization_id, connection_id });
await client.organizations.delete({ organization_id });
console.log('the Node SDK is content');
