import { createPublicKey, verify as verifySignature } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';

async function signedUp(...flags: string[]): Promise<{ shop: Workshop; server: Server }> {
  const shop = await workshop();
  await addUser(shop, 'ann', '--email', 'ann@example.com', '--domain', 'plant7', '--group', 'ops', ...flags);
  return { shop, server: await serve(shop) };
}

const login = (server: Server, json: object, headers = {}) =>
  ask(`${server.http}/auth/login`, { json, headers });
const claimsOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
const ann = { username: 'ann', password: PASSWORD };
const gone = async (server: Server, bearer: string) =>
  eventually(async () => (await ask(server.http, { bearer })).status === 401, {
    withinMs: 1000,
    what: 'refused',
  });

describe('a login', () => {
  it('gives a token for a day that says who it is for, and that the published key verifies', async () => {
    const { server } = await signedUp();
    const { status, headers, body } = await login(server, ann, { domain: 'domains:plant7' });
    expect([status, headers.get('cache-control'), body]).toEqual([
      200,
      'no-store',
      { success: true, tkn: expect.stringMatching(/^eyJ/) },
    ]);
    const claims = claimsOf(body.tkn);
    expect(claims).toEqual({
      iss: server.http,
      aud: 'keywright',
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: expect.stringMatching(/^[0-9a-f]{32}$/),
      sub: 'ann',
      groups: ['ops'],
      domains: ['plant7'],
      scope: 'ingest',
      sid: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    // It ends with the session, which began before it: in the same second, or in the one before.
    expect([86_399, 86_400]).toContain(claims.exp - claims.iat);
    const { body: jwks } = await ask(`${server.http}/.well-known/jwks.json`);
    const [signed, signature] = [body.tkn.slice(0, body.tkn.lastIndexOf('.')), body.tkn.split('.')[2]];
    const key = {
      key: createPublicKey({ key: jwks.keys[0], format: 'jwk' }),
      dsaEncoding: 'ieee-p1363',
    } as const;
    expect(verifySignature('sha256', Buffer.from(signed), key, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );

    const seen = await ask(`${server.http}/machhub/production/all`, {
      bearer: body.tkn,
      headers: { domain: 'plant7' },
    });
    expect([seen.status, seen.headers.get('x-auth-subject'), seen.headers.get('x-auth-scopes')]).toEqual([
      ...[200, 'ann', 'ingest'],
    ]);
    expect(seen.body.data).toEqual({
      ...{ userId: 'ann', label: 'ann@example.com', owner: null, groups: ['ops'], domains: ['plant7'] },
      ...{ scopes: ['ingest'], credential: 'access-token' },
      ...{ notBefore: expect.any(String), expiresAt: expect.any(String) },
    });
  });

  it('takes the e-mail address for the name, in any case', async () => {
    const { server } = await signedUp();
    expect((await login(server, { username: 'Ann@Example.COM', password: PASSWORD })).status).toBe(200);
    expect((await login(server, { username: 'ANN', password: PASSWORD })).status).toBe(200);
  });

  it('has one answer for a wrong name, a wrong password and a disabled user', async () => {
    const shop = await workshop();
    for (const name of ['ann', 'bob']) await addUser(shop, name);
    await shop.keywright(['user', 'edit', 'bob', '--disable']);
    const server = await serve(shop);
    const answers = [
      await login(server, { ...ann, password: 'wrong horse battery staple' }),
      await login(server, { ...ann, username: 'nobody' }),
      await login(server, { ...ann, username: 'bob' }),
      await login(server, { ...ann, username: '../ann' }),
      await login(server, { ...ann, username: '' }),
      await login(server, { username: 'nobody', password: '' }),
    ];
    for (const { status, headers, body } of answers) {
      expect([status, headers.get('content-type'), body]).toEqual([
        401,
        'application/problem+json',
        { ...answers[0]?.body, reason: 'invalid credentials', retry: false, success: false },
      ]);
    }
    expect((await shop.keywright(['session', 'list', '--json'])).stdout).toBe('[]');
  });

  it('is refused for another domain, at login and afterwards', async () => {
    const { server } = await signedUp();
    const { status, body } = await login(server, ann, { domain: 'domains:plant8' });
    expect([status, body.reason]).toEqual([403, 'wrong-domain']);
    const { tkn } = (await login(server, ann)).body;
    expect((await ask(server.http, { bearer: tkn, headers: { domain: 'plant8' } })).status).toBe(403);
    expect((await ask(server.http, { bearer: tkn, headers: { domain: 'plant7' } })).status).toBe(200);
    expect((await ask(server.http, { bearer: tkn })).status).toBe(200);
  });

  it.each([
    ['the user is disabled', ['user', 'edit', 'ann', '--disable']],
    ['the user is deleted', ['user', 'del', 'ann', '--yes']],
    ['the signing key is withdrawn', ['jwt', 'rotate', '--now']],
    ['the scope was taken', ['user', 'edit', 'ann', '--scope', 'metrics']],
  ])('holds until %s', async (_, command) => {
    const { shop, server } = await signedUp();
    const { tkn } = (await login(server, ann)).body;
    const demand = async () => (await ask(`${server.http}/verify?scope=ingest`, { bearer: tkn })).status;
    expect(await demand()).toBe(200);
    expect((await shop.keywright(command)).exitCode).toBe(0);
    await eventually(async () => (await demand()) !== 200, { withinMs: 1000, what: 'refused' });
  });

  it('holds until the password is another, or the session is ended', async () => {
    const { shop, server } = await signedUp();
    const [one, other] = [(await login(server, ann)).body.tkn, (await login(server, ann)).body.tkn];
    const sessions = JSON.parse((await shop.keywright(['session', 'list', '--json'])).stdout);
    expect(sessions).toEqual([
      { ...sessions[0], userId: 'ann', from: '127.0.0.1' },
      { ...sessions[1], userId: 'ann', scopes: ['ingest'] },
    ]);
    expect((await shop.keywright(['session', 'revoke', claimsOf(one).sid])).exitCode).toBe(0);
    await gone(server, one);
    expect((await ask(server.http, { bearer: other })).status).toBe(200);
    await shop.keywright(['user', 'passwd', 'ann', '--password-stdin'], { input: 'another long password' });
    await gone(server, other);
    expect((await login(server, ann)).status).toBe(401);
    expect((await shop.keywright(['session', 'revoke', 'f'.repeat(32)])).exitCode).toBe(3);
  });

  it('holds until all sessions of the user are ended', async () => {
    const { shop, server } = await signedUp();
    const tokens = [(await login(server, ann)).body.tkn, (await login(server, ann)).body.tkn];
    for (const words of [[], ['f'.repeat(32), '--owner', 'ann']])
      expect((await shop.keywright(['session', 'revoke', ...words])).exitCode).toBe(2);
    expect((await shop.keywright(['session', 'revoke', '--owner', 'ann'])).stdout).toBe(
      'Ended 2 sessions of ann',
    );
    for (const token of tokens) await gone(server, token);
    const again = await shop.keywright(['session', 'revoke', '--owner', 'ann', '--json']);
    expect(JSON.parse(again.stdout)).toEqual({ owner: 'ann', ended: 0 });
  });

  it('outlives a restart of the server', async () => {
    const { shop, server } = await signedUp();
    const { tkn } = (await login(server, ann)).body;
    await server.stop();
    const again = await serve(shop, [], { KEYWRIGHT_ISSUER: server.http });
    expect((await ask(again.http, { bearer: tkn })).status).toBe(200);
    const elsewhere = await serve(shop, ['--issuer', 'https://keys.example']);
    expect((await ask(elsewhere.http, { bearer: tkn })).status).toBe(401);
    const other = await serve(shop, ['--audience', 'other'], { KEYWRIGHT_ISSUER: server.http });
    expect((await ask(other.http, { bearer: tkn })).status).toBe(401);
    const verdict = await shop.keywright(['verify', '-', '--json'], {
      input: tkn,
      env: { KEYWRIGHT_ISSUER: server.http },
    });
    expect(JSON.parse(verdict.stdout)).toMatchObject({ outcome: 'accepted', principal: { userId: 'ann' } });
    expect(verdict.stdout).not.toContain('claims');
    expect((await shop.keywright(['verify', '-'], { input: tkn })).exitCode).toBe(5);
  });
});

describe('a session with refresh', () => {
  const begin = async (server: Server) =>
    (
      await ask(`${server.http}/api/v1/auth/login`, {
        json: { email: 'ann@example.com', password: PASSWORD },
      })
    ).body;
  const refresh = (server: Server, refreshToken: string) =>
    ask(`${server.http}/api/v1/auth/refresh`, { json: { refreshToken } });

  it('goes on with a new pair each time', async () => {
    const { server } = await signedUp();
    let pair = await begin(server);
    expect(pair).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.stringMatching(/^kwr_/),
      expiresIn: 3600,
    });
    for (let round = 0; round < 3; round += 1) {
      const next = await refresh(server, pair.refreshToken);
      expect([next.status, next.body.refreshToken === pair.refreshToken]).toEqual([200, false]);
      expect((await ask(server.http, { bearer: next.body.accessToken })).status).toBe(200);
      pair = next.body;
    }
    expect((await ask(server.http, { bearer: pair.refreshToken })).status).toBe(401);
  });

  it('ends when a refresh token is used twice, with all that came of it', async () => {
    const { shop, server } = await signedUp();
    const first = await begin(server);
    const second = (await refresh(server, first.refreshToken)).body;
    expect((await refresh(server, first.refreshToken)).status).toBe(401);
    for (const bearer of [first.accessToken, second.accessToken])
      expect((await ask(server.http, { bearer })).status).toBe(401);
    expect((await refresh(server, second.refreshToken)).status).toBe(401);
    expect((await shop.keywright(['audit', 'list'])).stdout).toContain('session.reused');
  });

  it('is continued by one of two at once, and then ended', async () => {
    const { server } = await signedUp();
    const { refreshToken } = await begin(server);
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(server, refreshToken)));
    const accepted = answers.filter(({ status }) => status === 200);
    expect(accepted.length).toBeLessThanOrEqual(1);
    for (const { body } of accepted)
      expect((await ask(server.http, { bearer: body.accessToken })).status).toBe(401);
  });

  it('is not touched by a forged refresh token', async () => {
    const { server } = await signedUp();
    const { refreshToken, accessToken } = await begin(server);
    const [, sid = '', generation, mac = ''] = refreshToken.split('_');
    for (const forged of [
      `kwr_${sid}_${generation}_${'0'.repeat(64)}`,
      `kwr_${sid}_1_${mac}`,
      `kwr_${'0'.repeat(32)}_0_${mac}`,
      `kwr_${sid}_${generation}_${mac.toUpperCase()}`,
      `${refreshToken}x`,
      '',
    ]) {
      expect([forged, (await refresh(server, forged)).status]).toEqual([forged, 401]);
    }
    expect((await ask(server.http, { bearer: accessToken })).status).toBe(200);
    expect((await refresh(server, refreshToken)).status).toBe(200);
  });

  it.each([
    ['disabled', ['user', 'edit', 'ann', '--disable']],
    ['deleted', ['user', 'del', 'ann', '--yes']],
  ])('is not continued for a user who is %s', async (_, command) => {
    const { shop, server } = await signedUp();
    const { refreshToken, accessToken } = await begin(server);
    await shop.keywright(command);
    await gone(server, accessToken);
    expect((await refresh(server, refreshToken)).status).toBe(401);
  });
});

