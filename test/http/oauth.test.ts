import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as client from 'openid-client';
import { describe, expect, it } from 'vitest';
import { addUser, ask, eventually, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

type Shop = Awaited<ReturnType<typeof workshop>>;
type Key = Awaited<ReturnType<typeof registerKey>>;

async function fixture(...flags: string[]) {
  const shop = await workshop();
  const key = await registerKey(shop, '--scope', 'ingest', '--scope', 'metrics', ...flags);
  return { shop, key, server: await serve(shop) };
}

const basic = ({ clientId, clientSecret }: Pick<Key, 'clientId' | 'clientSecret'>) => ({
  authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
});
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const API_KEY = 'urn:keywright:token-type:api-key';

describe('openid-client', () => {
  it.each([
    ['client_secret_basic', client.ClientSecretBasic],
    ['client_secret_post', client.ClientSecretPost],
  ])('discovers, gets a token, introspects and revokes it, by %s', async (_, authentication) => {
    const { server, key } = await fixture();
    const configuration = await client.discovery(
      new URL(server.http),
      key.clientId,
      undefined,
      authentication(key.clientSecret),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    expect(configuration.serverMetadata()).toMatchObject({
      issuer: server.http,
      jwks_uri: `${server.http}/.well-known/jwks.json`,
      grant_types_supported: ['client_credentials', 'refresh_token', EXCHANGE],
    });
    const tokens = await client.clientCredentialsGrant(configuration, { scope: 'metrics' });
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'metrics' });
    const seen = await client.tokenIntrospection(configuration, tokens.access_token);
    expect(seen).toMatchObject({
      ...{
        active: true,
        client_id: key.clientId,
        sub: `client:${key.clientId}`,
        scope: 'metrics',
        token_type: 'Bearer',
      },
      ...{ iss: server.http, aud: 'keywright', jti: expect.any(String), exp: expect.any(Number) },
    });
    expect((await ask(`${server.http}/verify?scope=metrics`, { bearer: tokens.access_token })).status).toBe(
      200,
    );
    expect((await ask(`${server.http}/verify?scope=ingest`, { bearer: tokens.access_token })).status).toBe(
      403,
    );
    await client.tokenRevocation(configuration, tokens.access_token);
    expect(await client.tokenIntrospection(configuration, tokens.access_token)).toEqual({ active: false });
    expect((await ask(server.http, { bearer: tokens.access_token })).status).toBe(401);
    // The key itself still works.
    expect((await ask(server.http, { bearer: key.apiKey })).status).toBe(200);
    await expect(client.clientCredentialsGrant(configuration, { scope: 'admin' })).rejects.toMatchObject({
      error: 'invalid_scope',
    });
  });

  it('refreshes a session, once with each refresh token', async () => {
    const { server, shop, key } = await fixture();
    await addUser(shop, 'ann');
    const pair = await eventuallyLogin(server.http);
    const configuration = await client.discovery(
      new URL(server.http),
      key.clientId,
      key.clientSecret,
      undefined,
      {
        algorithm: 'oauth2',
        execute: [client.allowInsecureRequests],
      },
    );
    const next = await client.refreshTokenGrant(configuration, pair.refreshToken);
    expect(next).toMatchObject({
      expires_in: 3600,
      scope: 'ingest',
      refresh_token: expect.stringMatching(/^kwr_/),
    });
    await expect(client.refreshTokenGrant(configuration, pair.refreshToken)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
    expect((await ask(server.http, { bearer: next.access_token })).status).toBe(401);
  });
});

async function eventuallyLogin(http: string) {
  let body: { refreshToken: string; accessToken: string } | undefined;
  const json = { username: 'ann', password: PASSWORD };
  await eventually(
    async () => {
      const answer = await ask(`${http}/api/v1/auth/login`, { json });
      body = answer.body;
      return answer.status === 200;
    },
    { withinMs: 2000, what: 'login' },
  );
  if (body === undefined) throw new Error('no login');
  return body;
}

describe('the token endpoint', () => {
  it('says in OAuth’s words what is the matter', async () => {
    const { server, key } = await fixture();
    const at = (form: Record<string, string>, headers = {}) =>
      ask(`${server.http}/oauth/token`, { form, headers });
    const id = { client_id: key.clientId, client_secret: key.clientSecret };
    const cases: [Promise<Awaited<ReturnType<typeof at>>>, number, string][] = [
      [at({ grant_type: 'client_credentials' }), 401, 'invalid_client'],
      [at({ grant_type: 'client_credentials', ...id, client_secret: 'wrong' }), 401, 'invalid_client'],
      [at({ grant_type: 'client_credentials', ...id, client_id: 'another' }), 401, 'invalid_client'],
      [at({ grant_type: 'client_credentials', ...id }, basic(key)), 400, 'invalid_request'],
      [at({ grant_type: 'client_credentials', ...id, scope: 'ingest admin' }), 400, 'invalid_scope'],
      [at({ grant_type: 'client_credentials', ...id, scope: ' ' }), 400, 'invalid_scope'],
      [at({ grant_type: 'client_credentials', ...id, audience: 'other' }), 400, 'invalid_target'],
      [
        at({ grant_type: 'client_credentials', ...id, resource: 'https://other.example' }),
        400,
        'invalid_target',
      ],
      [
        at({
          ...{ grant_type: EXCHANGE, subject_token: key.apiKey, subject_token_type: API_KEY },
          ...{ audience: 'keywright', resource: 'https://other.example' },
        }),
        400,
        'invalid_target',
      ],
      [at({ grant_type: 'password', username: 'ann', password: 'x' }), 400, 'unsupported_grant_type'],
      [at({}), 400, 'invalid_request'],
      [at({ grant_type: 'refresh_token' }), 400, 'invalid_request'],
      [at({ grant_type: 'refresh_token', refresh_token: 'kwr_x' }), 400, 'invalid_grant'],
      [at({ grant_type: EXCHANGE, subject_token_type: API_KEY }), 400, 'invalid_request'],
      [
        at({ grant_type: EXCHANGE, subject_token: key.apiKey, subject_token_type: 'x' }),
        400,
        'invalid_request',
      ],
      [
        at({ grant_type: EXCHANGE, subject_token: 'wrong', subject_token_type: API_KEY }),
        400,
        'invalid_grant',
      ],
      [
        at({
          grant_type: EXCHANGE,
          subject_token: key.apiKey,
          subject_token_type: API_KEY,
          audience: 'other',
        }),
        400,
        'invalid_target',
      ],
    ];
    for (const [answer, status, error] of cases) {
      const { headers, body, ...got } = await answer;
      expect([got.status, body.error, headers.get('content-type')]).toEqual([
        ...[status, error, 'application/json; charset=utf-8'],
      ]);
      expect(body).toMatchObject({ status, success: false, error_description: expect.any(String) });
      expect(headers.get('www-authenticate')).toBe(status === 401 ? 'Basic realm="keywright"' : null);
    }
    // RFC 6749 section 3.2: what it does not know it ignores.
    expect((await at({ grant_type: 'client_credentials', ...id, foo: 'bar' })).status).toBe(200);
  });

  it('takes an audience or a resource that is its own', async () => {
    const { server, key } = await fixture();
    const form = { grant_type: 'client_credentials', audience: 'keywright', resource: server.http };
    expect((await ask(`${server.http}/oauth/token`, { form, headers: basic(key) })).status).toBe(200);
  });

  it('continues a session with fewer scopes if asked, and with more never, which costs no refresh token', async () => {
    const { shop, server } = await fixture();
    await addUser(shop, 'ann', '--scope', 'ingest', '--scope', 'metrics', '--domain', 'plant7');
    let { refreshToken } = await eventuallyLogin(server.http);
    const refresh = async (form: Record<string, string>, headers = {}) =>
      ask(`${server.http}/oauth/token`, {
        form: { grant_type: 'refresh_token', refresh_token: refreshToken, ...form },
        headers,
      });
    expect((await refresh({ scope: 'ingest admin' })).body.error).toBe('invalid_scope');
    expect((await refresh({ scope: ' ' })).body.error).toBe('invalid_scope');
    expect((await refresh({ audience: 'other' })).body.error).toBe('invalid_target');
    expect((await refresh({}, { domain: 'plant8' })).body.reason).toBe('wrong-domain');
    const narrow = (await refresh({ scope: 'metrics' }, { domain: 'domains:plant7' })).body;
    expect(narrow.scope).toBe('metrics');
    const at = async (scope: string) =>
      (await ask(`${server.http}/verify?scope=${scope}`, { bearer: narrow.access_token })).status;
    expect([await at('metrics'), await at('ingest')]).toEqual([200, 403]);
    refreshToken = narrow.refresh_token;
    // RFC 6749 section 6: the session keeps the scopes that it began with.
    expect((await refresh({})).body.scope).toBe('ingest metrics');
  });

  it('exchanges nothing in a domain that is not the caller’s', async () => {
    const { shop, server } = await fixture();
    await addUser(shop, 'ann', '--domain', 'plant7');
    const key = await registerKey(shop, '--owner', 'ann');
    const by = (domain: string) =>
      Promise.all([
        ask(`${server.http}/v1/token/exchange`, { json: { api_key: key.apiKey }, headers: { domain } }),
        ask(`${server.http}/oauth/token`, {
          form: { grant_type: EXCHANGE, subject_token: key.apiKey, subject_token_type: API_KEY },
          headers: { domain },
        }),
      ]);
    expect((await by('plant7')).map(({ status }) => status)).toEqual([200, 200]);
    expect((await by('plant8')).map(({ body }) => body.reason)).toEqual(['wrong-domain', 'wrong-domain']);
  });

  it('names a client by a subject that is no user’s, though both have one name', async () => {
    const { shop, server } = await fixture();
    await addUser(shop, 'ann');
    const { accessToken } = await eventuallyLogin(server.http);
    const run = await shop.keywright(['key', 'gen', 'ann']);
    expect(run.exitCode).toBe(0);
    const signed = await readFile(join(shop.directory, 'ann_token'), 'utf8');
    const form = { grant_type: EXCHANGE, subject_token: signed, subject_token_type: API_KEY };
    const { access_token: machine } = (await ask(`${server.http}/oauth/token`, { form })).body;
    const seen = [];
    for (const bearer of [accessToken, machine]) {
      const claims = JSON.parse(Buffer.from(bearer.split('.')[1], 'base64url').toString());
      const { headers } = await ask(server.http, { bearer });
      const about = await ask(`${server.http}/oauth/introspect`, { form: { token: bearer }, bearer });
      seen.push([
        ...[claims.sub, claims.client_id, headers.get('x-auth-subject')],
        ...[headers.get('x-auth-client-id'), about.body.sub, about.body.client_id],
      ]);
    }
    expect(seen).toEqual([
      ['ann', undefined, 'ann', '', 'ann', undefined],
      ['client:ann', 'ann', 'client:ann', 'ann', 'client:ann', 'ann'],
    ]);
  });

  it('exchanges any credential for a token of at most the same worth', async () => {
    const { server, key } = await fixture('--scope', 'publish:a/#');
    const exchange = async (subject_token: string, scope?: string) => {
      const type = subject_token.startsWith('eyJ') ? ACCESS_TOKEN : API_KEY;
      const form = { grant_type: EXCHANGE, subject_token, subject_token_type: type, ...(scope && { scope }) };
      return ask(`${server.http}/oauth/token`, { form });
    };
    const first = await exchange(key.wrapped, 'ingest');
    // The topics that the key is held to come along.
    expect(first.body).toEqual({
      ...{ access_token: expect.any(String), token_type: 'Bearer', expires_in: 3600 },
      ...{ scope: 'ingest publish:a/#', issued_token_type: ACCESS_TOKEN },
    });
    expect((await exchange(first.body.access_token)).body.scope).toBe('ingest publish:a/#');
    expect((await exchange(first.body.access_token, 'metrics')).body.error).toBe('invalid_scope');
    const claims = JSON.parse(Buffer.from(first.body.access_token.split('.')[1], 'base64url').toString());
    expect(claims).toMatchObject({
      sub: `client:${key.clientId}`,
      client_id: key.clientId,
      credential: `api-key:${key.id.split(':')[1]}`,
    });
  });

  it('gives tokens that end with the key they came from, however they were passed on', async () => {
    const { shop, server, key } = await fixture();
    const form = { grant_type: 'client_credentials' };
    const { access_token: one } = (await ask(`${server.http}/oauth/token`, { form, headers: basic(key) }))
      .body;
    const subject = { subject_token: one, subject_token_type: ACCESS_TOKEN };
    const { access_token: two } = (
      await ask(`${server.http}/oauth/token`, { form: { grant_type: EXCHANGE, ...subject } })
    ).body;
    await shop.keywright(['token', 'invalidate', key.id]);
    for (const bearer of [one, two, key.apiKey]) {
      await eventually(async () => (await ask(server.http, { bearer })).status === 401, {
        withinMs: 1000,
        what: 'refused',
      });
    }
    expect((await ask(`${server.http}/oauth/token`, { form, headers: basic(key) })).status).toBe(401);
    expect((await ask(`${server.http}/v1/token/exchange`, { json: { api_key: key.apiKey } })).status).toBe(
      401,
    );
    const shown = await ask(server.http, { bearer: one });
    expect(shown.body.detail).toBe('the credential is revoked');
  });
});

describe('introspection', () => {
  it('tells of every kind of credential, to those who have one', async () => {
    const { shop, server, key } = await fixture();
    await addUser(shop, 'ann', '--domain', 'plant7');
    const { accessToken } = await eventuallyLogin(server.http);
    const about = async (token: string, headers: Record<string, string> = basic(key)) =>
      ask(`${server.http}/oauth/introspect`, { form: { token }, headers });
    expect((await about(key.apiKey)).body).toMatchObject({
      ...{ active: true, token_type: 'api-key', client_id: key.clientId, scope: 'ingest metrics' },
    });
    expect((await about(accessToken)).body).toMatchObject({
      ...{ active: true, username: 'ann', sub: 'ann', domains: ['plant7'], token_type: 'Bearer' },
    });
    for (const token of ['rubbish', 'eyJh.eyJh.x', `${accessToken}.`])
      expect((await about(token)).body).toEqual({ active: false });
    expect((await about(key.apiKey, {})).status).toBe(401);
    expect((await about(key.apiKey, { 'x-api-key': key.apiKey })).status).toBe(200);
    expect((await about(key.apiKey, { authorization: `Bearer ${accessToken}` })).status).toBe(200);
  });
});

describe('revocation', () => {
  const revoke = (http: string, token: string, headers: Record<string, string> = {}) =>
    ask(`${http}/oauth/revoke`, { form: { token }, headers });

  it('of a user’s token, by whoever has it, ends the session', async () => {
    const { shop, server } = await fixture();
    await addUser(shop, 'ann');
    const one = await eventuallyLogin(server.http);
    const other = await eventuallyLogin(server.http);
    expect((await revoke(server.http, one.refreshToken)).status).toBe(200);
    expect((await ask(server.http, { bearer: one.accessToken })).status).toBe(401);
    expect((await ask(server.http, { bearer: other.accessToken })).status).toBe(200);
    expect((await revoke(server.http, other.accessToken)).status).toBe(200);
    const json = { refreshToken: other.refreshToken };
    expect((await ask(`${server.http}/api/v1/auth/refresh`, { json })).status).toBe(401);
    expect((await revoke(server.http, 'rubbish')).status).toBe(200);
  });

  it('of a refresh token that was used already ends the session', async () => {
    const { shop, server } = await fixture();
    await addUser(shop, 'ann');
    const first = await eventuallyLogin(server.http);
    const json = { refreshToken: first.refreshToken };
    const next = (await ask(`${server.http}/api/v1/auth/refresh`, { json })).body;
    const forged = `${first.refreshToken.slice(0, -1)}${first.refreshToken.endsWith('0') ? '1' : '0'}`;
    expect((await revoke(server.http, forged)).status).toBe(200);
    expect((await ask(server.http, { bearer: next.accessToken })).status).toBe(200);
    expect((await revoke(server.http, first.refreshToken)).status).toBe(200);
    expect((await ask(server.http, { bearer: next.accessToken })).status).toBe(401);
    const again = { refreshToken: next.refreshToken };
    expect((await ask(`${server.http}/api/v1/auth/refresh`, { json: again })).status).toBe(401);
  });

  it('of a client’s token is for that client, or an admin', async () => {
    const { shop, server, key } = await fixture();
    const stranger = await registerKey(shop, '--scope', 'ingest');
    const admin = await registerKey(shop, '--scope', 'admin');
    const token = async () =>
      (
        await ask(`${server.http}/oauth/token`, {
          form: { grant_type: 'client_credentials' },
          headers: basic(key),
        })
      ).body.access_token;
    const [one, two] = [await token(), await token()];
    expect((await revoke(server.http, one)).body.error).toBe('invalid_client');
    await eventually(async () => (await ask(server.http, { bearer: admin.apiKey })).status === 200, {
      withinMs: 1000,
      what: 'known',
    });
    expect((await revoke(server.http, one, basic(stranger))).body.error).toBe('unauthorized_client');
    expect(
      (
        await revoke(server.http, one, {
          ...basic(stranger),
          ...basic({ ...stranger, clientId: key.clientId }),
        })
      ).status,
    ).toBe(401);
    expect((await ask(server.http, { bearer: one })).status).toBe(200);
    expect((await revoke(server.http, one, basic(key))).status).toBe(200);
    expect((await revoke(server.http, two, basic(admin))).status).toBe(200);
    for (const bearer of [one, two]) expect((await ask(server.http, { bearer })).status).toBe(401);
  });
});

it('keeps what is withdrawn withdrawn after a restart', async () => {
  const { shop, server, key } = await fixture();
  const form = { grant_type: 'client_credentials' };
  const { access_token: token } = (await ask(`${server.http}/oauth/token`, { form, headers: basic(key) }))
    .body;
  await ask(`${server.http}/oauth/revoke`, { form: { token }, headers: basic(key) });
  const again = await restart(shop, server.http);
  expect((await ask(again.http, { bearer: token })).body.detail).toBe('the credential is revoked');
});

const restart = (shop: Shop, issuer: string) => serve(shop, ['--issuer', issuer]);
