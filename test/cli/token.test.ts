import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, type Workshop, workshop } from '../support/keywright.js';

const json = (text: string) => JSON.parse(text);

async function register({ keywright }: Workshop, ...args: string[]) {
  const run = await keywright(['register', 'token', '--json', ...args]);
  expect(run.exitCode).toBe(0);
  return json(run.stdout);
}

const verdict = async ({ keywright }: Workshop, input: string, ...args: string[]) =>
  json((await keywright(['verify', '-', '--json', ...args], { input })).stdout);

describe('register token', () => {
  it('prints the client id, the secret and the API key once', async () => {
    const shop = await workshop();
    const run = await shop.keywright([
      'register',
      'token',
      '--label',
      'ingest',
      '--expires',
      '90d',
      '--scope',
      'ingest',
    ]);
    const [, clientId, secret, key, wrapped] =
      /^Client ID {6}(\S+)\nClient Secret {2}(\S+)\nAPI Key {8}(\S+)\nWrapped {8}(\S+)$/.exec(run.stdout) ??
      [];
    expect(clientId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(key).toMatch(/^kw_live_[0-9A-Za-z]{38}$/);
    expect(secret).toBe(key);
    expect(Buffer.from(wrapped?.slice('kw-key:'.length) ?? '', 'base64').toString()).toBe(
      `${clientId}:${key}`,
    );
    expect(run.stderr).toMatch(
      /^keywright: this is the only time that the secret is shown; \S+ expires \S+Z$/,
    );

    for (const form of [key, wrapped, `mrsm-key:${wrapped?.slice('kw-key:'.length)}`]) {
      expect(
        await verdict(shop, form ?? '', '--client-id', clientId ?? '', '--scope', 'ingest'),
      ).toMatchObject({
        outcome: 'accepted',
        principal: { clientId, label: 'ingest', scopes: ['ingest'], credential: { kind: 'api-key' } },
      });
    }
    const shown =
      (await shop.keywright(['token', 'list'])).stdout +
      (await shop.keywright(['token', 'show', clientId ?? '', '--json'])).stdout +
      (await shop.keywright(['key', 'show', clientId ?? ''])).stdout;
    expect(shown).not.toContain(key?.slice(-34));
    const [shard = ''] = (await readdir(join(shop.home, 'store', 'clients'))).filter((name) =>
      name.endsWith('.json'),
    );
    expect(await readFile(join(shop.home, 'store', 'clients', shard), 'utf8')).not.toContain(key?.slice(-34));
    expect((await stat(join(shop.home, 'hmac.key'))).mode & 0o777).toBe(0o600);
  });

  it('gives an existing client one more credential, which has its own scopes and end', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app', '--scope', 'metrics']);
    const { apiKey, clientId, expiresAt } = await register(
      shop,
      '--client',
      'App',
      '--expires',
      'never',
      '--prefix',
      'mchx_',
    );
    // A key does not outlive its client, which has the three years of its certificate.
    expect([clientId, Date.parse(expiresAt) > Date.now()]).toEqual(['app', true]);
    expect(apiKey).toMatch(/^mchx_/);
    expect(await verdict(shop, apiKey)).toMatchObject({ principal: { clientId: 'app', scopes: ['ingest'] } });
    expect(
      (await shop.keywright(['verify', '--token-file', 'app_token', '--scope', 'metrics'])).exitCode,
    ).toBe(0);
    expect(
      (await shop.keywright(['verify', '--token-file', 'app_token', '--scope', 'ingest'])).exitCode,
    ).toBe(5);
    const missing = await shop.keywright(['register', 'token', '--client', 'nobody']);
    expect(missing).toMatchObject({ exitCode: 3, stdout: '' });
  });

  it.each([
    [['--expires', 'soon'], '"soon" is not a time'],
    [['--expires', '2020-01-01'], 'would expire in the past'],
    [['--scope', 'a b'], 'scope "a b" is not allowed'],
    [['--prefix', 'KW'], 'prefix "KW" is not allowed'],
    [['--label', 'a\u001b[2J'], 'label "a\\u001b[2J" is not allowed'],
    [['--client', 'a/b'], 'client id "a/b" is not allowed'],
  ])('refuses %j and registers nothing', async (args, message) => {
    const { keywright } = await workshop();
    const run = await keywright(['register', 'token', ...args]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(message) });
    expect((await keywright(['token', 'list', '--json'])).stdout).toBe('[]');
  });

  it('is not recognised by a hashing key made anew: its loss is an error', async () => {
    const shop = await workshop();
    const { apiKey } = await register(shop);
    await rm(join(shop.home, 'hmac.key'));
    for (const args of [
      ['verify', '-'],
      ['register', 'token'],
      ['serve', '--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0'],
    ]) {
      const run = await shop.keywright(args, { input: apiKey });
      expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('hmac.key is missing') });
    }
  });

  it('many at once are all there, under one hashing key', { timeout: 300_000 }, async () => {
    const shop = await workshop();
    const runs = await Promise.all(
      Array.from({ length: 20 }, () => shop.program(['register', 'token', '--json'])),
    );
    expect(runs.filter(({ exitCode }) => exitCode !== 0)).toEqual([]);
    expect(json((await shop.keywright(['token', 'list', '--json'])).stdout)).toHaveLength(20);
    for (const { stdout } of runs)
      expect(await verdict(shop, json(stdout).apiKey)).toMatchObject({ outcome: 'accepted' });
  });
});