describe('a body', () => {
  it.each([
    ['not JSON', '{', 400, /./],
    ['of the wrong type', '{"username":1,"password":"x"}', 400, /"username" must be string/],
    ['without a field', '{"username":"ann"}', 400, /"password" is missing/],
    ['with an unknown field', '{"username":"ann","password":"x","admin":true}', 400, /no field "admin"/],
    ['with a prototype', '{"username":"ann","password":"x","__proto__":{"a":1}}', 400, /./],
    ['that is a list', '[]', 400, /must be object/],
    ['that is null', 'null', 400, /"username" is missing/],
    ['that is empty', '', 400, /./],
    ['that is too large', `{"username":"${'x'.repeat(70_000)}"}`, 413, /./],
  ])('%s is answered with a problem that says so', async (_, body, status, detail) => {
    const { server } = await signedUp();
    const response = await fetch(`${server.http}/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect([response.status, response.headers.get('content-type')]).toEqual([
      status,
      'application/problem+json',
    ]);
    expect(await response.json()).toMatchObject({
      success: false,
      retry: false,
      status,
      detail: expect.stringMatching(detail),
    });
  });

  it('of another type is answered with 415', async () => {
    const { server } = await signedUp();
    for (const type of ['text/plain', 'application/xml', 'application/x-www-form-urlencoded']) {
      const headers = { 'content-type': type };
      const response = await fetch(`${server.http}/auth/login`, {
        method: 'POST',
        headers,
        body: 'username=ann',
      });
      expect([type, response.status]).toEqual([type, 415]);
    }
    expect((await ask(`${server.http}/login`, { json: ann })).status).toBe(415);
    const twice = await fetch(`${server.http}/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'username=ann&username=bob&password=x',
    });
    expect(await twice.json()).toMatchObject({ status: 400, detail: 'the field "username" is there twice' });
  });
});

describe('other methods on the paths of logins', () => {
  it('are the verifier’s', async () => {
    const shop = await workshop();
    const server = await serve(shop);
    const { apiKey } = await registerKey(shop);
    await eventually(async () => (await ask(`${server.http}/login`, { bearer: apiKey })).status === 200, {
      withinMs: 1000,
      what: 'accepted',
    });
    expect((await ask(`${server.http}/api/v1/agents`, { bearer: apiKey })).body.data.credential).toBe(
      'api-key',
    );
    expect((await ask(`${server.http}/auth/login`)).status).toBe(401);
  });
});
