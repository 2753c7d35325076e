import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { execa } from 'execa';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  addUser,
  eventually,
  PASSWORD,
  type RegisteredKey,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { connectMqtt, curl, refusal } from '../support/requests.js';

// The requests of Iotistica's page on authentication as they stand there, with keywright's address.

const JSON_BODY = '-H "Content-Type: application/json"';
const LOGIN = `curl -X POST $URL/api/v1/auth/login ${JSON_BODY} \\
  -d '{
"email": "user@example.com",
"password": "'"$PASSWORD"'"
}'`;
const AGENTS = 'curl $URL/api/v1/agents -H "Authorization: Bearer $JWT"';
const REFRESH = `curl -X POST $URL/api/v1/auth/refresh ${JSON_BODY} \\
  -d '{
"refreshToken": "'"$REFRESH"'"
}'`;
const UUID = '550e8400-e29b-41d4-a716-446655440000';
const STATE = `curl $URL/api/v1/device/${UUID}/state -H "X-Device-API-Key: $KEY"`;
const NEW_KEY = `curl -X POST $URL/api/v1/auth/api-keys -H "Authorization: Bearer $JWT" ${JSON_BODY} \\
  -d '{
"name": "factory-gateway-01",
"agentUuid": "${UUID}"
}'`;
const NEW_PROVISIONING_KEY = `curl -X POST $URL/api/v1/provision/keys -H "Authorization: Bearer $JWT"`;
const REGISTER = `curl -X POST $URL/api/v1/provision/agent ${JSON_BODY} \\
  -d '{ "key": "'"$PROVISIONING_KEY"'", "agentName": "gateway-01" }'`;
const SECRET = 'your-hs256-secret-of-32-octets-or-more';

interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

/** A server that the user knows by e-mail address. */
async function fixture(role: 'admin' | 'member', env: Record<string, string> = {}) {
  const shop = await workshop();
  await addUser(shop, 'user', ...['--email', 'user@example.com', '--role', role]);
  return { ...shop, server: await serve(shop, [], env) };
}

async function logIn({ http: URL }: Server): Promise<Tokens> {
  const { status, headers, body } = await curl<Tokens>(LOGIN, { URL, PASSWORD });
  expect([status, headers['cache-control']]).toEqual([200, ['no-store']]);
  expect(body).toEqual({
    accessToken: expect.stringMatching(/^eyJhbGci/),
    refreshToken: expect.any(String),
    expiresIn: 3600,
  });
  return body;
}

describe('a user', () => {
  it('signs in by e-mail address, and gets in with the access token', async () => {
    const { server } = await fixture('member');
    const { accessToken: JWT, refreshToken } = await logIn(server);
    const env = { URL: server.http, JWT };
    expect(await curl(AGENTS, env)).toMatchObject({
      status: 200,
      headers: { 'x-auth-subject': ['user'] },
      body: { success: true, data: { userId: 'user', credential: 'access-token' } },
    });
    const invalid = refusal(401, 'invalid token');
    expect(await curl(AGENTS, { ...env, JWT: refreshToken })).toMatchObject(invalid);
    const wrong = refusal(401, 'invalid credentials');
    expect(await curl(LOGIN, { ...env, PASSWORD: 'your-password' })).toMatchObject(wrong);
    const unknown = LOGIN.replace('user@', 'nobody@');
    expect(await curl(unknown, { ...env, PASSWORD })).toMatchObject(wrong);
  });

  it('refreshes once with each token; a second time ends all that came of the login', async () => {
    const { server } = await fixture('member');
    const first = await logIn(server);
    const other = await logIn(server);
    const refresh = (REFRESH_TOKEN: string) =>
      curl<Tokens>(REFRESH, { URL: server.http, REFRESH: REFRESH_TOKEN });
    const statusOf = async ({ accessToken: JWT }: Tokens) =>
      (await curl(AGENTS, { URL: server.http, JWT })).status;

    const { status, body: second } = await refresh(first.refreshToken);
    expect(status).toBe(200);
    expect(second).toEqual({
      accessToken: expect.stringMatching(/^eyJhbGci/),
      refreshToken: expect.any(String),
      expiresIn: 3600,
    });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(await statusOf(second)).toBe(200);

    const invalid = refusal(401, 'invalid token');
    expect(await refresh(first.refreshToken)).toMatchObject(invalid);
    expect(await refresh(second.refreshToken)).toMatchObject(invalid);
    await eventually(async () => (await statusOf(first)) === 401 && (await statusOf(second)) === 401, {
      withinMs: 1000,
      what: 'the end of the family',
    });
    expect(await statusOf(other)).toBe(200);
    expect((await refresh(other.refreshToken)).status).toBe(200);
  });
});