describe('token', () => {
  it('edit changes what it is told to, and never revives a key', async () => {
    const shop = await workshop();
    const { id, apiKey } = await register(shop, '--label', 'a');
    const edited = json(
      (
        await shop.keywright([
          'token',
          'edit',
          id,
          '--expires',
          '2031-01-01',
          '--scope',
          'pipes:read',
          '--json',
        ])
      ).stdout,
    );
    expect(edited).toMatchObject({
      label: 'a',
      scopes: ['pipes:read'],
      expiresAt: '2031-01-01T00:00:00Z',
      status: 'valid',
    });
    await shop.keywright(['token', 'invalidate', id]);
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'rejected', reason: 'revoked' });
    const again = json(
      (await shop.keywright(['token', 'edit', id, '--expires', 'never', '--label', 'b', '--json'])).stdout,
    );
    expect(again).toMatchObject({ status: 'revoked', label: 'b' });
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'rejected', reason: 'revoked' });
    expect((await shop.keywright(['token', 'list'])).stdout).toMatch(/│ revoked │/);
  });

  it('delete forgets it, and a client that had nothing else', async () => {
    const shop = await workshop();
    const { id, clientId, apiKey } = await register(shop);
    await shop.keywright(['key', 'gen', 'app']);
    const more = await register(shop, '--client', 'app');
    expect(await shop.keywright(['token', 'delete', id])).toEqual({
      exitCode: 0,
      stdout: `Deleted ${id}`,
      stderr: '',
    });
    expect(await verdict(shop, apiKey)).toMatchObject({ outcome: 'rejected', reason: 'invalid' });
    expect((await shop.keywright(['key', 'show', clientId])).exitCode).toBe(3);
    expect((await shop.keywright(['token', 'delete', more.id])).exitCode).toBe(0);
    expect((await shop.keywright(['key', 'show', 'app'])).exitCode).toBe(0);
    expect((await shop.keywright(['token', 'delete', more.id])).exitCode).toBe(3);
  });

  it('rotate gives a new key with the same permissions; the old one holds until the overlap ends', async () => {
    const shop = await workshop();
    const old = await register(shop, '--label', 'a', '--scope', 'metrics', '--prefix', 'ing_live_');
    const rotated = json(
      (await shop.keywright(['token', 'rotate', old.clientId, '--overlap', '24h', '--json'])).stdout,
    );
    expect(rotated).toMatchObject({ clientId: old.clientId, label: 'a', scopes: ['metrics'] });
    expect(rotated.apiKey).toMatch(/^ing_live_/);
    for (const key of [old.apiKey, rotated.apiKey])
      expect(await verdict(shop, key)).toMatchObject({ outcome: 'accepted' });
    const listed = json((await shop.keywright(['token', 'list', '--json'])).stdout);
    const hours =
      (Date.parse(listed.find((key: { id: string }) => key.id === old.id).expiresAt) - Date.now()) /
      3_600_000;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThanOrEqual(24);

    const ambiguous = await shop.keywright(['token', 'rotate', old.clientId]);
    expect(ambiguous).toMatchObject({ exitCode: 2, stderr: expect.stringContaining(rotated.id) });
    const last = json((await shop.keywright(['token', 'rotate', rotated.id, '--now', '--json'])).stdout);
    expect(await verdict(shop, rotated.apiKey)).toMatchObject({ outcome: 'rejected', reason: 'expired' });
    expect(await verdict(shop, last.apiKey)).toMatchObject({ outcome: 'accepted' });
    expect(await shop.keywright(['token', 'rotate', rotated.id])).toMatchObject({ exitCode: 5 });
  });

  it.each([['show'], ['edit'], ['invalidate'], ['delete'], ['rotate']])(
    '%s an unknown one exits with 3',
    async (command) => {
      const shop = await workshop();
      await shop.keywright(['key', 'gen', 'app']);
      for (const id of ['nobody', 'nobody:abcdef', 'app', 'app:abcdef', '../x', 'app:']) {
        const flags = command === 'edit' ? ['--label', 'x'] : [];
        const run = await shop.keywright(['token', command, id, ...flags]);
        expect([id, run.exitCode, run.stdout]).toEqual([id, 3, '']);
      }
    },
  );
});

