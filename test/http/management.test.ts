import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, ask, eventually, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann', '--scope', 'ingest', '--scope', 'metrics', '--domain', 'plant7');
  await addUser(shop, 'bob');
  const key = await registerKey(shop, '--owner', 'bob');
  const server = await serve(shop);
  const tokenOf = async (username: string) =>
    (await ask(`${server.http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn as string;
  const [root, ann, bob] = [await tokenOf('root'), await tokenOf('ann'), await tokenOf('bob')];
  const at = (path: string, bearer: string, { method, json }: { method?: string; json?: unknown } = {}) =>
    ask(`${server.http}/api/v1${path}`, {
      bearer,
      ...(method && { method }),
      ...(json !== undefined && { json }),
    });
  const audited = async () => JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
  return { shop, server, key, root, ann, bob, at, audited };
}

type Listed = { id: string };

describe('tokens', () => {
  it('are registered, shown, edited, rotated, invalidated and deleted as by the commands', async () => {
    const { at, root, shop, server } = await fixture();
    const json = { label: 'line 1', scopes: ['ingest', 'pipes:read'], expires: '30d', prefix: 'mchx_' };
    const made = await at('/tokens', root, { json });
    expect([made.status, made.headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(made.body).toMatchObject({ label: 'line 1', owner: 'root', status: 'valid', lastUsedAt: null });
    const { id, apiKey } = made.body;
    expect(apiKey).toMatch(/^mchx_/);
    // At once, where it was made.
    expect((await ask(server.http, { bearer: apiKey })).status).toBe(200);

    const edited = await at(`/tokens/${id}`, root, {
      method: 'PATCH',
      json: { label: 'line 2', expires: 'never' },
    });
    expect(edited.body).toMatchObject({
      id,
      label: 'line 2',
      expiresAt: null,
      scopes: ['ingest', 'pipes:read'],
    });
    expect((await at(`/tokens/${id}`, root)).body).toMatchObject({ label: 'line 2' });
    const shown = JSON.parse((await shop.keywright(['token', 'show', id, '--json'])).stdout);
    expect(shown).toEqual({ ...edited.body, lastUsedAt: shown.lastUsedAt, lastUsedFrom: shown.lastUsedFrom });

    const rotated = await at(`/tokens/${id}/rotate`, root, { json: { overlap: '1h' } });
    expect([rotated.status, rotated.body.scopes]).toEqual([201, ['ingest', 'pipes:read']]);
    for (const key of [apiKey, rotated.body.apiKey])
      expect((await ask(server.http, { bearer: key })).status).toBe(200);
    const now = await ask(`${server.http}/api/v1/tokens/${rotated.body.id}/rotate`, {
      bearer: root,
      json: { now: true },
    });
    expect((await ask(server.http, { bearer: rotated.body.apiKey })).status).toBe(401);
    expect((await at(`/tokens/${id}/invalidate`, root, { method: 'POST' })).body.status).toBe('revoked');
    expect((await ask(server.http, { bearer: apiKey })).status).toBe(401);
    const revived = await at(`/tokens/${id}`, root, { method: 'PATCH', json: { expires: '90d' } });
    expect(revived.body.status).toBe('revoked');
    expect((await at(`/tokens/${now.body.id}`, root, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(server.http, { bearer: now.body.apiKey })).status).toBe(401);
    expect((await at(`/tokens/${now.body.id}`, root)).status).toBe(404);
    expect((await at('/tokens', root)).body.map((token: Listed) => token.id)).not.toContain(now.body.id);
  });

  it('of another user are not there for a member, and the attempt is recorded', async () => {
    const { at, ann, bob, root, key, audited } = await fixture();
    const mine = await at('/tokens', ann, { json: { label: 'mine' } });
    expect([mine.status, mine.body.owner]).toEqual([201, 'ann']);
    expect((await at('/tokens', ann)).body.map((token: Listed) => token.id)).toEqual([mine.body.id]);
    expect((await at('/tokens', bob)).body.map((token: Listed) => token.id)).toEqual([key.id]);
    expect((await at('/tokens', root)).body).toHaveLength(2);
    const unknown = await at('/tokens/nobody', ann);
    for (const [path, options] of [
      [`/tokens/${key.id}`, {}],
      [`/tokens/${key.clientId}`, {}],
      [`/tokens/${key.id}`, { method: 'PATCH', json: { label: 'x' } }],
      [`/tokens/${key.id}/invalidate`, { method: 'POST' }],
      [`/tokens/${key.id}/rotate`, { json: {} }],
      [`/tokens/${key.id}`, { method: 'DELETE' }],
      [`/clients/${key.clientId}`, {}],
      [`/clients/${key.clientId}`, { method: 'DELETE' }],
      [`/clients/${key.clientId}/reissue`, { json: {} }],
      [`/clients/${key.clientId}/password`, { method: 'PUT', json: { password: PASSWORD } }],
      [`/clients/${key.clientId}/password`, { method: 'PUT', json: { password: PASSWORD, alone: true } }],
      [`/clients/${key.clientId}/password`, { method: 'DELETE' }],
    ] as const) {
      const { status, body } = await at(path, ann, options);
      expect([path, status, body.reason]).toEqual([path, 404, unknown.body.reason]);
    }
    const more = await at('/tokens', ann, { json: { clientId: key.clientId } });
    expect(more.status).toBe(404);
    expect((await at('/tokens', ann, { json: { owner: 'bob' } })).status).toBe(403);
    const refused = (await audited()).filter(({ outcome }: { outcome: string }) => outcome === 'refused');
    expect(refused).toHaveLength(15);
    expect(refused[1]).toMatchObject({
      who: 'user ann',
      from: '127.0.0.1',
      action: 'token.show',
      target: key.id,
    });
    expect((await at(`/tokens/${key.id}`, bob)).body.status).toBe('valid');
  });

  it('never get a scope that whoever grants it does not hold', async () => {
    const { at, shop, ann, root, server } = await fixture();
    const limited = await registerKey(shop, '--scope', 'admin');
    const wide = await registerKey(shop, '--scope', '*');
    await eventually(async () => (await ask(server.http, { bearer: wide.apiKey })).status === 200, {
      withinMs: 1000,
      what: 'known',
    });
    for (const [bearer, scopes] of [
      [ann, ['admin']],
      [ann, ['*']],
      [ann, ['pipes:read']],
      [limited.apiKey, ['ingest']],
      [limited.apiKey, ['*']],
    ] as const) {
      const { status, body } = await at('/tokens', bearer, { json: { scopes } });
      expect([status, body.detail]).toEqual([403, expect.stringContaining(scopes[0])]);
    }
    expect((await at('/tokens', ann, { json: { scopes: ['metrics', 'publish:a/#'] } })).status).toBe(201);
    expect((await at('/tokens', limited.apiKey, { json: { scopes: ['admin'] } })).status).toBe(201);
    // A new secret or a later end for what one does not hold would be the same.
    for (const path of [`/tokens/${wide.id}/rotate`, `/clients/${wide.clientId}/reissue`])
      expect((await at(path, limited.apiKey, { json: {} })).status).toBe(403);
    const alone = { method: 'PUT', json: { password: PASSWORD, alone: true } };
    expect((await at(`/clients/${wide.clientId}/password`, limited.apiKey, alone)).status).toBe(403);
    const longer = { method: 'PATCH', json: { expires: 'never' } };
    expect((await at(`/tokens/${wide.id}`, limited.apiKey, longer)).status).toBe(403);
    expect(
      (await at('/users/root/password', limited.apiKey, { method: 'PUT', json: { password: PASSWORD } }))
        .status,
    ).toBe(403);
    const unknown = await at('/tokens', root, { json: { scopes: ['nonsense'] } });
    expect([unknown.status, unknown.body.detail]).toEqual([
      400,
      expect.stringContaining('metrics, pipes:read'),
    ]);
  });
});

describe('clients', () => {
  it('are issued, reissued, edited and deleted as by the commands', async () => {
    const { at, root, ann, server, shop } = await fixture();
    const made = await at('/clients', ann, { json: { id: 'Sensor-7', validFor: '90d', label: 'Line 1' } });
    expect([made.status, made.body.id, made.body.owner]).toEqual([201, 'sensor-7', 'ann']);
    const { certificate, privateKey, token, authority } = made.body;
    const leaf = new X509Certificate(certificate);
    expect([leaf.subject, leaf.verify(new X509Certificate(authority).publicKey)]).toEqual([
      'CN=sensor-7',
      true,
    ]);
    expect(privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----/);
    expect((await ask(server.http, { bearer: token })).status).toBe(200);
    expect((await at('/clients', root, { json: { id: 'sensor-7' } })).status).toBe(409);

    const again = await at('/clients/sensor-7/reissue', root, { json: {} });
    expect([again.status, again.body.owner, again.body.label]).toEqual([201, 'ann', 'Line 1']);
    expect((await ask(server.http, { bearer: token })).status).toBe(401);
    const plug = await at('/clients', ann, { json: { id: 'plug-3', mqttPassword: 'alone' } });
    expect([plug.status, plug.body.mqttPassword, plug.body.credentials.at(-1)]).toEqual([
      201,
      expect.stringMatching(/^[0-9A-Za-z]{16,31}$/),
      expect.objectContaining({ kind: 'password', alone: true }),
    ]);
    expect((await at('/clients/plug-3', ann)).body).not.toHaveProperty('mqttPassword');
    expect((await at('/clients/plug-3', ann, { method: 'DELETE' })).status).toBe(204);
    const edited = await at('/clients/sensor-7', root, {
      method: 'PATCH',
      json: { label: null, domain: 'plant7' },
    });
    expect(edited.body).toMatchObject({ label: null, domain: 'plant7', owner: 'ann' });
    expect((await ask(server.http, { bearer: again.body.token, headers: { domain: 'plant8' } })).status).toBe(
      403,
    );
    expect((await at('/clients/sensor-7', ann, { method: 'PATCH', json: { owner: null } })).status).toBe(403);
    const wide = await at('/clients/sensor-7', root, { method: 'PATCH', json: { scopes: ['admin'] } });
    expect([wide.status, wide.body.detail]).toEqual([403, expect.stringContaining('its owner ann holds')]);
    expect((await at('/clients', ann)).body.map((client: Listed) => client.id)).toEqual(['sensor-7']);
    const setPassword = async (json: object) =>
      (await at('/clients/sensor-7/password', ann, { method: 'PUT', json })).status;
    expect(await setPassword({ password: 'fifteen letters', alone: true })).toBe(400);
    expect(await setPassword({ password: 'sixteen letters.', alone: true })).toBe(204);
    expect((await at('/clients/sensor-7', ann)).body.credentials).toContainEqual(
      expect.objectContaining({ kind: 'password', alone: true, status: 'valid' }),
    );
    expect(await setPassword({ password: 'fifteen letters' })).toBe(204);
    const shown = JSON.parse((await shop.keywright(['key', 'show', 'sensor-7', '--json'])).stdout);
    expect((await at('/clients/sensor-7', ann)).body).toEqual(shown);
    expect(shown.credentials).toContainEqual(expect.objectContaining({ kind: 'password', alone: false }));
    const without = () => at('/clients/sensor-7/password', ann, { method: 'DELETE' });
    expect([(await without()).status, (await without()).status]).toEqual([204, 404]);
    expect((await at('/clients/sensor-7', ann, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(server.http, { bearer: again.body.token })).status).toBe(401);
  });
});

describe('users', () => {
  it('are added, edited and deleted by admins; members see themselves', async () => {
    const { at, root, ann, server } = await fixture();
    const json = {
      id: 'Cleo',
      password: PASSWORD,
      email: 'cleo@example.com',
      groups: ['ops'],
      domains: ['*'],
    };
    const made = await at('/users', root, { json });
    expect(made).toMatchObject({
      status: 201,
      body: { id: 'cleo', role: 'member', scopes: ['ingest'], groups: ['ops'] },
    });
    expect(JSON.stringify(made.body)).not.toContain('argon2');
    expect((await at('/users', root, { json })).status).toBe(409);
    expect((await at('/users', ann, { json: { ...json, id: 'd', email: 'd@example.com' } })).status).toBe(
      403,
    );
    expect((await at('/users', ann)).body.map((user: Listed) => user.id)).toEqual(['ann']);
    expect((await at('/users/bob', ann)).status).toBe(404);
    expect((await at('/users/ann', ann, { method: 'PATCH', json: { role: 'admin' } })).status).toBe(403);
    const short = await at('/users', root, { json: { id: 'e', password: 'short' } });
    expect([short.status, short.body.detail]).toEqual([400, 'a password has 12 to 512 characters']);

    const login = async (password: string) =>
      (await ask(`${server.http}/auth/login`, { json: { username: 'cleo', password } })).body.tkn;
    const cleo = await login(PASSWORD);
    const change = (json: object) => at('/users/cleo/password', cleo, { method: 'PUT', json });
    expect((await change({ password: 'another long password' })).status).toBe(403);
    expect((await change({ password: 'another long password', currentPassword: 'wrong' })).status).toBe(403);
    expect((await change({ password: 'another long password', currentPassword: PASSWORD })).status).toBe(204);
    expect((await ask(server.http, { bearer: cleo })).status).toBe(401);
    expect(await login(PASSWORD)).toBeUndefined();

    const again = await login('another long password');
    await at('/tokens', again, { json: {} });
    expect((await at('/users/cleo', root, { method: 'DELETE' })).status).toBe(403);
    expect((await at('/users/cleo?giveTo=ann', root, { method: 'DELETE' })).status).toBe(204);
    expect((await at('/tokens', ann)).body).toHaveLength(1);
    expect((await ask(server.http, { bearer: again })).status).toBe(401);
  });

  it('see and end their own sessions, an admin all of them', async () => {
    const { at, root, ann, bob, server } = await fixture();
    expect((await at('/sessions', root)).body).toHaveLength(3);
    const [session] = (await at('/sessions', ann)).body;
    expect(session).toMatchObject({ userId: 'ann', from: '127.0.0.1' });
    expect((await at(`/sessions/${session.id}`, bob, { method: 'DELETE' })).status).toBe(404);
    expect((await at(`/sessions/${session.id}`, ann, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(server.http, { bearer: ann })).status).toBe(401);
  });

  it('end all their sessions but the one that they ask by; an admin those of somebody else', async () => {
    const { at, root, ann, bob, server } = await fixture();
    const again = (await ask(`${server.http}/auth/login`, { json: { username: 'ann', password: PASSWORD } }))
      .body.tkn;
    const endAll = (bearer: string, owner = '') => at(`/sessions${owner}`, bearer, { method: 'DELETE' });
    expect((await endAll(ann, '?owner=bob')).status).toBe(404);
    expect(await endAll(ann)).toMatchObject({ status: 200, body: { ended: 1 } });
    expect((await ask(server.http, { bearer: again })).status).toBe(401);
    expect((await at('/sessions', ann)).body).toHaveLength(1);
    expect((await endAll(root, '?owner=nobody')).status).toBe(404);
    expect((await endAll(root, '?owner=ann')).body).toEqual({ ended: 1 });
    expect((await ask(server.http, { bearer: ann })).status).toBe(401);
    expect((await ask(server.http, { bearer: bob })).status).toBe(200);
  });

  it('no longer have the sessions that another password ended', async () => {
    const { at, root, ann } = await fixture();
    const json = { password: 'another long password', currentPassword: PASSWORD };
    expect((await at('/users/ann/password', ann, { method: 'PUT', json })).status).toBe(204);
    expect((await at('/sessions?owner=ann', root)).body).toEqual([]);
  });

  it('are listed with what they have: clients, sessions, and when they signed in', async () => {
    const { at, root, bob } = await fixture();
    const [row] = (await at('/users?state=enabled', bob)).body;
    expect(row).toMatchObject({ id: 'bob', clients: 1, sessions: 1, signedInAt: expect.any(String) });
    await at('/sessions?owner=bob', root, { method: 'DELETE' });
    const all = (await at('/users', root)).body.map(({ id, clients, sessions, signedInAt }: Counted) => [
      ...[id, clients, sessions, signedInAt === null],
    ]);
    expect(all).toEqual([
      ['ann', 0, 1, false],
      ['bob', 1, 0, true],
      ['root', 0, 1, false],
    ]);
    expect((await at('/users/bob', root)).body).toMatchObject({ clients: 1, sessions: 0, signedInAt: null });
  });
});

type Counted = { id: string; clients: number; sessions: number; signedInAt: string | null };

describe('the management API', () => {
  it('is for callers with the scope admin, or users; refusals are recorded', async () => {
    const { at, shop, key, server, ann, audited } = await fixture();
    expect((await ask(`${server.http}/api/v1/tokens`)).status).toBe(401);
    expect((await at('/tokens', 'rubbish')).status).toBe(401);
    const { status, body } = await at('/tokens', key.apiKey);
    expect([status, body.reason]).toEqual([403, 'insufficient-scope']);
    // A token that was narrowed manages nothing either.
    const form = { grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', scope: 'metrics' };
    const subject = {
      subject_token: ann,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    };
    const { access_token: narrow } = (
      await ask(`${server.http}/oauth/token`, { form: { ...form, ...subject } })
    ).body;
    expect((await at('/tokens', narrow)).status).toBe(403);
    const refused = (await audited()).filter(({ outcome }: { outcome: string }) => outcome === 'refused');
    expect(refused.map(({ who, action }: { who: string; action: string }) => [who, action])).toEqual([
      ['unknown', 'token.list'],
      ['unknown', 'token.list'],
      [`client ${key.clientId}`, 'token.list'],
      ['user ann', 'token.list'],
    ]);
    expect((await shop.keywright(['audit', 'verify'])).exitCode).toBe(0);
    const log = await readFile(join(shop.home, 'audit.log'), 'utf8');
    for (const secret of [PASSWORD, key.apiKey, ann, narrow]) expect(log).not.toContain(secret);
  });

  it('is not there on other methods and paths', async () => {
    const { at, root } = await fixture();
    for (const [path, method, status, allow] of [
      ['/tokens', 'PUT', 405, 'GET, HEAD, POST, OPTIONS'],
      ['/tokens/', 'GET', 404, null],
      ['/tokens/a/b/c', 'GET', 404, null],
      ['/users/ann/password', 'POST', 405, 'PUT, OPTIONS'],
      ['/users/ann/password', 'GET', 405, 'PUT, OPTIONS'],
      ['/users/ann', 'OPTIONS', 204, 'DELETE, GET, HEAD, PATCH, OPTIONS'],
      ['/auth/login', 'PUT', 405, 'POST, OPTIONS'],
      // Beside them nothing is changed, and nobody is told so.
      ...[
        '/token/ann',
        '/client',
        '/users/../token',
        '/auth/logout',
        '/agents',
        '/TOKENS/ann',
        '//tokens/ann',
      ].map((path) => [path, 'DELETE', 404, null] as const),
    ] as const) {
      const answer = await at(path, root, { method });
      expect([path, answer.status, answer.headers.get('allow')]).toEqual([path, status, allow]);
    }
    expect((await at('/agents', root)).body.data.userId).toBe('root');
  });

  it('is described by the document that it hands out', async () => {
    const { server } = await fixture();
    const document = (await ask(`${server.http}/openapi.json`)).body;
    const kept = await readFile(new URL('../../docs/openapi.json', import.meta.url), 'utf8');
    expect(document).toEqual(JSON.parse(kept));
    for (const operations of Object.values<Record<string, { summary?: string; responses: object }>>(
      document.paths,
    )) {
      for (const { summary, responses } of Object.values(operations)) {
        expect([typeof summary, Object.keys(responses)]).toEqual([
          'string',
          expect.arrayContaining(['default']),
        ]);
      }
    }
  });
});
