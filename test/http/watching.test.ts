import { connectAsync } from 'mqtt';
import { describe, expect, it } from 'vitest';
import { BUILT_IN_SCOPES } from '../../src/core/model/scope.js';
import { atEnd, sharedByTests } from '../support/at-end.js';
import { addUser, ask, eventually, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

/** A server with an admin `root`, the members `ann` and `bob`, and a connected client of each of these. */
async function watched() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann', '--scope', 'ingest', '--scope', 'pipes:read');
  await addUser(shop, 'bob');
  const anns = await registerKey(shop, '--owner', 'ann', '--label', 'of ann');
  const bobs = await registerKey(shop, '--owner', 'bob', '--label', 'of bob');
  const server = await serve(shop, ['--http-upstream-timeout', '61s'], {
    KEYWRIGHT_CALLBACK_SECRET: 'a-secret-of-call-backs-that-nobody-sees-1234567890',
  });
  const { http, mqttPort } = server;
  for (const { apiKey, clientId } of [anns, bobs]) {
    const url = `mqtt://127.0.0.1:${mqttPort}`;
    const client = await connectAsync(url, { username: clientId, password: apiKey, clientId });
    atEnd(() => client.endAsync(true));
  }
  const tokenOf = async (username: string): Promise<string> =>
    (await ask(`${http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn;
  const [root, ann] = [await tokenOf('root'), await tokenOf('ann')];
  const at = (path: string, bearer = root, method = 'GET') =>
    ask(new URL(`/api/v1/${path}`.replace('/api/v1//', '/'), http).href, { bearer, method });
  return { shop, server, at, root, ann, anns, bobs };
}

const shared = sharedByTests(watched);

describe('the server, as its API shows it', () => {
  it('says its authority as the command line does, with the certificate', async () => {
    const { at, ann, shop } = shared();
    const { body } = await at('authority', ann);
    const { certificate, ...authority } = body;
    expect(authority).toEqual(JSON.parse((await shop.keywright(['ca', 'show', '--json'])).stdout));
    expect(certificate).toMatch(/^-----BEGIN CERTIFICATE-----/);
    expect(JSON.stringify(body)).not.toContain('PRIVATE');
  });

  it('says its licence to admins only, who are told how many clients there are', async () => {
    const { at, ann, shop } = shared();
    const { body } = await at('licence');
    expect(body).toEqual(JSON.parse((await shop.keywright(['license', 'show', '--json'])).stdout));
    expect([body.state, body.used]).toEqual(['unrestricted', 2]);
    expect((await at('licence', ann)).status).toBe(403);
  });

  it('says its addresses and build to all, its settings to admins, and no secret to anybody', async () => {
    const { at, ann, server } = shared();
    const { body } = await at('server');
    const { listeners, settings, build, node, version, serverCertificates } = body;
    expect(listeners.http.replace('tcp:', 'http:')).toBe(server.http);
    expect(listeners.webSocket).toBe(`${server.http.replace('http:', 'ws:')}/mqtt`);
    expect([build, node, version]).toEqual(['development', process.versions.node, 'development']);
    expect(serverCertificates).toEqual([]);
    expect(settings).toContainEqual({
      name: 'http-upstream-timeout',
      value: '61s',
      from: '--http-upstream-timeout',
    });
    expect(settings).toContainEqual({ name: 'audience', value: 'keywright', from: 'default' });
    expect(settings).toContainEqual({
      name: 'KEYWRIGHT_CALLBACK_SECRET',
      value: '…',
      from: 'KEYWRIGHT_CALLBACK_SECRET',
    });
    expect(JSON.stringify(body)).not.toContain('nobody-sees');
    expect((await at('server', ann)).body).toEqual({ ...body, settings: null });
  });

  it('says the certificates that it presents, by name and end', async () => {
    const { shop } = shared();
    const key = await registerKey(shop, '--scope', 'admin');
    const server = await serve(shop, ['--mqtt', 'mqtts://127.0.0.1:0', '--server-name', 'gw.example.com']);
    const { body } = await ask(`${server.http}/api/v1/server`, { bearer: key.apiKey });
    expect(body.tls).toEqual({ http: false, mqtt: true });
    expect(body.serverCertificates).toEqual([
      {
        names: ['localhost', '127.0.0.1', '0:0:0:0:0:0:0:1', 'gw.example.com'],
        algorithm: 'ec-p256',
        fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
        notBefore: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    await shop.keywright(['key', 'del', key.clientId, '--yes']);
  });

  it('lists the scopes that the caller may grant, each with its meaning', async () => {
    const { at, ann } = shared();
    const names = ({ body }: { body: { name: string; description: string }[] }) => {
      expect(body.filter(({ description }) => description === '')).toEqual([]);
      return body.map(({ name }) => name);
    };
    expect(names(await at('scopes'))).toEqual([
      ...BUILT_IN_SCOPES,
      ...['pipes:read', 'pipes:write', 'pipes:*', '*'],
    ]);
    expect(names(await at('scopes', ann))).toEqual(['ingest', 'pipes:read']);
  });
});

describe('the open connections', () => {
  it('are listed with who, from where, since when and by what, to members their own', async () => {
    const { at, ann, anns, bobs } = shared();
    const ids = ({ body }: { body: { clientId: string }[] }) => body.map(({ clientId }) => clientId);
    await eventually(async () => ids(await at('connections')).length === 2, {
      withinMs: 1000,
      what: 'both connected',
    });
    const { body } = await at(`connections?client=${bobs.clientId}`);
    expect(body).toEqual([
      {
        ...{ clientId: bobs.clientId, userId: null, protocol: 'mqtt', address: '127.0.0.1' },
        since: expect.stringMatching(/Z$/),
        credential: { kind: 'api-key', id: bobs.id.split(':')[1] },
      },
    ]);
    expect(ids(await at('connections?limit=1'))).toHaveLength(1);
    expect(ids(await at('connections', ann))).toEqual([anns.clientId]);
    expect(ids(await at(`connections?client=${bobs.clientId}`, ann))).toEqual([]);
  });
});

describe('the audit log', () => {
  it('is read from its newest action on, page by page', async () => {
    const { at, shop } = shared();
    const all = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    const expected = all.map(({ hash, ...entry }: { hash: string }) => entry).reverse();
    const found = [];
    for (let next: string | undefined = '/api/v1/audit?limit=3'; next; ) {
      const { body, headers } = await at(next.slice('/api/v1/'.length));
      expect(body.length).toBeLessThanOrEqual(3);
      found.push(...body);
      next = /^<([^>]+)>; rel="next"$/.exec(headers.get('link') ?? '')?.[1];
    }
    expect(found).toEqual(expected);
  });

  it('is narrowed as on the command line', async () => {
    const { at, anns } = shared();
    const { body } = await at(`audit?target=${anns.clientId}&action=token&since=1h`);
    expect(body).toMatchObject([{ action: 'token.register', outcome: 'done' }]);
    expect((await at('audit?actor=nobody')).body).toEqual([]);
    expect((await at('audit?until=2020-01-01')).body).toEqual([]);
    for (const [query, detail] of [
      ['before=x', 'before is not the number of an action'],
      ['limit=0', 'limit is not a number'],
      ['since=yesterday', '"yesterday" is not a time'],
      ['outcome=done', 'there is no query parameter "outcome"'],
    ]) {
      const answer = await at(`audit?${query}`);
      expect([answer.status, answer.body.detail]).toEqual([400, expect.stringContaining(detail ?? '')]);
    }
  });

  it('shows a member what was done to a client of theirs alone', async () => {
    const { at, ann, anns, bobs, shop } = shared();
    const own = await at(`audit?target=${anns.clientId}`, ann);
    expect(own.body.map(({ action }: { action: string }) => action)).toEqual(['token.register']);
    expect((await at('audit', ann)).status).toBe(403);
    expect((await at(`audit?target=${bobs.clientId}`, ann)).status).toBe(404);
    expect((await at('audit?target=root', ann)).status).toBe(404);
    expect((await at('audit/verification', ann, 'POST')).status).toBe(403);
    // What was done to a user of the same name is not theirs.
    await shop.keywright(['key', 'gen', 'root', '--owner', 'ann']);
    const named = await at('audit?target=root', ann);
    expect(named.body.every(({ action }: { action: string }) => !/^(user|session)\./.test(action))).toBe(
      true,
    );
  });

  it('is checked as by the command line', async () => {
    const { at } = shared();
    const { body } = await at('audit/verification', undefined, 'POST');
    expect(body).toEqual({ whole: true, lines: expect.any(Number), line: null, file: null, fault: null });
    expect(body.lines).toBeGreaterThan(5);
  });
});
