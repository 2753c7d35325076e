import { CompactSign, decodeJwt, decodeProtectedHeader, type JWTPayload } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  addUser,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { curl, refusal } from '../support/requests.js';

// The requests of MACHHUB's guide as they stand there, with keywright's address and a password of a decent length.

const LOGIN = `curl -X POST $URL/auth/login -H "Content-Type: application/json" \\
  -d '{ "username": "admin", "password": "'"$PASSWORD"'" }'`;
const WITH_JWT = `curl $URL/machhub/production/all \\
  -H "Authorization: Bearer $JWT" -H "Domain: $DOMAIN"`;
const WITH_KEY = `curl $URL/machhub/production/all \\
  -H "X-Machhub-Api-Key: $KEY" -H "Domain: $DOMAIN"`;
const DOMAIN = 'domains:machhub_admin';
const SECRET = 'a shared secret of more than 32 octets';

interface Fixture extends Workshop {
  readonly server: Server;
  readonly jwt: string;
}

/** A server with the user `admin`, who is signed in. */
async function fixture(env: Record<string, string> = {}): Promise<Fixture> {
  const shop = await workshop();
  await addUser(shop, 'admin', '--group', 'operators', '--domain', 'machhub_admin', '--scope', 'ingest');
  const server = await serve(shop, [], env);
  return { ...shop, server, jwt: await logIn(server) };
}

async function logIn({ http: URL }: Server): Promise<string> {
  const { status, body } = await curl(LOGIN, { URL, PASSWORD });
  expect(status).toBe(200);
  expect(body).toEqual({ success: true, tkn: expect.any(String) });
  return String(body.tkn);
}

describe('a login', () => {
  it('answers with a JWT for 24 hours that holds identity, groups, domains, issuer and audience, each time anew', async () => {
    const { server, jwt } = await fixture();
    const { iat = 0, ...claims } = decodeJwt(jwt);
    expect(claims).toEqual({
      iss: server.http,
      aud: 'keywright',
      sub: 'admin',
      exp: iat + 24 * 60 * 60,
      groups: ['operators'],
      domains: ['machhub_admin'],
      scope: 'ingest',
      jti: expect.any(String),
      sid: expect.any(String),
    });
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(10);
    const next = await logIn(server);
    expect(next).not.toBe(jwt);
    for (const JWT of [jwt, next])
      expect(await curl(WITH_JWT, { URL: server.http, JWT, DOMAIN })).toMatchObject({ status: 200 });
  });

  it('is refused alike for a wrong password, an unknown user, and the password that everybody knows', async () => {
    const { server } = await fixture();
    const env = { URL: server.http, PASSWORD };
    const replies = [
      await curl(LOGIN.replace('"admin"', '"nobody"'), env),
      await curl(LOGIN, { ...env, PASSWORD: 'admin' }),
      await curl(LOGIN, { ...env, PASSWORD: `${PASSWORD}.` }),
    ];
    for (const reply of replies) {
      expect(reply).toMatchObject(refusal(401, 'invalid credentials'));
      expect(reply.body).toEqual(replies[0]?.body);
    }
    const weak = await (await workshop()).keywright(['user', 'add', 'admin', '--password-stdin'], {
      input: 'admin',
    });
    expect(weak).toMatchObject({ exitCode: 2, stdout: '' });
  });
});

