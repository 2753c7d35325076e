import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runInNewContext } from 'node:vm';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { addUser, ask, eventually, scratchDirectory, serve, workshop } from './support/keywright.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A program of somebody else's, in a package that has keywright installed and nothing else, but for a compiler. */
async function project(files: Record<string, string>): Promise<string> {
  const directory = await scratchDirectory();
  const modules = join(directory, 'node_modules');
  await mkdir(modules);
  await symlink(root, join(modules, 'keywright'));
  await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  return directory;
}

/** Compiles with strict types, those of the library included. @returns what tsc says, in lines that begin with the file's name */
async function compile(cwd: string, ...files: string[]): Promise<string[]> {
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const options = ['--strict', '--exactOptionalPropertyTypes', '--module', 'NodeNext', '--target', 'ES2023'];
  // A link to this repository must not lend it its own packages.
  const { stdout } = await execa(process.execPath, [tsc, ...options, '--preserveSymlinks', ...files], {
    cwd,
    reject: false,
  });
  return stdout.split('\n').filter((line) => line !== '');
}

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

/** What became of a call: the code and the message of its error. */
async function failure(call: () => unknown): Promise<[code: string | undefined, message: string]> {
  const { KeywrightError } = await import('../src/index.js');
  try {
    await call();
  } catch (error) {
    return error instanceof KeywrightError ? [error.code, error.message] : ['not ours', String(error)];
  }
  return [undefined, 'no error'];
}

/** A value that fails when it is looked at. */
const hostile = new Proxy({}, { ownKeys: () => fail(), get: () => fail() });
function fail(): never {
  throw new Error('looked at');
}
function getter(name: string): object {
  return Object.defineProperty({}, name, { enumerable: true, get: fail });
}

