import { cp, mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { FileStore } from '../../src/store/file/file-store.js';
import { ask, serve, type Workshop, workshop } from '../support/keywright.js';

// A home as the program before format 2 left it, and what that handed over; `make.sh` beside it says how it was made.
const LEFT = fileURLToPath(new URL('../vectors/format-1', import.meta.url));

async function oldHome(): Promise<Workshop> {
  const shop = await workshop();
  await cp(LEFT, shop.directory, { recursive: true });
  const closed = await execa('chmod', ['-R', 'go-rwx', shop.home]);
  expect(closed.exitCode).toBe(0);
  return shop;
}

const json = (text: string) => JSON.parse(text);

async function handedOver(file: string): Promise<{ apiKey: string; key: string; clientId: string }> {
  return json(await readFile(join(LEFT, file), 'utf8'));
}

const tree = async (directory: string) =>
  Promise.all(
    (await readdir(directory, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
      .map(async ({ parentPath, name }) => {
        const path = join(parentPath, name);
        return [path.slice(directory.length), await readFile(path, 'utf8')];
      }),
  ).then((files) => files.sort());

it('is read as it is, and nothing is written, until a command changes something', async () => {
  const shop = await oldHome();
  const before = await tree(shop.home);
  expect(
    json((await shop.keywright(['key', 'list', '--json'])).stdout).map(({ id }: { id: string }) => id),
  ).toEqual(['pump01', 'owned', (await handedOver('sensors.json')).clientId].sort());
  const [certificate] = json((await shop.keywright(['key', 'show', 'pump01', '--json'])).stdout).credentials;
  expect(certificate).toMatchObject({ kind: 'certificate', algorithm: 'ec-p256' });
  for (const [file, exitCode] of [
    ['pump01_token', 0],
    ['owned_token', 0],
    ['replaced_token', 5],
    ['gone_token', 5],
  ] as const)
    expect((await shop.keywright(['verify', '--token-file', file])).exitCode, file).toBe(exitCode);
  expect((await shop.keywright(['verify', '--cert', 'pump01_cert.pem'])).exitCode).toBe(0);
  expect(await shop.keywright(['verify', '--cert', 'replaced_cert.pem'])).toMatchObject({
    exitCode: 5,
    stdout: expect.stringContaining('was replaced at'),
  });
  expect(json((await shop.keywright(['token', 'list', '--json'])).stdout)).toEqual(
    expect.arrayContaining([expect.objectContaining({ label: 'sensors', lastUsedFrom: '127.0.0.1' })]),
  );
  expect(await tree(shop.home)).toEqual(before);
});

it('is brought to format 2 by the first change, which says so and keeps what was, and goes on', async () => {
  const shop = await oldHome();
  const before = await tree(join(shop.home, 'store'));
  const copy = join(shop.home, 'store.format-1');
  expect((await shop.keywright(['key', 'gen', 'later'])).stderr).toContain(
    `brought the key store to format 2; what it was is kept in ${copy}`,
  );
  expect(await tree(copy)).toEqual(before);
  expect(await readFile(join(shop.home, 'store-version'), 'utf8')).toBe('2\n');
  for (const [path, text] of await tree(join(shop.home, 'store')))
    expect([path, json(text ?? '').schema]).toEqual([path, 2]);

  const store = new FileStore({ home: shop.home });
  const kept = (await store.certificates.page()).map(({ holder, withdrawn, key, fingerprint }) => [
    holder.id,
    withdrawn?.reason ?? null,
    key === null,
    fingerprint === null,
  ]);
  expect(kept.sort()).toEqual([
    ['gone', 'deleted', true, true],
    ['later', null, false, false],
    ['owned', null, false, false],
    ['pump01', null, false, false],
    ['pump01', 'replaced', true, true],
  ]);
  expect(await store.withdrawnTokens.page()).toHaveLength(1);
  expect(await store.sessions.page()).toMatchObject([{ userId: 'ada' }]);

  const server = await serve(shop);
  const status = async (bearer: string) => (await ask(server.http, { bearer: bearer.trim() })).status;
  for (const file of ['sensors.json', 'extra.json'])
    expect(await status((await handedOver(file)).apiKey), file).toBe(200);
  for (const [file, answer] of [
    ['pump01_token', 200],
    ['replaced_token', 401],
    ['gone_token', 401],
  ] as const)
    expect(await status(await readFile(join(LEFT, file), 'utf8')), file).toBe(answer);
  const post = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    return (await fetch(`${server.http}${path}`, { method: 'POST', headers, body: JSON.stringify(body) }))
      .status;
  };
  const login = { username: 'ada@example.com', password: 'correct horse battery' };
  expect(await post('/api/v1/auth/login', login)).toBe(200);
  const { key } = await handedOver('provisioning.json');
  expect(await post('/api/v1/provision/agent', { key, agentName: 'gw' })).toBe(201);
  expect(await shop.keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
  const taken = await shop.keywright(['user', 'edit', 'bob', '--email', 'ada@example.com']);
  expect(taken.stderr).toContain('user ada has the e-mail address ada@example.com');
});

it('is migrated once by many commands at once, and again if the first was killed half-way', async () => {
  const shop = await oldHome();
  // As a migration leaves it that was killed before its last step.
  await mkdir(join(shop.home, 'store.format-1.new', 'clients'), { recursive: true });
  const made = await Promise.all(['n1', 'n2', 'n3', 'n4'].map((id) => shop.keywright(['key', 'gen', id])));
  expect(made.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
  expect(made.filter(({ stderr }) => stderr.includes('brought the key store'))).toHaveLength(1);
  const ids = json((await shop.keywright(['key', 'list', '--json'])).stdout).map(
    ({ id }: { id: string }) => id,
  );
  expect(ids).toEqual(expect.arrayContaining(['n1', 'n2', 'n3', 'n4', 'owned', 'pump01']));
  expect((await readdir(shop.home)).filter((name) => name.startsWith('store'))).toEqual(
    expect.arrayContaining(['store', 'store-version', 'store.format-1']),
  );
});