describe('a JWT', () => {
  it('gets in as Bearer, in the domains of its user and no other', async () => {
    const { server, jwt: JWT } = await fixture();
    const env = { URL: server.http, JWT, PASSWORD };
    expect(await curl(WITH_JWT, { ...env, DOMAIN })).toMatchObject({
      status: 200,
      headers: { 'x-auth-subject': ['admin'] },
      body: { data: { userId: 'admin', groups: ['operators'], domains: ['machhub_admin'] } },
    });
    expect((await curl(WITH_JWT, { ...env, DOMAIN: 'machhub_admin' })).status).toBe(200);
    for (const other of ['domains:other', 'domains:', 'domains:machhub_admin2', '*']) {
      expect(await curl(WITH_JWT, { ...env, DOMAIN: other })).toMatchObject(refusal(403, 'wrong-domain'));
    }
    const inDomain = (domain: string) => curl(`${LOGIN} -H "Domain: ${domain}"`, env);
    expect((await inDomain(DOMAIN)).status).toBe(200);
    expect(await inDomain('domains:other')).toMatchObject(refusal(403, 'wrong-domain'));
  });

  it('has its signature, issuer, audience and expiry checked on every request', async () => {
    const { server, jwt } = await fixture({ JWT_SECRET: SECRET });
    const claims = decodeJwt(jwt);
    const resigned = (changes: JWTPayload, secret = SECRET) =>
      new CompactSign(Buffer.from(JSON.stringify({ ...claims, ...changes })))
        .setProtectedHeader({ ...decodeProtectedHeader(jwt), alg: 'HS256' })
        .sign(Buffer.from(secret));
    const get = (JWT: string) => curl(WITH_JWT, { URL: server.http, JWT, DOMAIN });
    expect((await get(await resigned({}))).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const forged = await Promise.all([
      resigned({}, `${SECRET}.`),
      resigned({ iss: 'https://elsewhere.example.com' }),
      resigned({ aud: 'another' }),
      resigned({ exp: now - 1 }),
    ]);
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${jwt.split('.')[1]}.`;
    for (const each of [...forged, unsigned])
      expect(await get(each)).toMatchObject(refusal(401, 'invalid token'));
    expect((await get(jwt)).status).toBe(200);
  });
});

describe('an API key', () => {
  it('begins with mchx_, has a name, an expiration and permissions, and gets in where they allow', async () => {
    const shop = await workshop();
    const env = { KEYWRIGHT_KEY_PREFIX: 'mchx_' };
    const flags = [
      '--label',
      'historian',
      '--expires',
      '30d',
      '--scope',
      'metrics',
      '--domain',
      'machhub_admin',
    ];
    const run = await shop.keywright(['register', 'token', '--json', ...flags], { env });
    const { apiKey: KEY, ...key } = JSON.parse(run.stdout);
    expect(KEY).toMatch(/^mchx_[0-9A-Za-z]{38}$/);
    expect(key).toMatchObject({ label: 'historian', scopes: ['metrics'], domain: 'machhub_admin' });
    expect(Date.parse(key.expiresAt) / 86_400_000).toBeCloseTo(Date.now() / 86_400_000 + 30, 3);
    expect((await shop.keywright(['token', 'list', '--json'])).stdout).not.toContain(KEY);

    const { http: URL } = await serve(shop, [], env);
    expect(await curl(WITH_KEY, { URL, KEY, DOMAIN })).toMatchObject({
      status: 200,
      headers: { 'x-auth-client-id': [key.clientId], 'x-auth-scopes': ['metrics'] },
      body: { data: { label: 'historian', domains: ['machhub_admin'] } },
    });
    expect(await curl(WITH_KEY, { URL, KEY, DOMAIN: 'domains:other' })).toMatchObject(
      refusal(403, 'wrong-domain'),
    );
    const demand = (scope: string) =>
      curl(`curl "$URL/verify?scope=${scope}" -H "X-Machhub-Api-Key: $KEY"`, { URL, KEY });
    expect((await demand('metrics')).status).toBe(200);
    expect(await demand('ingest')).toMatchObject(refusal(403, 'insufficient-scope'));
  });

  it('or a JWT is needed: neither, or a wrong one of either, is 401', async () => {
    const shop = await workshop();
    const { apiKey: KEY } = await registerKey(shop, '--prefix', 'mchx_', '--domain', 'machhub_admin');
    const { http: URL } = await serve(shop);
    const env = { URL, KEY, DOMAIN, JWT: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9.c2lnbmF0dXJl' };
    expect((await curl(WITH_KEY, env)).status).toBe(200);
    const neither = await curl('curl $URL/machhub/production/all -H "Domain: $DOMAIN"', env);
    expect(neither).toMatchObject(refusal(401, 'missing token'));
    const both = WITH_JWT.replace('-H "Domain', '-H "X-Machhub-Api-Key: $KEY" -H "Domain');
    for (const reply of [
      await curl(WITH_KEY, { ...env, KEY: 'mchx_AbC123dEf456...' }),
      await curl(WITH_JWT, env),
      await curl(both, env),
    ])
      expect(reply).toMatchObject(refusal(401, 'invalid token'));
  });
});
