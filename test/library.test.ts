import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { addUser, ask, eventually, serve, type Workshop, workshop } from './support/keywright.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A program of somebody else's, in a package that has keywright installed. */
async function project({ directory }: Workshop, files: Record<string, string>): Promise<string> {
  const modules = join(directory, 'node_modules');
  await mkdir(join(modules, '@types'), { recursive: true });
  await symlink(root, join(modules, 'keywright'));
  await symlink(join(root, 'node_modules/@types/node'), join(modules, '@types/node'));
  await symlink(join(root, 'node_modules/undici-types'), join(modules, 'undici-types'));
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

/** Compiles with strict types. @returns what tsc says, in lines that begin with the file's name */
async function compile(cwd: string, ...files: string[]): Promise<string[]> {
  const { stdout } = await execa(
    process.execPath,
    [
      join(root, 'node_modules/typescript/bin/tsc'),
      ...['--strict', '--exactOptionalPropertyTypes', '--module', 'NodeNext', '--target', 'ES2023'],
      ...['--lib', 'ES2023', '--types', 'node', ...files],
    ],
    { cwd, reject: false },
  );
  return stdout.split('\n');
}

// The programme of meerschaum.txt, as docs/library.md has it.
async function documentedProgram(): Promise<string> {
  const guide = await readFile(join(root, 'docs/library.md'), 'utf8');
  return /```ts\n([\s\S]*?)```/.exec(guide)?.[1] ?? '';
}

const WRONG = `import { openKeystore } from 'keywright';
const keystore = await openKeystore();
await keystore.register({ scope: 'ingest' });
const token = await keystore.token('x');
console.log(token.apiKey);
`;

describe('the library', () => {
  it('runs the programme of its guide, compiled with strict types, which say what is not possible', async () => {
    const shop = await workshop();
    await addUser(shop, 'myuser', '--scope', 'ingest', '--scope', 'pipes:*');
    const cwd = await project(shop, { 'program.ts': await documentedProgram(), 'wrong.ts': WRONG });
    const told = await compile(cwd, 'program.ts', 'wrong.ts');
    // Nothing of the program, nor of the library's own types.
    expect(told).toEqual([
      expect.stringMatching(/^wrong\.ts.*'scope' does not exist in type 'TokenRequest'/),
      expect.stringMatching(/^wrong\.ts.*Property 'apiKey' does not exist on type 'Token'/),
    ]);
    const env = { KEYWRIGHT_HOME: shop.home, KEYWRIGHT_SCOPES: 'pipes:read,pipes:write' };
    const { stdout } = await execa(process.execPath, ['program.js'], { cwd, env });
    expect(stdout).toMatch(
      /^registered 'my-iot-device'\n {2}client id: [0-9a-f-]{36}\n {2}client secret: kw_live_\w{38}\n {2}API key: kw_live_\w{38}\naccepted: [0-9a-f-]{36} of myuser may ingest\nmy-iot-device: valid, ingest\nedited: pipes:read pipes:write, until \S+Z\nafter invalidation: revoked\nafter deletion: 0 token\(s\)$/,
    );
  });

  it('shares the keystore with the commands and the server, and fails with the same errors', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    const server = await serve(shop);
    const { openKeystore, KeywrightError } = await import('../src/index.js');
    const keystore = await openKeystore({ home: shop.home, environment: {} });
    const token = await keystore.register({ owner: 'ann', expiresAt: null, prefix: 'mchx_' });
    expect(token).toMatchObject({ owner: 'ann', expiresAt: null, scopes: ['ingest'], status: 'valid' });
    const { stdout } = await shop.keywright(['token', 'show', token.id, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ id: token.id, owner: 'ann', expiresAt: null });
    const rotated = await keystore.rotate(token.id);
    expect(await keystore.verify({ token: token.apiKey })).toEqual({ accepted: false, reason: 'expired' });
    expect(
      await keystore.verify({ token: rotated.wrapped, scope: 'ingest', clientId: token.clientId }),
    ).toMatchObject({
      ...{ accepted: true, kind: 'client', id: token.clientId, owner: 'ann' },
    });
    expect(await keystore.verify({ token: rotated.apiKey, scope: 'admin' })).toEqual({
      ...{ accepted: false, reason: 'insufficient-scope' },
    });
    await keystore.delete(token.id);
    expect((await keystore.tokens({ owner: 'ANN' })).map(({ id }) => id)).toEqual([rotated.id]);
    for (const [attempt, code] of [
      [() => keystore.token('nobody'), 'not-found'],
      [() => keystore.register({ owner: 'nobody' }), 'not-found'],
      [() => keystore.register({ owner: 'ann', scopes: ['admin'] }), 'refused'],
      [() => keystore.register({ scopes: ['nonsense'] }), 'invalid-input'],
      [() => keystore.register({ expiresAt: new Date(0) }), 'invalid-input'],
      [() => keystore.register({ expiresAt: new Date(Number.NaN) }), 'invalid-input'],
      [() => keystore.edit(rotated.id, { expiresAt: new Date('x') }), 'invalid-input'],
      [() => keystore.register({ clientId: '../x' }), 'invalid-input'],
    ] as const) {
      const error = await attempt().then(
        () => undefined,
        (reason) => reason,
      );
      expect([error instanceof KeywrightError, error?.code]).toEqual([true, code]);
    }
    expect(await keystore.audit({ target: token.clientId, since: token.createdAt })).toEqual(
      ['token.register', 'token.rotate', 'token.delete'].map((action) => ({
        ...{ seq: expect.any(Number), at: expect.any(Date), who: expect.any(String), from: 'local' },
        ...{ action, target: token.id, outcome: 'done' },
      })),
    );
    await expect(keystore.audit({ since: new Date('x') })).rejects.toMatchObject({ code: 'invalid-input' });
    const missing = join(shop.directory, 'missing');
    const empty = await openKeystore({ home: missing, environment: {} });
    expect(await empty.tokens()).toEqual([]);
    await expect(stat(missing)).rejects.toThrow('ENOENT');
    await chmod(shop.home, 0o755);
    await expect(openKeystore({ home: shop.home })).rejects.toMatchObject({ code: 'unsafe-home' });
    await chmod(shop.home, 0o700);
    keystore.close();
    await eventually(async () => (await ask(server.http, { bearer: rotated.apiKey })).status === 200, {
      withinMs: 1000,
      what: 'known to the server',
    });
  });
});
