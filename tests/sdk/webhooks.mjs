// The npm packages `svix` and `standardwebhooks`, as they are, verify what `scimulate serve` signs: each under the header
// names of its own, and with both secrets during a rotation. Environment: API_BASE_URL, PROJECT_ID, PROJECT_SECRET.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { Webhook as Svix } from 'svix';
import { Webhook as Standard } from 'standardwebhooks';

const { API_BASE_URL: url, PROJECT_ID: project_id, PROJECT_SECRET: secret } = process.env;
const api = async (path, body) => (await fetch(`${url}${path}`, {
  method: 'POST',
  headers: { authorization: `Basic ${btoa(`${project_id}:${secret}`)}`, 'content-type': 'application/json' },
  body: JSON.stringify(body),
})).json();

const receiver = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    response.writeHead(204).end();
    receiver.emit('event', { headers: request.headers, body: Buffer.concat(chunks).toString() });
  });
});
receiver.listen(0, '127.0.0.1');
await once(receiver, 'listening');
const hook = `http://127.0.0.1:${receiver.address().port}/hook`;

const { organization } = await api('/v1/b2b/organizations', { organization_name: 'Webhooks' });
const { organization_id } = organization;
const endpoint = await api('/v1/webhooks/endpoints', { url: hook, organization_id });
const next = async (email_address) => {
  const [[event]] = await Promise.all([
    once(receiver, 'event'),
    api(`/v1/b2b/organizations/${organization_id}/members`, { email_address }),
  ]);
  return event;
};
const only = (headers, family) => Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith(family)));

const first = await next('ada@webhooks.example');
const seen = new Svix(endpoint.secret).verify(first.body, only(first.headers, 'svix-'));
assert.equal(seen.member.email_address, 'ada@webhooks.example');
assert.deepEqual(new Standard(endpoint.secret).verify(first.body, only(first.headers, 'webhook-')), seen);
assert.throws(() => new Svix(endpoint.secret).verify(`${first.body} `, first.headers));

const rotated = await api(`/v1/webhooks/endpoints/${endpoint.endpoint_id}/rotate_secret`, {});
const second = await next('grace@webhooks.example');
for (const key of [endpoint.secret, rotated.secret]) {
  new Svix(key).verify(second.body, second.headers);
  new Standard(key).verify(second.body, second.headers);
}
receiver.close();
receiver.closeAllConnections();
console.log('svix and standardwebhooks verify the deliveries');