describe('verify', () => {
  it('has one answer for a key that was not proved', async () => {
    const shop = await workshop();
    const { apiKey, clientId } = await register(shop);
    const other = await register(shop);
    const wrap = (id: string, key: string) => `kw-key:${Buffer.from(`${id}:${key}`).toString('base64')}`;
    const last = apiKey.endsWith('0') ? '1' : '0';
    for (const text of [
      `${apiKey.slice(0, -1)}${last}`,
      apiKey.replace('kw_live_', 'kw_test_'),
      wrap(other.clientId, apiKey),
      wrap(clientId, other.apiKey),
      wrap('nobody', apiKey),
      wrap(clientId, 'wrong'),
    ]) {
      expect(await verdict(shop, text)).toMatchObject({ outcome: 'rejected', reason: 'invalid' });
    }
    expect(await verdict(shop, wrap(clientId.toUpperCase(), apiKey))).toMatchObject({ outcome: 'accepted' });
    expect(await verdict(shop, apiKey, '--client-id', other.clientId)).toMatchObject({
      outcome: 'rejected',
      reason: 'wrong-client-id',
    });
  });
});

it('a key of a disabled owner is revoked in every list, as the verifier says, and valid once they are enabled', async () => {
  const shop = await workshop();
  await addUser(shop, 'ann');
  const { id, apiKey, clientId } = await register(shop, '--owner', 'ann');
  const read = async (...args: string[]) => json((await shop.keywright([...args, '--json'])).stdout);
  const states = async () => [
    (await read('token', 'list')).map(({ status }: { status: string }) => status),
    (await read('token', 'list', '--state', 'valid')).length,
    (await read('token', 'show', id)).status,
    (await read('key', 'show', clientId)).credentials.map(({ status }: { status: string }) => status),
    (await verdict(shop, apiKey)).outcome,
  ];
  await shop.keywright(['user', 'edit', 'ann', '--disable']);
  expect(await states()).toEqual([['revoked'], 0, 'revoked', ['revoked'], 'rejected']);
  await shop.keywright(['user', 'edit', 'ann', '--enable']);
  expect(await states()).toEqual([['valid'], 1, 'valid', ['valid'], 'accepted']);
});
