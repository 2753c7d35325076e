import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  eventually,
  type RegisteredKey,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { connectMqtt, curl, refusal } from '../support/requests.js';

// The requests of EdgeMQ's guide as they stand there, with keywright's addresses.

const INGEST = `curl -X POST $URL/v1/ingest \\
  -H "X-API-Key: $KEY" \\
  -H "Content-Type: application/x-ndjson" \\
  -d '{"user_id": "123", "event": "signup", "timestamp": "2026-01-15T10:30:00Z"}'`;
const ENDPOINTS = 'curl $URL/v1/endpoints -H "Authorization: Bearer $TOKEN"';

interface Fixture extends Workshop {
  readonly server: Server;
  readonly key: RegisteredKey;
}

async function fixture(scopes: readonly string[], args: readonly string[] = []): Promise<Fixture> {
  const shop = await workshop();
  const key = await newKey(shop, scopes);
  return { ...shop, server: await serve(shop, args), key };
}

const newKey = (shop: Workshop, scopes: readonly string[], more: readonly string[] = []) =>
  registerKey(shop, ...['--prefix', 'ing_live_', ...scopes.flatMap((scope) => ['--scope', scope]), ...more]);

/** Step 1 of the exchange, with another body where one is given. */
function exchange({ server }: Fixture, body: Record<string, unknown>) {
  const command = `curl -X POST $URL/v1/token/exchange -H "Content-Type: application/json" -d "$BODY"`;
  return curl(command, { URL: server.http, BODY: JSON.stringify(body) });
}

// The key of the guide's own examples.
const WRONG = 'ing_live_aBcDeFgHiJkLmNoPqRsTuVwXyZ012345';

const scopeOf = (token: unknown) => decodeJwt(String(token)).scope;

describe('a key', () => {
  it('is named, has the permissions that were selected, is shown once, and gets in over HTTP', async () => {
    const shop = await workshop();
    const key = await newKey(shop, ['ingest', 'metrics'], ['--label', 'production-ingest']);
    expect(key).toMatchObject({ label: 'production-ingest', scopes: ['ingest', 'metrics'], status: 'valid' });
    expect(key.apiKey).toMatch(/^ing_live_[0-9A-Za-z]{38}$/);
    const shown = await Promise.all([
      shop.keywright(['token', 'list', '--json']),
      shop.keywright(['token', 'show', key.id]),
    ]);
    for (const { stdout } of shown) {
      expect(stdout).toContain(`${key.apiKey.slice(0, 'ing_live_'.length + 4)}…`);
      expect(stdout).not.toContain(key.apiKey);
    }
    const { http: URL } = await serve(shop);
    expect(await curl(INGEST, { URL, KEY: key.apiKey })).toMatchObject({
      status: 200,
      headers: { 'x-auth-client-id': [key.clientId], 'x-auth-scopes': ['ingest metrics'] },
      body: { success: true, data: { clientId: key.clientId, credential: 'api-key' } },
    });
  });

  it.each(['tcp', 'https'])(
    'gets in over MQTT as the password beside any user name, HTTP being %s',
    async (scheme) => {
      const { server, key, ...shop } = await fixture(['ingest'], ['--http', `${scheme}://127.0.0.1:0`]);
      await shop.keywright(['server-cert', '--output', 'ca.pem']);
      const ca = await readFile(join(shop.directory, 'ca.pem'));
      const connect = async (url: string, username: string) =>
        (await connectMqtt(url, { username, password: key.apiKey, ca })).client;
      const broker = `mqtt://127.0.0.1:${server.mqttPort}`;
      const dashboard = await connect(broker, 'any');
      await dashboard.subscribeAsync('sensors/#');
      for (const url of [broker, webSocketUrl(server)]) {
        const received = new Promise((resolve) => {
          dashboard.once('message', (topic, payload) => resolve(`${topic} ${payload}`));
        });
        const device = await connect(url, 'my-device');
        await device.publishAsync('sensors/temperature', '{"temp": 22.5}');
        expect(await received).toBe('sensors/temperature {"temp": 22.5}');
      }
    },
  );
});

it('answers a CONNECT with 0 for a key, 4 for a wrong or revoked one and 5 for one without ingest', async () => {
  const shop = await workshop();
  const [key, metrics] = [await newKey(shop, ['ingest']), await newKey(shop, ['metrics'])];
  const server = await serve(shop);
  const codeFor = async (password: string) =>
    (await connectMqtt(webSocketUrl(server), { username: 'my-device', password })).returnCode;
  expect(await codeFor(key.apiKey)).toBe(0);
  expect(await codeFor(metrics.apiKey)).toBe(5);
  await shop.keywright(['token', 'invalidate', key.id]);
  await eventually(async () => (await codeFor(key.apiKey)) === 4, { withinMs: 1000, what: 'code 4' });
  const typo = key.apiKey.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
  expect(await codeFor(typo)).toBe(4);
  expect(await codeFor(WRONG)).toBe(4);
});