describe('a device API key', () => {
  it('is made by an admin, does not expire, and gets in over HTTP until it is revoked', async () => {
    const { server, keywright } = await fixture('admin');
    const { accessToken: JWT } = await logIn(server);
    const made = await curl(NEW_KEY, { URL: server.http, JWT });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.stringMatching(`^${UUID}:[0-9a-f]{6}$`),
      name: 'factory-gateway-01',
      agentUuid: UUID,
      apiKey: expect.stringMatching(/^iotsk_live_[0-9A-Za-z]{38}$/),
    });
    const [id, KEY] = [String(made.body.id), String(made.body.apiKey)];
    const shown = JSON.parse((await keywright(['token', 'show', id, '--json'])).stdout);
    expect(shown).toMatchObject({ label: 'factory-gateway-01', expiresAt: null, scopes: ['ingest'] });
    const state = () => curl(STATE, { URL: server.http, KEY });
    expect(await state()).toMatchObject({ status: 200, headers: { 'x-auth-client-id': [UUID] } });
    await keywright(['token', 'invalidate', id]);
    await eventually(async () => (await state()).status === 401, { withinMs: 1000, what: 'its end' });
    expect(await state()).toMatchObject(refusal(401, 'invalid token'));
  });

  it('is not made for a member, a device, or nobody', async () => {
    const shop = await workshop();
    await addUser(shop, 'user', '--email', 'user@example.com');
    const device = await registerKey(shop, '--prefix', 'iotsk_live_');
    const server = await serve(shop);
    const { accessToken } = await logIn(server);
    const make = (JWT: string) => curl(NEW_KEY, { URL: server.http, JWT });
    expect(await make(accessToken)).toMatchObject(refusal(403, 'not allowed'));
    expect(await make(device.apiKey)).toMatchObject(refusal(403, 'insufficient-scope'));
    expect(await make('')).toMatchObject(refusal(401, 'missing token'));
    const listed = JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout);
    expect(listed).toMatchObject([{ id: device.id }]);
  });
});

describe('an agent that registers itself', () => {
  it('gets its API key by a key of an operator’s, once, and gets in with it over HTTP and MQTT', async () => {
    const { server } = await fixture('admin');
    const { http: URL, mqttPort } = server;
    const { accessToken: JWT } = await logIn(server);
    const made = await curl<{ key: string }>(NEW_PROVISIONING_KEY, { URL, JWT });
    expect(made).toMatchObject({
      status: 201,
      body: { key: expect.stringMatching(/^prov_/), expiresAt: expect.any(String) },
    });
    const register = () => curl<Record<string, string>>(REGISTER, { URL, PROVISIONING_KEY: made.body.key });
    const { status, body: agent } = await register();
    expect(status).toBe(201);
    expect(agent).toMatchObject({
      apiKey: expect.stringMatching(/^iotsk_live_/),
      agentUuid: expect.any(String),
    });
    expect(await register()).toMatchObject(refusal(401, 'invalid provisioning key'));
    const { apiKey: KEY = '', agentUuid = '', mqttPassword = '' } = agent;
    expect(
      (await curl(AGENTS.replace('Authorization: Bearer $JWT', 'X-Device-API-Key: $KEY'), { URL, KEY }))
        .status,
    ).toBe(200);
    const publish = [
      '-h',
      '127.0.0.1',
      '-p',
      String(mqttPort),
      '--id',
      `agent-${agentUuid}`,
      '-t',
      't',
      '-m',
      'x',
    ];
    const sent = await execa('mosquitto_pub', [...publish, '-u', KEY, '-P', mqttPassword], { reject: false });
    expect([sent.exitCode, sent.stderr]).toEqual([0, '']);
    const wrong = await execa('mosquitto_pub', [...publish, '-u', KEY, '-P', `${mqttPassword}.`], {
      reject: false,
    });
    expect(wrong.exitCode).toBe(4);
  });
});

