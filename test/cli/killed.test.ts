import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { copyOf, countOperations, FAULTS, type Fault, runFaulty, someOf } from '../support/faults.js';
import { serve, type Workshop, workshop } from '../support/keywright.js';

// A process for each operation takes its time: a sample by default, all of them by `npm run faults`.
const MINUTES = { timeout: 3_600_000 };

interface Scenario {
  /** Makes what is there before the command. */
  prepare(shop: Workshop): Promise<void>;
  args(shop: Workshop): Promise<readonly string[]>;
  /** The exit codes of the same command given again: 0, and what it says if it was done already. */
  readonly again: readonly number[];
  /** How the names of the files begin that it hands over. */
  readonly prefix?: string;
  /** How many operations are tried with each fault of `FAULTS`. */
  readonly some: readonly number[];
}

const APART = ['key', 'gen', 'apart'];

const scenarios: Readonly<Record<string, Scenario>> = {
  'ca init': {
    prepare: async () => undefined,
    args: async () => ['ca', 'init'],
    again: [0, 4],
    some: [2, 0, 0, 0, 1],
  },
  'the first key gen': {
    prepare: async () => undefined,
    args: async () => ['key', 'gen', 'a', '--output', './a'],
    again: [0],
    prefix: 'a',
    some: [4, 1, 1, 1, 1],
  },
  'key gen --zip': {
    prepare: async ({ keywright }) => void (await keywright(APART)),
    args: async () => ['key', 'gen', 'a', '--zip'],
    again: [0],
    some: [1, 0, 0, 0, 0],
  },
  'key gen --force': {
    prepare: async ({ keywright }) => {
      await keywright(APART);
      await keywright(['key', 'gen', 'a']);
    },
    args: async () => ['key', 'gen', 'a', '--force'],
    again: [0],
    prefix: 'a',
    some: [4, 1, 2, 2, 1],
  },
  'key del': {
    prepare: async ({ keywright }) => {
      await keywright(APART);
      await keywright(['key', 'gen', 'a']);
    },
    args: async () => ['key', 'del', 'a', '--yes'],
    again: [0, 3],
    some: [1, 0, 0, 1, 0],
  },
  'token rotate': {
    prepare: async ({ keywright }) => {
      await keywright(APART);
      await keywright(['register', 'token', '--label', 'k']);
    },
    args: async ({ keywright }) => {
      const [{ id }] = JSON.parse((await keywright(['token', 'list', '--json'])).stdout);
      return ['token', 'rotate', id];
    },
    // Once rotated, the former key is not rotated again.
    again: [0, 5],
    some: [1, 0, 0, 1, 0],
  },
};

for (const [name, scenario] of Object.entries(scenarios)) {
  it(
    `${name}, ended or failing at any operation, does all or nothing, can be given again, and leaves nothing`,
    MINUTES,
    async () => {
      const base = await workshop();
      await scenario.prepare(base);
      const args = await scenario.args(base);
      const operations = await countOperations(base, args);
      for (const [index, fault] of FAULTS.entries()) {
        expect(operations(fault)).toBeGreaterThan(10);
        for (const at of someOf(operations(fault), scenario.some[index] ?? 0))
          await tryFault(base, { ...scenario, args }, { fault, at });
      }
    },
  );
}

async function tryFault(
  base: Workshop,
  { args, again: codes, prefix }: Omit<Scenario, 'args'> & { readonly args: readonly string[] },
  { fault, at }: { readonly fault: Fault; readonly at: number },
): Promise<void> {
  const shop = await copyOf(base);
  const { exitCode, stderr } = await runFaulty(shop, { args, fault, at });
  const where = `${fault} at operation ${at}, ended with ${exitCode}: ${stderr}`;
  await expectWhole(shop, where);
  const isKept = stderr.includes('give the same command again');
  if (fault === 'SIGTERM') expect([where, await hidden(shop)]).toEqual([where, []]);
  // Who is not killed has done all, or nothing, or says what is to be done.
  const isThere = (await files(shop)).some((file) => file.startsWith(`${prefix}_`));
  if (!/SIGKILL|torn/.test(fault) && !isKept && (isThere || exitCode === 0))
    await expectFiles(shop, prefix, where);
  const again = await shop.keywright(args);
  const isDone = exitCode === 0 || fault === 'SIGTERM';
  const isRight = [...codes, ...(isDone ? [4] : [])].includes(again.exitCode);
  expect({ where, ...again, isRight }).toMatchObject({ isRight: true });
  await expectNothingLeft(shop, where);
  await expectFiles(shop, prefix, where);
}