describe('the token exchange', () => {
  it('gives a token of 15 minutes and one scope, which gets in', async () => {
    const { server, key } = await fixture(['ingest', 'admin']);
    const env = { URL: server.http, KEY: key.apiKey };
    const { status, headers, body } = await curl(
      `curl -X POST $URL/v1/token/exchange \\
         -H "Content-Type: application/json" \\
         -d '{ "api_key": "'$KEY'", "scope": "admin" }'`,
      env,
    );
    expect([status, headers['cache-control']]).toEqual([200, ['no-store']]);
    expect(body).toEqual({
      access_token: expect.stringMatching(/^eyJ/),
      token_type: 'Bearer',
      expires_in: 900,
    });
    const accepted = {
      status: 200,
      headers: { 'x-auth-client-id': [key.clientId], 'x-auth-scopes': ['admin'] },
      body: { data: { credential: 'access-token' } },
    };
    expect(await curl(ENDPOINTS, { ...env, TOKEN: String(body.access_token) })).toMatchObject(accepted);
    // jq need not be installed for this one expression.
    const script = `jq() { "${process.execPath}" -p 'JSON.parse(fs.readFileSync(0)).access_token'; }
      TOKEN=$(command curl -s -X POST $URL/v1/token/exchange \\
        -H "Content-Type: application/json" \\
        -d '{"api_key": "'$KEY'", "scope": "admin"}' \\
        | jq -r '.access_token')
      ${ENDPOINTS}`;
    expect(await curl(script, env)).toMatchObject(accepted);
  });

  it('takes ingest for the scope and 15 minutes for the ttl unless told otherwise', async () => {
    const shop = await fixture(['ingest', 'metrics']);
    const api_key = shop.key.apiKey;
    const byDefault = (await exchange(shop, { api_key })).body;
    expect([scopeOf(byDefault.access_token), byDefault.expires_in]).toEqual(['ingest', 900]);
    const told = (await exchange(shop, { api_key, scope: 'metrics', ttl: '5m' })).body;
    expect([scopeOf(told.access_token), told.expires_in]).toEqual(['metrics', 300]);
    const longest = (await exchange(shop, { api_key, scope: 'ingest', ttl: '15m' })).body;
    expect(longest.expires_in).toBe(900);
    expect(await exchange(shop, { api_key, ttl: '16m' })).toMatchObject(refusal(400, 'bad request'));
    const demand = 'curl $URL/verify?scope=ingest -H "Authorization: Bearer $TOKEN"';
    expect(await curl(demand, { URL: shop.server.http, TOKEN: String(told.access_token) })).toMatchObject(
      refusal(403, 'insufficient-scope'),
    );
  });

  it('says 401 to a wrong key, 403 to one that lacks the scope, and 429 to too many tries', async () => {
    const shop = await fixture(['ingest'], ['--failed-attempts', '2/1h']);
    expect(await exchange(shop, { api_key: shop.key.apiKey, scope: 'admin' })).toMatchObject(
      refusal(403, 'insufficient-scope'),
    );
    const wrong = { api_key: WRONG };
    expect(await exchange(shop, wrong)).toMatchObject(refusal(401, 'invalid token'));
    const env = { URL: shop.server.http, KEY: wrong.api_key };
    expect(await curl(INGEST, env)).toMatchObject(refusal(401, 'invalid token'));
    const limited = refusal(429, 'rate-limited', { retry: true });
    for (const reply of [await exchange(shop, wrong), await curl(INGEST, env)]) {
      expect(reply).toMatchObject(limited);
      expect(Number(reply.headers['retry-after']?.[0])).toBeGreaterThan(0);
    }
    const other = await connectMqtt(webSocketUrl(shop.server), { username: 'any', password: WRONG });
    expect(other.returnCode).toBe(3);
    expect((await exchange(shop, { api_key: shop.key.apiKey })).status).toBe(200);
  });
});

it('ends a revoked key, its tokens and its live MQTT session within a second', async () => {
  const shop = await fixture(['ingest']);
  const { server, key } = shop;
  const { access_token: token } = (await exchange(shop, { api_key: key.apiKey })).body;
  const env = { URL: server.http, KEY: key.apiKey, TOKEN: String(token) };
  expect([(await curl(INGEST, env)).status, (await curl(ENDPOINTS, env)).status]).toEqual([200, 200]);
  const sessions = await Promise.all(
    [`mqtt://127.0.0.1:${server.mqttPort}`, webSocketUrl(server)].map((url, index) =>
      connectMqtt(url, { clientId: `device-${index}`, username: 'my-device', password: key.apiKey }),
    ),
  );
  await shop.keywright(['token', 'invalidate', key.id]);
  await eventually(
    async () =>
      sessions.every(({ client }) => !client.connected) &&
      (await curl(INGEST, env)).status === 401 &&
      (await curl(ENDPOINTS, env)).status === 401,
    { withinMs: 1000, what: 'the end of everything' },
  );
  expect(await curl(INGEST, env)).toMatchObject(refusal(401, 'invalid token'));
  expect(await curl(ENDPOINTS, env)).toMatchObject(refusal(401, 'invalid token'));
  expect(await exchange(shop, { api_key: key.apiKey })).toMatchObject(refusal(401, 'invalid token'));
});

it('lets the old key and the new one in while a key is rotated, and then only the new one', async () => {
  const { server, key, keywright } = await fixture(['ingest']);
  const rotated = await keywright(['token', 'rotate', key.id, '--json']);
  const next: RegisteredKey = JSON.parse(rotated.stdout);
  expect(next).toMatchObject({ clientId: key.clientId, scopes: ['ingest'] });
  expect(next.apiKey).toMatch(/^ing_live_/);
  const status = async ({ apiKey }: RegisteredKey) =>
    (await curl(INGEST, { URL: server.http, KEY: apiKey })).status;
  await eventually(async () => (await status(next)) === 200, { withinMs: 1000, what: 'the new key' });
  expect(await status(key)).toBe(200);
  await keywright(['token', 'invalidate', key.id]);
  await eventually(async () => (await status(key)) === 401, { withinMs: 1000, what: 'the old key' });
  expect(await status(next)).toBe(200);
});

function webSocketUrl({ http }: Server): string {
  return `${http.replace('http', 'ws')}/mqtt`;
}
