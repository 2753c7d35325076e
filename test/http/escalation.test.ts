import { describe, expect, it } from 'vitest';
import {
  addUser,
  ask,
  eventually,
  known,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  workshop,
} from '../support/keywright.js';

// Each of these was possible once.

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin', '--domain', '*');
  await addUser(shop, 'ann', '--scope', 'ingest', '--scope', 'metrics', '--domain', 'da');
  await addUser(shop, 'bob', '--domain', 'db');
  const server = await serve(shop);
  const [root, ann] = [await tokenOf(server, 'root'), await tokenOf(server, 'ann')];
  const at = (path: string, bearer: string, { method, json }: { method?: string; json?: unknown } = {}) =>
    ask(`${server.http}/api/v1${path}`, {
      bearer,
      ...(method && { method }),
      ...(json !== undefined && { json }),
    });
  return { shop, server, root, ann, at };
}

const tokenOf = async ({ http }: Server, username: string): Promise<string> =>
  (await ask(`${http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn;

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const exchange = ({ http }: Server, subject_token: string, scope?: string) =>
  ask(`${http}/oauth/token`, {
    form: { grant_type: EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, ...(scope && { scope }) },
  });

describe('a scope that is asked for', () => {
  it('is one by its form: nothing else gets into a token, or ends the server', async () => {
    const { server, ann, shop } = await fixture();
    const { clientId, clientSecret } = await registerKey(shop);
    for (const scope of [
      'publish:x\r\ny',
      'subscribe:€',
      'publish:a/#/b',
      'ingest\u0000',
      Array(65).fill('ingest').join(' '),
    ]) {
      expect([scope, (await exchange(server, ann, scope)).body.error]).toEqual([scope, 'invalid_scope']);
      const form = { client_id: clientId, client_secret: clientSecret, scope };
      await eventually(
        async () => [403, 400].includes((await ask(`${server.http}/login`, { form })).status),
        {
          withinMs: 1000,
          what: 'refused',
        },
      );
    }
    expect((await ask(`${server.http}/healthz`)).status).toBe(200);
  });

  it('narrows a user’s login too', async () => {
    const { server } = await fixture();
    const form = { username: 'root', password: PASSWORD, scope: 'ingest' };
    const { access_token: token } = (await ask(`${server.http}/login`, { form })).body;
    expect((await ask(`${server.http}/verify?scope=ingest`, { bearer: token })).status).toBe(200);
    expect((await ask(`${server.http}/verify?scope=metrics`, { bearer: token })).status).toBe(403);
    const tooMuch = await ask(`${server.http}/login`, { form: { ...form, username: 'ann', scope: 'admin' } });
    expect([tooMuch.status, tooMuch.body.reason]).toEqual([403, 'insufficient-scope']);
  });
});

describe('a member', () => {
  it('gets no client of another user, and no domain that is not its own', async () => {
    const { at, ann, server } = await fixture();
    await at('/clients', ann, { json: { id: 'mine' } });
    for (const [path, method, json] of [
      ['/clients', 'POST', { id: 'x', owner: 'root' }],
      ['/clients', 'POST', { id: 'x', owner: 'nobody' }],
      ['/clients', 'POST', { id: 'x', domain: '*' }],
      ['/clients', 'POST', { id: 'x', domain: 'db' }],
      ['/clients/mine/reissue', 'POST', { owner: 'bob' }],
      ['/clients/mine/reissue', 'POST', { domain: 'db' }],
      ['/clients/mine', 'PATCH', { domain: '*' }],
      ['/clients/mine', 'PATCH', { owner: 'bob' }],
      ['/tokens', 'POST', { domain: 'db' }],
      ['/tokens', 'POST', { owner: 'root' }],
      ['/tokens', 'POST', { owner: 'nobody' }],
    ] as const) {
      expect([path, json, (await at(path, ann, { method, json })).status]).toEqual([path, json, 403]);
    }
    const own = await at('/tokens', ann, { json: { domain: 'da' } });
    expect((await ask(server.http, { bearer: own.body.apiKey, headers: { domain: 'da' } })).status).toBe(200);
    expect((await ask(server.http, { bearer: own.body.apiKey, headers: { domain: 'db' } })).status).toBe(403);
    expect((await at('/clients/mine', ann, { method: 'PATCH', json: { label: '' } })).status).toBe(400);
  });

  it('cannot have a change of an admin undone by changing something else at the same time', async () => {
    const { at, ann, root } = await fixture();
    await at('/clients', ann, { json: { id: 'racer', scopes: ['ingest', 'metrics'] } });
    for (let round = 0; round < 5; round += 1) {
      await at('/clients/racer', root, { method: 'PATCH', json: { scopes: ['ingest', 'metrics'] } });
      const label = () => at('/clients/racer', ann, { method: 'PATCH', json: { label: `${round}` } });
      const [taken] = await Promise.all([
        at('/clients/racer', root, { method: 'PATCH', json: { scopes: ['ingest'] } }),
        ...[label(), label(), label()],
      ]);
      expect([taken.status, (await at('/clients/racer', root)).body.scopes]).toEqual([200, ['ingest']]);
    }
  });

  it('guesses neither its password without end, nor fills the log', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    const server = await serve(shop, ['--failed-attempts', '5/1m']);
    const ann = await tokenOf(server, 'ann');
    const statuses = [];
    for (let attempt = 0; attempt < 7; attempt += 1) {
      const json = { password: 'another long password', currentPassword: `wrong ${attempt}` };
      statuses.push(
        (await ask(`${server.http}/api/v1/users/ann/password`, { method: 'PUT', bearer: ann, json })).status,
      );
    }
    expect(statuses).toEqual([403, 403, 403, 403, 403, 429, 429]);
    const refusedNow = await ask(`${server.http}/api/v1/tokens/nobody`, { bearer: ann });
    expect(refusedNow.status).toBe(429);
    // What it may do, it still may.
    expect((await ask(`${server.http}/api/v1/tokens`, { bearer: ann })).status).toBe(200);
    const audit = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    expect(audit.filter(({ outcome }: { outcome: string }) => outcome === 'refused')).toHaveLength(5);
  });

  it('writes no secret into the log that stands in the place of an id', async () => {
    const { at, ann, shop, root } = await fixture();
    const { apiKey } = await registerKey(shop);
    for (const id of [apiKey, '%1b%5b31mRED%0aFAKE', root]) await at(`/tokens/${id}`, ann);
    const { stdout } = await shop.keywright(['audit', 'list', '--json']);
    expect(stdout).not.toContain(apiKey);
    expect(stdout).not.toMatch(/RED|eyJ/);
    expect((await shop.keywright(['audit', 'verify'])).exitCode).toBe(0);
  });
});

describe('what belongs to a user', () => {
  it('never does more than the user may at present', async () => {
    const { shop, server, at, root } = await fixture();
    const key = await registerKey(shop, '--owner', 'ann', '--scope', 'ingest', '--scope', 'metrics');
    const boss = await registerKey(shop, '--owner', 'root', '--scope', '*');
    const demand = async (scope: string, bearer: string) =>
      (await ask(`${server.http}/verify?scope=${scope}`, { bearer })).status;
    await eventually(async () => (await demand('metrics', boss.apiKey)) === 200, {
      withinMs: 1000,
      what: 'known',
    });
    await shop.keywright(['user', 'edit', 'ann', '--scope', 'ingest']);
    await eventually(async () => (await demand('metrics', key.apiKey)) === 403, {
      withinMs: 1000,
      what: 'narrowed',
    });
    expect(await demand('ingest', key.apiKey)).toBe(200);
    // Handed on, it is worth what the heir may do; nobody hands on what the heir does not hold.
    expect(
      (await at(`/clients/${boss.clientId}`, root, { method: 'PATCH', json: { owner: 'ann' } })).status,
    ).toBe(403);
    await shop.keywright(['user', 'del', 'root', '--give-to', 'ann', '--yes']);
    await eventually(async () => (await demand('admin', boss.apiKey)) === 403, {
      withinMs: 1000,
      what: 'narrowed',
    });
    expect(await demand('ingest', boss.apiKey)).toBe(200);
  });

  it('is not another user’s who gets the name later', async () => {
    const { shop, server, at, ann } = await fixture();
    expect((await shop.keywright(['user', 'del', 'bob', '--give-to', 'bob'])).exitCode).toBe(2);
    const many = Array.from({ length: 12 }, () => at('/tokens', ann, { json: {} }));
    const deleted = shop.keywright(['user', 'del', 'ann', '--with-clients', '--yes']);
    const made = (await Promise.all(many)).filter(({ status }) => status === 201);
    expect((await deleted).exitCode).toBe(0);
    await addUser(shop, 'ann', '--domain', '*');
    const again = await eventuallyToken(server, 'ann');
    for (const { body } of made) expect((await ask(server.http, { bearer: body.apiKey })).status).toBe(401);
    expect((await at('/tokens', again)).body).toEqual([]);
    expect((await ask(server.http, { bearer: ann })).status).toBe(401);
  });

  it('is not revived by an admin who may not grant it', async () => {
    const { shop, at, server } = await fixture();
    const limited = await registerKey(shop, '--scope', 'admin');
    await addUser(shop, 'boss', '--role', 'admin');
    const star = await registerKey(shop, '--owner', 'boss', '--scope', '*');
    for (const { apiKey } of [limited, star]) await known(server, apiKey);
    await shop.keywright(['user', 'edit', 'boss', '--disable']);
    await eventually(async () => (await ask(server.http, { bearer: star.apiKey })).status === 401, {
      withinMs: 1000,
      what: 'refused',
    });
    for (const json of [{ owner: null }, { owner: 'root' }]) {
      const { status } = await at(`/clients/${star.clientId}`, limited.apiKey, { method: 'PATCH', json });
      expect(status).toBe(403);
    }
    expect((await ask(server.http, { bearer: star.apiKey })).status).toBe(401);
  });
});

async function eventuallyToken(server: Server, username: string): Promise<string> {
  let token = '';
  await eventually(
    async () => {
      token = await tokenOf(server, username);
      return token !== undefined;
    },
    { withinMs: 2000, what: 'login' },
  );
  return token;
}

describe('a token that was exchanged from another', () => {
  it('ends with it, and it with the other', async () => {
    const { shop, server } = await fixture();
    const key = await registerKey(shop);
    const headers = { 'x-api-key': key.apiKey };
    await eventually(async () => (await ask(server.http, { headers })).status === 200, {
      withinMs: 1000,
      what: 'known',
    });
    const form = {
      grant_type: 'client_credentials',
      client_id: key.clientId,
      client_secret: key.clientSecret,
    };
    const first = (await ask(`${server.http}/oauth/token`, { form })).body.access_token;
    const second = (await exchange(server, first)).body.access_token;
    const third = (await exchange(server, second)).body.access_token;
    const other = (await ask(`${server.http}/oauth/token`, { form })).body.access_token;
    await ask(`${server.http}/oauth/revoke`, { form: { token: second }, headers });
    for (const bearer of [first, second, third])
      expect((await ask(server.http, { bearer })).status).toBe(401);
    expect((await ask(server.http, { bearer: other })).status).toBe(200);
    const asKey = await ask(`${server.http}/oauth/revoke`, { form: { token: key.apiKey }, headers });
    expect([asKey.status, asKey.body.error]).toEqual([400, 'unsupported_token_type']);
    const wrong = { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` };
    const refresh = { grant_type: 'refresh_token', refresh_token: 'kwr_x' };
    expect((await ask(`${server.http}/oauth/token`, { form: refresh, headers: wrong })).body.error).toBe(
      'invalid_client',
    );
    const twice = {
      ...headers,
      authorization: `Basic ${Buffer.from(`${key.clientId}:${key.apiKey}`).toString('base64')}`,
    };
    expect(
      (
        await ask(`${server.http}/oauth/token`, {
          form: { grant_type: 'client_credentials' },
          headers: twice,
        })
      ).status,
    ).toBe(401);
  });
});