describe('an agent on MQTT', () => {
  const register = (shop: Workshop) => registerKey(shop, '--prefix', 'iotsk_live_', '--mqtt-password');

  function publish(port: number, { clientId, apiKey }: RegisteredKey, more: readonly string[]) {
    const connection = ['-h', '127.0.0.1', '-p', String(port), '-u', apiKey, '-i', `agent-${clientId}`];
    return execa(
      'mosquitto_pub',
      [...connection, '-q', '1', '-t', `agents/${clientId}`, '-m', 'on', ...more],
      { reject: false },
    );
  }

  it('gets in with the key as user name and its MQTT password, and not with another one or none; until its key is revoked', async () => {
    const shop = await workshop();
    const [agent, other] = [await register(shop), await register(shop)];
    const { mqttPort } = await serve(shop);
    const password = agent.mqttPassword ?? '';
    expect(await publish(mqttPort, agent, ['-P', password])).toMatchObject({ exitCode: 0, stderr: '' });
    for (const more of [['-P', `${password}.`], ['-P', other.mqttPassword ?? ''], []]) {
      const { exitCode, stderr } = await publish(mqttPort, agent, more);
      expect([exitCode, stderr]).toEqual([4, expect.stringMatching(/bad user ?name or password/i)]);
    }
    const { client } = await connectMqtt(`mqtt://127.0.0.1:${mqttPort}`, {
      ...{ clientId: `agent-${agent.clientId}`, username: agent.apiKey, password },
    });
    await shop.keywright(['token', 'invalidate', agent.id]);
    await eventually(() => !client.connected, { withinMs: 1000, what: 'the end of the session' });
    expect((await publish(mqttPort, agent, ['-P', password])).exitCode).toBe(4);
  });

  it('gets in so over TLS too', async () => {
    const shop = await workshop();
    const agent = await register(shop);
    await shop.keywright(['server-cert', '--output', 'ca.pem']);
    const { mqttPort } = await serve(shop, [
      ...['--mqtt', 'mqtts://127.0.0.1:0', '--mqtt-client-certificate', 'optional'],
    ]);
    const tls = ['--cafile', `${shop.directory}/ca.pem`];
    expect(await publish(mqttPort, agent, ['-P', agent.mqttPassword ?? '', ...tls])).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
  });
});

describe('the environment', () => {
  it('signs with HS256 and JWT_SECRET', async () => {
    const { server } = await fixture('member', { JWT_SECRET: SECRET });
    const { accessToken: JWT } = await logIn(server);
    expect(decodeProtectedHeader(JWT).alg).toBe('HS256');
    await jwtVerify(JWT, Buffer.from(SECRET), { issuer: server.http, audience: 'keywright' });
    expect((await curl(AGENTS, { URL: server.http, JWT })).status).toBe(200);
    expect((await curl('curl $URL/.well-known/jwks.json', { URL: server.http })).body).toEqual({ keys: [] });
  });

  it.each(['\n', '\\n'])('signs with RS256 and a pair of keys, %j for the line ends', async (lineEnd) => {
    const { publicKey, privateKey } = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const { server } = await fixture('member', {
      JWT_PUBLIC_KEY: publicKey.replaceAll('\n', lineEnd),
      JWT_PRIVATE_KEY: privateKey.replaceAll('\n', lineEnd),
    });
    const { accessToken: JWT } = await logIn(server);
    expect(decodeProtectedHeader(JWT).alg).toBe('RS256');
    await jwtVerify(JWT, createPublicKey(publicKey), { issuer: server.http });
    const { body } = await curl<{ keys: object[] }>('curl $URL/.well-known/jwks.json', { URL: server.http });
    await jwtVerify(JWT, createLocalJWKSet(body), { issuer: server.http });
    expect(JSON.stringify(body)).not.toContain('"d"');
    expect((await curl(AGENTS, { URL: server.http, JWT })).status).toBe(200);
  });

  it.each([
    [{ JWT_SECRET: 'your-hs256-secret' }, 'JWT_SECRET has fewer than 32 octets'],
    [{ JWT_SECRET: SECRET, JWT_PUBLIC_KEY: '-----BEGIN PUBLIC KEY-----' }, 'set one of them'],
  ])('stops the start where it makes no sense: %j', async (env, why) => {
    await expect(serve(await workshop(), [], env)).rejects.toThrow(why);
  });
});