it(
  'provision agent, ended or failing at any operation, can be given again, and leaves nothing',
  MINUTES,
  async () => {
    const origin = await workshop();
    const made = await origin.keywright(['provision', 'key', 'create', '--uses', '100000', '--json']);
    const { http } = await serve(origin);
    const base = await workshop();
    await writeFile(join(base.directory, 'prov'), JSON.parse(made.stdout).key);
    const args = [
      'provision',
      'agent',
      '--url',
      http,
      '--key-file',
      'prov',
      '--name',
      'gw',
      '--output',
      'gw',
    ];
    const operations = await countOperations(base, args);
    const some = [4, 1, 1, 1, 0];
    for (const [index, fault] of FAULTS.entries()) {
      for (const at of someOf(operations(fault), some[index] ?? 0)) {
        const shop = await copyOf(base);
        const { exitCode, stderr } = await runFaulty(shop, { args, fault, at });
        const where = `${fault} at operation ${at}, ended with ${exitCode}: ${stderr}`;
        if (fault === 'SIGTERM' || exitCode === 0) expect([where, await hidden(shop)]).toEqual([where, []]);
        const again = await shop.keywright(args);
        const isRight = [0, ...(exitCode === 0 || fault === 'SIGTERM' ? [4] : [])].includes(again.exitCode);
        expect({ where, ...again, isRight }).toMatchObject({ isRight: true });
        expect([where, await files(shop)]).toEqual([
          where,
          ['gw.json', 'gw_apikey', 'gw_ca.pem', 'gw_cert.pem', 'gw_key.pem', 'gw_mqtt_password', 'prov'],
        ]);
        await expectPair(shop, 'gw', where);
        const apiKey = await readFile(join(shop.directory, 'gw_apikey'), 'utf8');
        const verified = await origin.keywright(['verify', '-'], { input: apiKey });
        expect([where, verified.exitCode]).toEqual([where, 0]);
      }
    }
  },
);

describe('key gen --from, ended or failing at any operation', MINUTES, () => {
  it.each([
    ['a directory', ['--output-dir', 'out'], [4, 1, 1, 1, 1]],
    ['an archive', ['--zip-all', 'all.zip'], [2, 0, 0, 0, 0]],
  ])(
    'is given again with --skip-existing for %s, has each bundle whole exactly once, and leaves nothing',
    async (_, output, some) => {
      const base = await workshop();
      await base.keywright(APART);
      const ids = ['a', 'b', 'c'];
      await writeFile(join(base.directory, 'ids'), ids.join('\n'));
      const args = ['key', 'gen', '--from', 'ids', '--skip-existing', ...output];
      const operations = await countOperations(base, args);
      for (const [index, fault] of FAULTS.entries()) {
        for (const at of someOf(operations(fault), some[index] ?? 0)) {
          const shop = await copyOf(base);
          const { exitCode, stderr } = await runFaulty(shop, { args, fault, at });
          const where = `${fault} at operation ${at}, ended with ${exitCode}: ${stderr}`;
          await expectWhole(shop, where);
          const again = await shop.keywright(args);
          expect({ where, ...again }).toMatchObject({ exitCode: 0 });
          await expectNothingLeft(shop, where);
          if (output[0] === '--zip-all')
            await execa('unzip', ['-q', 'all.zip', '-d', 'out'], { cwd: shop.directory });
          const names = ids.flatMap((id) => [`${id}_cert.pem`, `${id}_key.pem`, `${id}_token`]);
          const found = (await readdir(join(shop.directory, 'out'))).filter(
            (name) => name !== 'server_cert.pem',
          );
          expect([where, found.sort()]).toEqual([where, names]);
          for (const id of ids) await expectFiles(shop, join('out', id), where);
        }
      }
    },
  );
});

