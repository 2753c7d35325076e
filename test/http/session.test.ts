import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  addUser,
  ask,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { connectMqtt } from '../support/requests.js';

const OWN = { 'x-keywright': 'console' };
const MINUTE_MS = 60_000;

async function fixture(...flags: string[]) {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann', '--email', 'ann@example.com');
  return { shop, server: await serve(shop, flags) };
}

function signIn({ http }: Server, user = 'ann', headers: Record<string, string> = {}, password = PASSWORD) {
  return ask(`${http}/api/v1/session`, { json: { user, password }, headers });
}

/** The cookie that an answer sets, as a browser sends it back. */
function cookieOf({ headers }: { readonly headers: Headers }): string {
  return headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

async function signedIn(server: Server, user = 'ann'): Promise<{ cookie: string }> {
  const answer = await signIn(server, user);
  expect(answer.status).toBe(200);
  return { cookie: cookieOf(answer) };
}

const me = ({ http }: Server, headers: Record<string, string>) => ask(`${http}/api/v1/session`, { headers });

/** Lets the time pass. */
function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

afterEach(() => void vi.useRealTimers());

/** Asks at the session over TLS, without a look at the server's certificate. */
async function askByTls(
  { http }: Server,
  method: string,
  json?: object,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly cookie: string }> {
  const typed = json && { 'content-type': 'application/json' };
  const options = { method, headers: { ...typed, ...headers }, rejectUnauthorized: false };
  const asked = request(`${http}/api/v1/session`, options).end(json && JSON.stringify(json));
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  answer.resume();
  return { status: answer.statusCode ?? 0, cookie: answer.headers['set-cookie']?.[0] ?? '' };
}

const actionsOf = async ({ keywright }: Workshop) =>
  JSON.parse((await keywright(['audit', 'list', '--json'])).stdout).map(
    ({ action, who, outcome }: Record<string, string>) => [action, who, outcome],
  );

describe('signing in at the console', () => {
  it('sets a cookie that only this server reads, and says who is there and until when', async () => {
    const { server } = await fixture();
    const answer = await signIn(server, 'Ann@Example.com');
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^keywright_session=kwc_[0-9a-f]{32}_[0-9a-z]+_[0-9a-f]{64}; Path=\/api\/v1; Max-Age=1800; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const now = Date.parse(answer.body.time);
    expect(answer.body).toEqual({
      user: expect.objectContaining({ id: 'ann', role: 'member' }),
      admin: false,
      session: {
        id: expect.stringMatching(/^[0-9a-f]{32}$/),
        expiresAt: expect.any(String),
        idleUntil: expect.any(String),
      },
      build: 'development',
      time: expect.any(String),
    });
    const { expiresAt, idleUntil } = answer.body.session;
    expect(Math.round((Date.parse(expiresAt) - now) / MINUTE_MS)).toBe(12 * 60);
    expect(Math.round((Date.parse(idleUntil) - now) / MINUTE_MS)).toBe(30);
    expect((await me(server, { cookie: cookieOf(answer) })).body).toEqual({
      ...answer.body,
      time: expect.any(String),
    });
    expect((await signIn(server, 'root')).body).toMatchObject({ admin: true });
  });

  it('has one answer for a wrong name and a wrong password, which sets no cookie', async () => {
    const { server } = await fixture();
    for (const answer of [await signIn(server, 'eve'), await signIn(server, 'ann', {}, 'wrong password')]) {
      expect(answer).toMatchObject({ status: 401, body: { reason: 'invalid credentials' } });
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
  });

  it('counts wrong passwords with those of all logins', async () => {
    const { shop } = await fixture();
    const server = await serve(shop, ['--failed-attempts', '3/1h']);
    const login = (password: string) =>
      ask(`${server.http}/auth/login`, { json: { username: 'ann', password } });
    for (let tries = 0; tries < 2; tries += 1) await login('wrong password');
    for (let tries = 0; tries < 2; tries += 1) await signIn(server, 'ann', {}, 'wrong password');
    expect((await signIn(server, 'ann', {}, 'wrong password')).status).toBe(429);
  });

  it('ends the session that was there before, whoever’s it was', async () => {
    const { server } = await fixture();
    const first = await signedIn(server, 'root');
    const second = { cookie: cookieOf(await signIn(server, 'ann', first)) };
    expect((await me(server, first)).status).toBe(401);
    expect((await me(server, second)).body.user.id).toBe('ann');
  });

  it('is refused where another page asks for it', async () => {
    const { server } = await fixture();
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect(await signIn(server, 'ann', headers)).toMatchObject({
        status: 403,
        body: { reason: 'cross-site' },
      });
  });

  it('over https has a cookie that no page of http can set', async () => {
    const { shop } = await fixture();
    const server = await serve(shop, ['--trusted-proxy', '127.0.0.1']);
    const https = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'keys.example.com' };
    const answer = await signIn(server, 'ann', { ...https, origin: 'https://keys.example.com' });
    expect(answer.headers.getSetCookie()[0]).toMatch(
      /^__Secure-keywright_session=.*; HttpOnly; SameSite=Strict; Secure$/,
    );
    const cookie = cookieOf(answer);
    expect((await me(server, { ...https, cookie })).status).toBe(200);
    const plain = cookie.replace('__Secure-', '');
    expect((await me(server, { ...https, cookie: plain })).status).toBe(401);
    expect((await me(server, { ...https, cookie: `${plain}; ${cookie}` })).status).toBe(200);
    expect((await me(server, { cookie })).status).toBe(401);
  });
});

describe('signing in at the console over https itself', () => {
  it('has the cookie that no page of http can set', async () => {
    const { shop } = await fixture();
    const server = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    const signedIn = await askByTls(server, 'POST', { user: 'ann', password: PASSWORD });
    expect(signedIn.cookie).toMatch(
      /^__Secure-keywright_session=kwc_.*; Path=\/api\/v1; Max-Age=1800; HttpOnly; SameSite=Strict; Secure$/,
    );
    const cookie = signedIn.cookie.split(';')[0] ?? '';
    expect((await askByTls(server, 'GET', undefined, { cookie })).status).toBe(200);
    const plain = cookie.replace('__Secure-', '');
    expect((await askByTls(server, 'GET', undefined, { cookie: plain })).status).toBe(401);
    const from = (origin: string) => askByTls(server, 'GET', undefined, { cookie, origin });
    expect((await from(server.http)).status).toBe(200);
    expect((await from(server.http.replace('https', 'http'))).status).toBe(403);
  });
});

describe('the cookie of the console', () => {
  it('manages as its user, and signs out', async () => {
    const { server, shop } = await fixture();
    const headers = { ...(await signedIn(server)), ...OWN };
    const made = await ask(`${server.http}/api/v1/tokens`, { headers, json: { label: 'mine' } });
    expect([made.status, made.body.owner]).toEqual([201, 'ann']);
    expect(
      (await ask(`${server.http}/api/v1/users`, { headers, json: { id: 'x', password: PASSWORD } })).status,
    ).toBe(403);
    const out = await ask(`${server.http}/api/v1/session`, { headers, method: 'DELETE' });
    expect([out.status, out.headers.getSetCookie()]).toEqual([
      204,
      ['keywright_session=; Path=/api/v1; Max-Age=0; HttpOnly; SameSite=Strict'],
    ]);
    expect((await me(server, headers)).status).toBe(401);
    expect(await actionsOf(shop)).toEqual(
      expect.arrayContaining([
        ['session.begin', 'user ann', 'done'],
        ['token.register', 'user ann', 'done'],
        ['session.revoke', 'user ann', 'done'],
      ]),
    );
  });

  it('changes nothing without a header that no form can send', async () => {
    const { server } = await fixture();
    const { cookie } = await signedIn(server, 'root');
    for (const [method, path] of [
      ['POST', '/tokens'],
      ['PATCH', '/users/ann'],
      ['DELETE', '/users/ann'],
      ['PUT', '/users/ann/password'],
      ['DELETE', '/session'],
    ] as const)
      for (const more of [{}, { 'x-keywright': 'background' }])
        expect(
          await ask(`${server.http}/api/v1${path}`, {
            method,
            headers: { cookie, ...more },
            ...(method !== 'DELETE' && {
              json: path === '/users/ann/password' ? { password: PASSWORD } : {},
            }),
          }),
        ).toMatchObject({ status: 403, body: { reason: 'cross-site' } });
    expect((await me(server, { cookie })).status).toBe(200);
  });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port or subdomain', { 'sec-fetch-site': 'same-site' }],
    ['another origin', { origin: 'https://evil.example' }],
    ['another port', { origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { origin: 'null' }],
    ['what is no origin', { origin: 'keys' }],
  ])('is not taken from %s, even to read', async (_, from) => {
    const { server } = await fixture();
    const headers = { ...(await signedIn(server)), ...OWN, ...from };
    expect((await me(server, headers)).status).toBe(403);
    expect((await ask(`${server.http}/api/v1/tokens`, { headers })).status).toBe(403);
    expect((await ask(`${server.http}/api/v1/tokens`, { headers, json: {} })).status).toBe(403);
  });

  it('is taken from the console itself, and from what a person typed', async () => {
    const { server } = await fixture();
    const headers = { ...(await signedIn(server)), ...OWN };
    const own = { origin: server.http, 'sec-fetch-site': 'same-origin' };
    expect(
      (await ask(`${server.http}/api/v1/tokens`, { headers: { ...headers, ...own }, json: {} })).status,
    ).toBe(201);
    expect((await me(server, { ...headers, 'sec-fetch-site': 'none' })).status).toBe(200);
    const typed = { ...headers, 'sec-fetch-site': 'none' };
    expect((await ask(`${server.http}/api/v1/tokens`, { headers: typed, json: {} })).status).toBe(403);
  });

  it('opens nothing but the management API', async () => {
    const { server } = await fixture('--trusted-proxy', '127.0.0.1');
    const { cookie } = await signedIn(server, 'root');
    const bare = cookie.split('=')[1] ?? '';
    const statusOf = async (path: string, request = {}) => (await ask(server.http + path, request)).status;
    const headers = { cookie, ...OWN };
    expect(await statusOf('/', { headers })).toBe(401);
    expect(await statusOf('/verify', { headers })).toBe(401);
    expect(await statusOf('/verify/api/v1/session', { headers })).toBe(401);
    expect(await statusOf('/api/v1/anything', { headers })).toBe(401);
    expect(await statusOf('/v1/token/exchange', { headers, json: {} })).toBe(401);
    expect(await statusOf('/oauth/introspect', { headers, form: { token: 'x' } })).toBe(401);
    for (const path of ['/', '/api/v1/tokens', '/api/v1/session']) {
      expect(await statusOf(path, { bearer: bare })).toBe(401);
      expect(await statusOf(path, { headers: { 'x-api-key': bare } })).toBe(401);
    }
    const exchange = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: bare,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    expect(await statusOf('/oauth/token', { headers, form: exchange })).toBeGreaterThanOrEqual(400);
  });

  it('is no password and no token over MQTT', async () => {
    const { server } = await fixture();
    const bare = (await signedIn(server, 'root')).cookie.split('=')[1] ?? '';
    const url = `mqtt://127.0.0.1:${server.mqttPort}`;
    for (const options of [
      { username: bare, clientId: 'root' },
      { username: 'root', password: bare, clientId: 'root' },
    ])
      expect((await connectMqtt(url, options)).returnCode).toBeGreaterThan(0);
  });

  it('is no credential for what a gateway asks about, the console’s own paths among them', async () => {
    const { server } = await fixture('--trusted-proxy', '127.0.0.1');
    const { cookie } = await signedIn(server, 'root');
    for (const uri of [
      '/console/',
      '/console/first',
      '/api/v1/session',
      '/api/v1/first-user',
      '/api/v1/tokens',
    ]) {
      const headers = { cookie, ...OWN, 'x-forwarded-uri': uri, 'x-forwarded-method': 'GET' };
      for (const path of ['/verify', `/verify${uri}`]) {
        const answer = await ask(server.http + path, { headers });
        expect([path, uri, answer.status]).toEqual([path, uri, 401]);
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
    }
  });

  it('counts for nothing beside another credential', async () => {
    const { server, shop } = await fixture();
    const { cookie } = await signedIn(server, 'root');
    const { apiKey } = await registerKey(shop, '--owner', 'ann');
    const tokens = `${server.http}/api/v1/tokens`;
    expect((await ask(tokens, { headers: { cookie }, bearer: apiKey })).status).toBe(403);
    expect((await ask(tokens, { headers: { cookie, ...OWN }, bearer: 'nonsense' })).status).toBe(401);
    expect(await me(server, { cookie, 'x-api-key': apiKey })).toMatchObject({ status: 401 });
  });

  it('is refused if there are two', async () => {
    const { server } = await fixture();
    const [one, other] = [await signedIn(server), await signedIn(server)];
    const cookie = `${one.cookie}; ${other.cookie}`;
    expect((await me(server, { cookie })).status).toBe(401);
    expect((await me(server, { cookie: `theme=dark; ${one.cookie}; ${one.cookie}` })).status).toBe(200);
  });

  it('is refused where a part of it was changed', async () => {
    const { server } = await fixture();
    const { cookie } = await signedIn(server);
    const other = cookie.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const longer = cookie.replace(
      /_([0-9a-z]+)_([0-9a-f]{64})$/,
      (_, end, mac) => `_${(Number.parseInt(end, 36) + 1).toString(36)}_${mac}`,
    );
    const elses = cookie.replace(/kwc_./, (start) => (start.endsWith('0') ? 'kwc_1' : 'kwc_0'));
    for (const forged of [other, longer, elses, `${cookie}0`, cookie.slice(0, -1), 'keywright_session=x'])
      expect((await me(server, { cookie: forged })).status).toBe(401);
    expect((await me(server, { cookie: 'keywright_session=' })).status).toBe(401);
    expect((await me(server, { cookie })).status).toBe(200);
  });
});

describe('a session of the console', () => {
  it('ends after half an hour that nobody uses it, and is renewed while somebody does', async () => {
    const { server } = await fixture();
    const first = await signedIn(server);
    expect((await me(server, first)).headers.getSetCookie()).toEqual([]);
    later(20 * MINUTE_MS);
    const unattended = await me(server, { ...first, 'x-keywright': 'background' });
    expect([unattended.status, unattended.headers.getSetCookie()]).toEqual([200, []]);
    const listed = await ask(`${server.http}/api/v1/tokens`, { headers: first });
    const second = { cookie: cookieOf(listed) };
    later(15 * MINUTE_MS);
    expect(await me(server, first)).toMatchObject({
      status: 401,
      body: { detail: 'the credential has expired' },
    });
    expect((await me(server, second)).status).toBe(200);
  });

  it('ends after twelve hours, however much it is used', async () => {
    const { server } = await fixture('--console-idle', '8h');
    let headers = await signedIn(server);
    later(7 * 60 * MINUTE_MS);
    const answer = await me(server, headers);
    headers = { cookie: cookieOf(answer) };
    expect(answer.body.session.idleUntil).toBe(answer.body.session.expiresAt);
    expect(answer.headers.getSetCookie()[0]).toMatch(/Max-Age=18000;/);
    later(6 * 60 * MINUTE_MS);
    expect((await me(server, headers)).status).toBe(401);
  });

  it.each([
    ['its user is disabled', ['user', 'edit', 'ann', '--disable']],
    ['its user is deleted', ['user', 'del', 'ann', '--yes']],
    ['its user gets another password', ['user', 'passwd', 'ann', '--password-stdin']],
  ])('ends at once when %s', async (_, command) => {
    const { server, shop } = await fixture();
    const headers = await signedIn(server);
    expect((await me(server, headers)).status).toBe(200);
    expect(await shop.keywright(command, { input: 'another long password' })).toMatchObject({ exitCode: 0 });
    expect((await me(server, headers)).status).toBe(401);
  });

  it('does not begin again with another user of the same name', async () => {
    const { server, shop } = await fixture();
    const headers = await signedIn(server);
    await shop.keywright(['user', 'del', 'ann', '--yes']);
    await addUser(shop, 'ann');
    expect((await me(server, headers)).status).toBe(401);
    expect((await signIn(server)).status).toBe(200);
  });

  it('is shown by GET and HEAD, and neither begun nor ended by another method or form', async () => {
    const { server } = await fixture();
    const headers = { ...(await signedIn(server)), ...OWN };
    const url = `${server.http}/api/v1/session`;
    for (const method of ['PUT', 'PATCH']) {
      const { status, headers: told } = await ask(url, { method, headers, json: {} });
      expect([status, told.get('allow')]).toEqual([405, 'DELETE, GET, HEAD, POST, OPTIONS']);
    }
    const options = await ask(url, { method: 'OPTIONS', headers });
    expect([options.status, options.headers.getSetCookie()]).toEqual([204, []]);
    expect((await ask(url, { method: 'HEAD', headers })).status).toBe(200);
    expect(
      (await ask(url, { method: 'HEAD', headers: { ...headers, origin: 'https://evil.example' } })).status,
    ).toBe(403);
    // What a form of another page can send.
    const form = { user: 'ann', password: PASSWORD };
    const typed = { method: 'POST', headers: { 'content-type': 'text/plain' }, body: JSON.stringify(form) };
    for (const answer of [await ask(url, { form }), await fetch(url, typed)]) {
      expect([answer.status, answer.headers.getSetCookie()]).toEqual([415, []]);
    }
    expect((await me(server, headers)).status).toBe(200);
  });

  it('ends at once when it is revoked, also at another server of the home', async () => {
    const { server, shop } = await fixture();
    const other = await serve(shop);
    const headers = await signedIn(server);
    expect((await me(other, headers)).status).toBe(200);
    const { id } = (await me(server, headers)).body.session;
    await shop.keywright(['session', 'revoke', id]);
    for (const each of [server, other]) expect((await me(each, headers)).status).toBe(401);
  });

  it('is told from the others in the list, and the one that asks from all', async () => {
    const { server, shop } = await fixture();
    const { body } = await ask(`${server.http}/auth/login`, {
      json: { username: 'ann', password: PASSWORD },
    });
    await signedIn(server, 'root');
    const headers = await signedIn(server);
    const of = async (request: object) =>
      (await ask(`${server.http}/api/v1/sessions`, request)).body.map(
        ({ kind, current }: Record<string, unknown>) => [kind, current],
      );
    expect((await of({ headers })).sort()).toEqual([
      ['console', true],
      ['tokens', false],
    ]);
    expect((await of({ bearer: body.tkn })).sort()).toEqual([
      ['console', false],
      ['tokens', true],
    ]);
    const listed = JSON.parse((await shop.keywright(['session', 'list', '--json'])).stdout);
    expect(listed.map(({ kind }: { kind: string }) => kind).sort()).toEqual(['console', 'console', 'tokens']);
    const mine = (await me(server, headers)).body.session.id;
    expect(
      (await ask(`${server.http}/api/v1/sessions/${mine}`, { method: 'DELETE', bearer: body.tkn })).status,
    ).toBe(204);
    expect((await me(server, headers)).status).toBe(401);
  });

  it('does what its user may do now, and no more than at its beginning', async () => {
    const { server, shop } = await fixture();
    const [root, ann] = [await signedIn(server, 'root'), await signedIn(server)];
    await shop.keywright(['user', 'edit', 'root', '--role', 'member', '--scope', 'ingest']);
    expect((await me(server, root)).body).toMatchObject({ admin: false });
    await shop.keywright(['user', 'edit', 'ann', '--role', 'admin', '--scope', '*']);
    expect((await me(server, ann)).body).toMatchObject({ admin: false });
    expect((await ask(`${server.http}/api/v1/tokens`, { headers: ann })).status).toBe(200);
  });
});

describe('without the console', () => {
  it('nobody signs in there, and its cookie is nothing', async () => {
    const { server, shop } = await fixture();
    const headers = { ...(await signedIn(server)), ...OWN };
    const bare = await serve(shop, ['--console', 'false']);
    expect((await signIn(bare)).status).toBe(404);
    expect((await ask(`${bare.http}/api/v1/tokens`, { headers })).status).toBe(401);
    expect((await me(bare, headers)).status).toBe(401);
  });
});
