import { readFile } from 'node:fs/promises';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeApiKey } from '../../src/core/model/api-key.js';
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

type Line = Readonly<Record<string, unknown>>;

/** The lines about refusals, without their times. */
function refusals({ log }: Server): Line[] {
  return log()
    .split('\n')
    .filter((line) => line.includes('refused') || line.includes('suppressed'))
    .map((line) => JSON.parse(line))
    .map(({ level, time, ...line }) => line);
}

const AT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

describe('the log', () => {
  it('says of each refused request who asked for what with which credential, and what became of that', async () => {
    const shop = await workshop();
    await addUser(shop, 'root', '--role', 'admin');
    await shop.keywright(['key', 'gen', 'dev']);
    const old = (await readFile(join(shop.directory, 'dev_token'), 'utf8')).trim();
    await shop.keywright(['key', 'gen', 'dev', '--force']);
    const [kept, deleted, rotated] = [
      await registerKey(shop),
      await registerKey(shop),
      await registerKey(shop),
    ];
    await shop.keywright(['token', 'delete', deleted.id]);
    await shop.keywright(['token', 'rotate', rotated.id, '--now']);
    const unknown = makeApiKey('kw_live_');
    const server = await serve(shop);
    const get = async (path: string, headers: Record<string, string>) => {
      const before = refusals(server).length;
      const { status, body } = await ask(`${server.http}${path}`, { headers });
      const lines = refusals(server).slice(before);
      expect(lines).toHaveLength(1);
      const { cause, ...line } = lines[0] ?? {};
      const said = String(cause).replaceAll(AT, 'TIME');
      return { answer: [status, body.reason, body.detail], line, cause: said };
    };
    const key = (secret: string) => ({ 'x-api-key': secret });
    const invalid = [401, 'invalid token', 'the credential is not valid'];
    const hint = expect.stringMatching(/^kw_live_… SHA-256 [0-9a-f]{8}…$/);
    const common = {
      address: '127.0.0.1',
      method: 'GET',
      path: '/x',
      status: 401,
      msg: 'HTTP request refused',
    };

    expect(await get(`/x?token=${unknown}`, key(unknown))).toEqual({
      answer: invalid,
      line: { ...common, reason: 'invalid', credential: 'api-key', hint },
      cause: 'the API key is not registered: it was deleted, or never was',
    });
    expect(await get('/x', key(deleted.apiKey))).toMatchObject({
      answer: invalid,
      cause: `API key ${deleted.id} was deleted at TIME, with the last of client ${deleted.clientId}`,
    });
    expect(await get('/x', key(rotated.apiKey))).toMatchObject({
      line: { reason: 'expired' },
      cause: `API key ${rotated.id} was replaced at TIME, and expired at TIME`,
    });
    expect(await get('/x', { authorization: `Bearer ${old}` })).toMatchObject({
      answer: invalid,
      line: {
        ...common,
        credential: 'signed-token',
        client: 'dev',
        hint: expect.stringMatching(/^SHA-256 /),
      },
      cause: 'the signature is not that of client dev’s key, which was replaced at TIME',
    });
    expect(await get('/x', { authorization: `Bearer ${old.slice(0, -6)}abcdef` })).toMatchObject({
      answer: invalid,
      cause: 'the signature is not that of client dev’s key',
    });
    expect(await get('/x', key('rubbish'))).toMatchObject({
      line: { credential: 'unknown' },
      cause: 'what was presented does not have the form of any credential',
    });
    expect(await get('/x', {})).toMatchObject({
      line: { reason: 'missing' },
      cause: 'nothing was presented',
    });
    expect(
      await get('/verify?scope=metrics', { ...key(kept.apiKey), 'x-original-uri': '/app' }),
    ).toMatchObject({
      answer: [403, 'insufficient-scope', 'the credential does not have the scope'],
      line: { status: 403, path: '/app', reason: 'insufficient-scope' },
      cause: `API key ${kept.id} lacks metrics: it has ingest`,
    });
    expect(await get(`/x/${kept.apiKey}`, {})).toMatchObject({ line: { path: '/x/…' } });
    expect(await get('/api/v1/clients', key(kept.apiKey))).toMatchObject({
      line: { status: 403, path: '/api/v1/clients', reason: 'insufficient-scope', client: kept.clientId },
      cause: `client ${kept.clientId} may not manage: it has ingest`,
    });

    const conflict = { ...key(kept.apiKey), authorization: `Bearer ${old}` };
    const detail = 'the request carries two credentials that differ: send one';
    for (const path of ['/x', '/verify', '/api/v1/clients'])
      expect(await get(path, conflict)).toMatchObject({
        answer: [401, 'invalid token', detail],
        line: { reason: 'conflicting-credentials' },
      });
    for (const { apiKey } of [kept, deleted, rotated]) expect(server.log()).not.toContain(apiKey.slice(12));
    expect(server.log()).not.toContain(old.slice(-20));
    expect(server.log()).not.toContain(unknown.slice(12));
  });

  it('says it of logins, of OAuth and of provisioning, whose callers hear less', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    await addUser(shop, 'bob');
    await shop.keywright(['user', 'edit', 'bob', '--disable']);
    const server = await serve(shop);
    const causes = async (path: string, request: Parameters<typeof ask>[1]) => {
      const before = refusals(server).length;
      const { status } = await ask(`${server.http}${path}`, request);
      await eventually(() => refusals(server).length > before, { withinMs: 1000, what: 'its line' });
      return [
        status,
        ...refusals(server)
          .slice(before)
          .map(({ cause }) => String(cause).replaceAll(AT, 'TIME')),
      ];
    };
    const login = (username: string, password: string) =>
      causes('/auth/login', { json: { username, password } });
    expect(await login('ann', 'wrong wrong wrong')).toEqual([401, 'the password is not that of user ann']);
    expect(await login('bob', PASSWORD)).toEqual([401, 'user bob was disabled at TIME']);
    expect(await login('my secret', PASSWORD)).toEqual([401, 'no user has that name or e-mail address']);
    expect(server.log()).not.toContain('my secret');
    const unknown = makeApiKey('kw_live_');
    expect(
      await causes('/oauth/token', {
        form: { grant_type: 'client_credentials', client_id: 'nobody', client_secret: unknown },
      }),
    ).toEqual([401, 'it names a client that does not exist']);
    expect(
      await causes('/oauth/token', { form: { grant_type: 'refresh_token', refresh_token: 'x' } }),
    ).toEqual([400, 'what was presented does not have the form of a refresh token']);
    expect(
      await causes('/api/v1/provision/agent', { json: { key: `prov_${unknown}`, agentName: 'a' } }),
    ).toEqual([401, 'the provisioning key is not registered: it was deleted, or never was']);
  });

  it('counts a flood once a second, and says that an address or a credential came too often', async () => {
    const shop = await workshop();
    const { apiKey, clientId } = await registerKey(shop);
    const server = await serve(shop, ['--failed-attempts', '30/1m', '--requests-per-key', '2/1m']);
    await known(server, apiKey);
    for (let count = 0; count < 3; count += 1) await ask(server.http, { bearer: apiKey });
    expect(refusals(server).at(-1)).toMatchObject({
      ...{ status: 429, reason: 'rate-limited', credential: 'api-key', client: clientId },
      cause: `too many requests with one credential of client ${clientId}`,
    });
    await Promise.all(Array.from({ length: 60 }, () => ask(server.http, { bearer: makeApiKey('kw_live_') })));
    await eventually(() => refusals(server).some(({ suppressed }) => Number(suppressed) > 0), {
      withinMs: 3000,
      what: 'the count',
    });
    expect(refusals(server).length).toBeLessThan(60);
    expect(await ask(server.http, { bearer: makeApiKey('kw_live_') })).toMatchObject({ status: 429 });
    expect(refusals(server).at(-1)).toMatchObject({
      reason: 'rate-limited',
      cause: expect.stringMatching(
        /^too many wrong credentials from its address; of this one: the API key is/,
      ),
    });
  });

  it('says that a TLS handshake failed', async () => {
    const shop = await workshop();
    const server = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    await new Promise((resolve) =>
      tlsRequest(server.http, { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' })
        .on('error', resolve)
        .end(),
    );
    await eventually(() => refusals(server).length > 0, { withinMs: 3000, what: 'its line' });
    expect(refusals(server)[0]).toMatchObject({
      ...{ address: '127.0.0.1', reason: expect.stringMatching(/^no TLS handshake: ERR_SSL_/) },
      msg: 'HTTP connection refused',
    });
  });

  it('says of a broker’s call-back what its client’s credential came to', async () => {
    const shop = await workshop();
    const { apiKey, id, clientId } = await registerKey(shop);
    await shop.keywright(['token', 'invalidate', id]);
    const server = await serve(shop);
    await ask(`${server.http}/callbacks/emqx/authn`, {
      json: { clientid: 'c1', username: clientId, password: apiKey, peerhost: '192.0.2.7' },
    });
    expect(refusals(server)).toEqual([
      {
        ...{ address: '192.0.2.7', path: '/callbacks/emqx/authn', clientId: 'c1', outcome: 'deny' },
        ...{ reason: 'revoked', credential: 'api-key', hint: expect.any(String) },
        cause: expect.stringMatching(new RegExp(`^API key ${id} was invalidated at `)),
        msg: 'a call-back was refused',
      },
    ]);
  });
});