it('key gen --from writes again what a killed run had written in part', MINUTES, async () => {
  const shop = await workshop();
  await writeFile(join(shop.directory, 'ids'), 'a');
  const args = ['key', 'gen', '--from', 'ids', '--output-dir', 'out'];
  await shop.keywright(args);
  const read = (name: string) => readFile(join(shop.directory, 'out', `a_${name}`), 'utf8');
  const [certificate, privateKey, token] = await Promise.all(['cert.pem', 'key.pem', 'token'].map(read));
  const listed = JSON.parse((await shop.keywright(['key', 'show', 'a', '--json'])).stdout);
  const { serial, fingerprint } = listed.credentials[0];
  const bundle = { id: 'a', serial, fingerprint, notBefore: 0, notAfter: 0, isCut: false };
  const pack = [
    { home: shop.home },
    { ...bundle, certificate, privateKey, token },
    { ...bundle, id: 'b', fingerprint: '' },
  ];
  const staging = join(shop.directory, 'out', '.keywright-bulk');
  await mkdir(staging, { mode: 0o700 });
  await writeFile(
    join(staging, 'pack-3'),
    `${pack.map((each) => JSON.stringify(each)).join('\n')}\n{"id":"c","ser`,
  );
  await writeFile(join(shop.directory, 'out', 'a_key.pem'), String(privateKey).slice(0, 100));
  // Somebody else has it open, and has made it readable.
  await chmod(join(shop.directory, 'out', 'a_key.pem'), 0o666);
  const theirs = await open(join(shop.directory, 'out', 'a_key.pem'));
  await rm(join(shop.directory, 'out', 'a_token'));
  const again = await shop.keywright(args);
  expect([again.exitCode, JSON.parse(again.stdout).status]).toEqual([0, 'issued']);
  expect(await theirs.readFile('utf8')).toBe(String(privateKey).slice(0, 100));
  await theirs.close();
  expect((await stat(join(shop.directory, 'out', 'a_key.pem'))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(shop.directory, 'out'))).toEqual(['a_cert.pem', 'a_key.pem', 'a_token']);
  expect(await Promise.all(['cert.pem', 'key.pem', 'token'].map(read))).toEqual([
    certificate,
    privateKey,
    token,
  ]);
});

/** The store opens, what was there before works, and the audit log is whole. */
async function expectWhole({ directory, keywright }: Workshop, where: string): Promise<void> {
  const listed = await keywright(['key', 'list', '--json']);
  const verified = await keywright(['audit', 'verify']);
  expect([where, listed.exitCode, verified.exitCode, verified.stderr]).toEqual([where, 0, 0, '']);
  if (!(await readdir(directory)).includes('apart_token')) return;
  const apart = await keywright(['verify', '--token-file', 'apart_token']);
  expect([where, apart.exitCode]).toEqual([where, 0]);
}

/** The files in their places are of one client, and work. */
async function expectFiles(shop: Workshop, prefix: string | undefined, where: string): Promise<void> {
  if (prefix === undefined) return;
  await expectPair(shop, prefix, where);
  for (const flags of [
    ['--cert', `${prefix}_cert.pem`],
    ['--token-file', `${prefix}_token`],
  ]) {
    const verified = await shop.keywright(['verify', ...flags]);
    expect([where, flags, verified.exitCode]).toEqual([where, flags, 0]);
  }
}

async function expectPair({ directory }: Workshop, prefix: string, where: string): Promise<void> {
  const certificate = new X509Certificate(await readFile(join(directory, `${prefix}_cert.pem`)));
  const key = createPrivateKey(await readFile(join(directory, `${prefix}_key.pem`)));
  expect([where, certificate.checkPrivateKey(key)]).toEqual([where, true]);
}

/** After a next change, the home has no lock, no journal and no temporary file, and the directory no hidden one. */
async function expectNothingLeft(shop: Workshop, where: string): Promise<void> {
  const swept = await shop.keywright(['register', 'token']);
  expect([where, swept.exitCode, swept.stderr.includes('is held')]).toEqual([where, 0, false]);
  const inHome = (await readdir(shop.home, { recursive: true })) as string[];
  const left = inHome.filter((path) => /\.new|\.lock|\.dead|journal-|locks\/./.test(path));
  expect([where, left, await hidden(shop)]).toEqual([where, [], []]);
}

async function hidden(shop: Workshop): Promise<string[]> {
  return (await files(shop)).filter((name) => name.startsWith('.'));
}

async function files({ directory }: Workshop): Promise<string[]> {
  return (await readdir(directory)).filter((name) => name !== 'home').sort();
}