describe('odd requests', () => {
  it('are answered with a problem, or understood', async () => {
    const { server, ann, at, root } = await fixture();
    for (const [path, status] of [
      ['/api/v1/clients/%zz', 400],
      [`/api/v1/clients/${'x'.repeat(400)}`, 414],
    ] as const) {
      const response = await fetch(`${server.http}${path}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([
        status,
        'application/problem+json',
      ]);
    }
    const { id } = (await at('/tokens', ann, { json: {} })).body;
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${ann}` };
    for (const [path, method, status] of [
      [`/tokens/${id}/rotate`, 'POST', 201],
      [`/tokens/${id}/invalidate`, 'POST', 200],
      [`/tokens/${id}`, 'DELETE', 204],
    ] as const) {
      expect((await fetch(`${server.http}/api/v1${path}`, { method, headers })).status).toBe(status);
    }
    const basic = `Basic ${Buffer.from(`ann:${PASSWORD}`).toString('base64')}`;
    expect(
      (await ask(`${server.http}/login`, { method: 'POST', headers: { authorization: basic } })).status,
    ).toBe(200);
    const many = await Promise.all(
      Array.from({ length: 6 }, (_, index) =>
        at('/users', root, { json: { id: `u${index}`, password: PASSWORD, email: 'same@example.com' } }),
      ),
    );
    expect(many.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const taken = many.find(({ status }) => status === 201)?.body.id;
    await at(`/users/${taken}`, root, { method: 'PATCH', json: { email: null } });
    const again = { id: 'later', password: PASSWORD, email: 'same@example.com' };
    expect((await at('/users', root, { json: again })).status).toBe(201);
  });

  it('of one key rotated four times at once make one new key', async () => {
    const { ann, at } = await fixture();
    const { id } = (await at('/tokens', ann, { json: {} })).body;
    const rotate = () => at(`/tokens/${id}/rotate`, ann, { json: { now: true } });
    const statuses = (await Promise.all([rotate(), rotate(), rotate(), rotate()])).map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([201, 403, 403, 403]);
  });
});