describe('the library', () => {
  it('runs the programme of its guide in a new home, compiled with strict types, which say what is not possible', async () => {
    const cwd = await project({ 'program.ts': await documentedProgram(), 'wrong.ts': WRONG });
    // Nothing of the program, nor of the library's own types.
    expect(await compile(cwd, 'program.ts', 'wrong.ts')).toEqual([
      expect.stringMatching(/^wrong\.ts.*'scope' does not exist in type 'TokenRequest'/),
      expect.stringMatching(/^wrong\.ts.*Property 'apiKey' does not exist on type 'Token'/),
    ]);
    const env = { KEYWRIGHT_HOME: join(cwd, 'home') };
    const { stdout } = await execa(process.execPath, ['program.js'], { cwd, env });
    expect(stdout).toMatch(
      /^registered 'my-iot-device'\n {2}client id: [0-9a-f-]{36}\n {2}client secret: kw_live_\w{38}\n {2}API key: kw_live_\w{38}\naccepted: client [0-9a-f-]{36} may ingest\nmy-iot-device: valid, ingest\nedited: ingest metrics, until \S+Z\nafter invalidation: revoked\nafter deletion: 0 tokens$/,
    );
  });

  it('shows an error that nobody caught with its message and a line of source, not with the whole of it', async () => {
    const program = `import { openKeystore } from 'keywright'; await (await openKeystore()).token('nobody');`;
    const cwd = await project({ 'program.js': program });
    const env = { KEYWRIGHT_HOME: join(cwd, 'home') };
    const { stderr } = await execa(process.execPath, ['program.js'], { cwd, env, reject: false });
    expect(stderr).toContain('there is no client nobody');
    expect(stderr.length).toBeLessThan(3_000);
  });

  it('takes no argument that a body over HTTP could not be: it names the field, and changes nothing', async () => {
    const { openKeystore } = await import('../src/index.js');
    const home = join(await scratchDirectory(), 'home');
    const keystore = await openKeystore({ home, environment: {} });
    const { id, apiKey } = await keystore.register({ label: 'first' });
    const before = [await keystore.tokens(), await keystore.audit()];
    const half = 'a\ud83d';
    const members: [name: string, values: unknown[]][] = [
      ['label', [5, true, null, {}, [], '', half, 'x'.repeat(201), Symbol('x'), () => 'x']],
      [
        'scopes',
        ['ingest', null, {}, 5, [5], [null], [['ingest']], ['nonsense'], [half], [undefined], hostile],
      ],
      ['expiresAt', ['90d', 5, {}, new Date(Number.NaN), new Date(8.64e15), '2030-01-01', hostile, [], true]],
    ];
    const registering: [name: string, values: unknown[]][] = [
      ...members,
      ['expiresAt', [new Date(0)]],
      ['clientId', [5, null, '', '../x', half, {}, ['x']]],
      ['owner', [5, null, '', '../x', {}, half]],
      ['domain', [5, null, '', 'a b', {}, half]],
      ['prefix', [5, null, '', 'kw', 'prov_', 'kwr_', {}]],
      ['mqttPassword', [true]],
      ['__proto__x', [1]],
    ];
    const calls: [name: string, call: () => Promise<unknown>][] = [];
    const call = (name: string, made: (...args: never[]) => unknown, ...args: unknown[]) =>
      calls.push([name, async () => made(...(args as never[]))]);
    for (const [name, values] of registering)
      for (const value of values) call(name, keystore.register, { label: 'x', [name]: value });
    for (const [name, values] of [...members, ['owner', ['ann']], ['prefix', ['kw_']]] as typeof members)
      for (const value of values) call(name, keystore.edit, id, { [name]: value });
    call('label', keystore.register, getter('label'));
    call('scopes', keystore.edit, id, getter('scopes'));
    call('__proto__', keystore.register, JSON.parse('{"__proto__":{"label":"x"}}'));
    for (const value of [null, 5, 'x', [], true, hostile, () => ({})]) {
      call('the request', keystore.register, value);
      call('the edit', keystore.edit, id, value);
      call('the options', keystore.rotate, id, value);
      call('the filter', keystore.tokens, value);
      call('the filter', keystore.clients, value);
      call('the filter', keystore.audit, value);
      call('the credential', keystore.verify, value);
      call('the options', openKeystore, value);
    }
    call('the edit', keystore.edit, id);
    call('the credential', keystore.verify);
    for (const value of [undefined, null, 5, {}, [id], hostile]) {
      for (const method of [
        keystore.token,
        keystore.invalidate,
        keystore.suspend,
        keystore.resume,
        keystore.delete,
        keystore.rotate,
        keystore.client,
        keystore.suspendClient,
        keystore.resumeClient,
        keystore.deleteClient,
      ] as const)
        call('id', method, value);
      call('id', keystore.edit, value, { label: 'x' });
      call('token', keystore.verify, { token: value });
    }
    for (const value of [null, 5, '', '1', '1 h', '-1h', half, {}])
      call('overlap', keystore.rotate, id, { overlap: value });
    for (const value of [null, 5, {}, '../x'])
      for (const list of [keystore.tokens, keystore.clients]) call('owner', list, { owner: value });
    for (const name of ['clientId', 'domain', 'scope'])
      for (const value of [null, 5, {}, []]) call(name, keystore.verify, { token: apiKey, [name]: value });
    call('scope', keystore.verify, { token: apiKey, scope: 'no scope' });
    call('more', keystore.verify, { token: apiKey, more: 1 });
    call('more', keystore.tokens, { more: 1 });
    for (const name of ['since', 'until', 'actor', 'action', 'target'])
      for (const value of [null, 5, {}, new Date(Number.NaN)]) call(name, keystore.audit, { [name]: value });
    for (const value of [null, 5, {}, []]) call('home', openKeystore, { home: value });
    for (const value of [null, 5, 'x', [], { A: 5 }, hostile])
      call('environment', openKeystore, { home, environment: value });
    call('hme', openKeystore, { hme: home });
    const told = await Promise.all(calls.map(async ([name, made]) => [name, ...(await failure(made))]));
    expect(
      told.filter(([name = '', code, message]) => code !== 'invalid-input' || !message?.includes(name)),
    ).toEqual([]);
    expect([await keystore.tokens(), await keystore.audit()]).toEqual(before);
    keystore.close();
  });

  it('repeats no secret that is given in the place of an id', async () => {
    const { openKeystore } = await import('../src/index.js');
    const keystore = await openKeystore({ home: join(await scratchDirectory(), 'home'), environment: {} });
    const { apiKey, wrapped } = await keystore.register();
    for (const secret of [apiKey, wrapped, `app:b:${'ab'.repeat(70)}`, 'eyJh.eyJh.x']) {
      const [code, message] = await failure(() => keystore.invalidate(secret));
      expect([code, message]).toEqual(['not-found', 'there is no API key of that id: it is a credential']);
    }
    keystore.close();
  });

  it('takes a member that is undefined for one that was left out, and dates of another realm for dates', async () => {
    const { openKeystore } = await import('../src/index.js');
    const home = join(await scratchDirectory(), 'home');
    const keystore = await openKeystore({ home, environment: {} });
    const nothing = { label: undefined, scopes: undefined, expiresAt: undefined };
    const made = await keystore.register({ ...nothing, owner: undefined, prefix: undefined } as never);
    expect(made).toMatchObject({ label: null, scopes: ['ingest'], status: 'valid' });
    const expiresAt: Date = runInNewContext('new Date("2090-01-01")');
    await keystore.edit(made.id, { ...nothing, expiresAt } as never);
    expect((await keystore.token(made.id)).expiresAt).toEqual(new Date('2090-01-01'));
    expect((await keystore.edit(made.id, { ...nothing, expiresAt: null } as never)).expiresAt).toBeNull();
    keystore.close();
  });

  it('answers nothing after it was closed, not what was asked before either, but finishes what it began to change', async () => {
    const { openKeystore } = await import('../src/index.js');
    const home = join(await scratchDirectory(), 'home');
    const [keystore, other] = [await openKeystore({ home }), await openKeystore({ home })];
    const { id, apiKey } = await keystore.register();
    expect((await keystore.verify({ token: apiKey })).accepted).toBe(true);
    const asked = [
      keystore.verify({ token: apiKey }),
      keystore.tokens(),
      keystore.token(id),
      keystore.audit(),
    ];
    const answers = Promise.allSettled(asked);
    const begun = keystore.register({ label: 'begun' });
    keystore.close();
    const closed = { code: 'refused', message: 'the keystore is closed' };
    for (const answer of await answers) expect(answer).toMatchObject({ status: 'rejected', reason: closed });
    expect(await other.token((await begun).id)).toMatchObject({ label: 'begun' });
    await other.invalidate(id);
    for (const call of [
      ...[() => keystore.verify({ token: apiKey }), () => keystore.token(id), () => keystore.tokens()],
      ...[() => keystore.register(), () => keystore.edit(id, { label: 'x' }), () => keystore.rotate(id)],
      ...[() => keystore.invalidate(id), () => keystore.delete(id), () => keystore.audit()],
      ...[() => keystore.clients(), () => keystore.client(id), () => keystore.suspendClient('x')],
    ])
      await expect(call()).rejects.toMatchObject(closed);
    keystore.close();
    other.close();
    const never = await openKeystore({ home });
    never.close();
    await expect(never.verify({ token: apiKey })).rejects.toMatchObject(closed);
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
    expect(await keystore.suspend(token.id)).toMatchObject({ status: 'suspended' });
    expect(await keystore.verify({ token: token.apiKey })).toEqual({ accepted: false, reason: 'suspended' });
    expect(await keystore.resume(token.id)).toMatchObject({ status: 'valid' });
    const rotated = await keystore.rotate(token.id);
    expect(rotated.replaced).toEqual({ id: token.id, expiresAt: (await keystore.token(token.id)).expiresAt });
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
      ['token.register', 'token.suspend', 'token.resume', 'token.rotate', 'token.delete'].map((action) => ({
        ...{ seq: expect.any(Number), at: expect.any(Date), who: expect.any(String), from: 'local' },
        ...{ action, target: token.id, outcome: 'done' },
      })),
    );
    await expect(keystore.audit({ since: new Date('x') })).rejects.toMatchObject({ code: 'invalid-input' });
    const client = await keystore.suspendClient(token.clientId);
    expect(client).toMatchObject({ id: token.clientId, status: 'suspended', owner: 'ann' });
    expect(client.credentials).toMatchObject([{ kind: 'api-key', id: rotated.id, status: 'suspended' }]);
    expect(await keystore.verify({ token: rotated.apiKey })).toEqual({
      accepted: false,
      reason: 'suspended',
    });
    expect((await keystore.clients({ state: 'suspended' })).map(({ id }) => id)).toEqual([client.id]);
    expect(await keystore.resumeClient(client.id)).toMatchObject({ status: 'valid', expiresAt: null });
    expect(await keystore.client(client.id)).toEqual((await keystore.clients())[0]);
    const gone = await keystore.register();
    await keystore.deleteClient(gone.clientId);
    expect(await keystore.verify({ token: gone.apiKey })).toEqual({ accepted: false, reason: 'invalid' });
    await expect(keystore.client(gone.clientId)).rejects.toMatchObject({ code: 'not-found' });
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
