import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { shardName } from '../../src/store/file/kinds.js';
import { sharedByTests } from '../support/at-end.js';
import { copyOf } from '../support/faults.js';
import { addUser, registerKey, type Workshop, workshop } from '../support/keywright.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'ann');
  await addUser(shop, 'bob');
  for (const [id, owner] of [
    ['torn', 'ann'],
    ['whole', 'bob'],
  ] as const) {
    await shop.keywright(['key', 'gen', id, '--owner', owner, '--valid-for', '20d']);
    await registerKey(shop, '--client', id, '--label', id);
  }
  return shop;
}

type Damage = (file: string) => Promise<unknown>;

const changed =
  (change: (text: string) => string): Damage =>
  async (file) =>
    writeFile(file, change(await readFile(file, 'utf8')));

const BAD_CERTIFICATE = 'with a certificate that is none';
const DAMAGES: Record<string, Damage> = {
  'cut short': changed((text) => text.slice(0, -20)),
  // Which a list of API keys need not read.
  [BAD_CERTIFICATE]: changed((text) => text.replace(/"fingerprint":"\w+"/, '"fingerprint":7')),
  'of a newer version': changed((text) => text.replace(/"schema":\d+/, '"schema":99')),
  'that is a directory': async (file) => {
    await rm(file);
    await mkdir(file);
  },
};

const fileOf = ({ home }: Workshop, kind: string, id: string) =>
  join(home, 'store', kind, `${shardName(id)}.json`);

async function listed({ keywright }: Workshop, ...args: string[]) {
  const { exitCode, stdout, stderr } = await keywright([...args, '--json']);
  const ids = (JSON.parse(stdout) as { id: string; label: string | null }[]).map(
    ({ id, label }) => label ?? id,
  );
  return { exitCode, ids, stderr };
}

describe('a list beside a file that cannot be read', () => {
  const shared = sharedByTests(fixture);

  it.each(Object.entries(DAMAGES))(
    '%s has the rest, names the file once, and fails',
    async (what, damage) => {
      const shop = await copyOf(shared());
      const file = fileOf(shop, 'clients', 'torn');
      await damage(file);
      for (const args of [
        ['key', 'list'],
        ['key', 'list', '--sort', 'expiresAt'],
        ['key', 'list', '--expiring-within', '30d'],
        ...(what === BAD_CERTIFICATE ? [] : [['token', 'list']]),
      ]) {
        const { exitCode, ids, stderr } = await listed(shop, ...args);
        expect([args, exitCode, ids, stderr.split(file).length]).toEqual([args, 1, ['whole'], 2]);
        expect(JSON.parse(stderr.split('\n')[0] ?? '')).toMatchObject({
          error: { message: expect.any(String) },
        });
      }
      const seen = await shop.keywright(['key', 'list'], { terminal: { columns: 80 } });
      expect([seen.exitCode, seen.stderr.includes(file)]).toEqual([1, true]);
      expect(seen.stdout).toMatch(/whole/);
      const verify = (id: string) => shop.keywright(['verify', '--token-file', `${id}_token`]);
      expect([(await verify('torn')).exitCode, (await verify('whole')).exitCode]).toEqual([1, 0]);
    },
  );

  it('of users leaves out what is theirs: nobody can say whether it works', async () => {
    const shop = await copyOf(shared());
    const file = fileOf(shop, 'users', 'ann');
    await writeFile(file, '{');
    for (const [args, ids] of [
      [['user', 'list'], ['bob']],
      [['key', 'list'], ['whole']],
      [['token', 'list'], ['whole']],
    ] as const) {
      const found = await listed(shop, ...args);
      expect([args, found]).toEqual([args, { exitCode: 1, ids, stderr: expect.stringContaining(file) }]);
    }
  });

  it('says that nothing else can be read, and not that there is nothing', async () => {
    const shop = await workshop();
    const { clientId } = await registerKey(shop);
    await writeFile(fileOf(shop, 'clients', clientId), '');
    const { exitCode, stdout, stderr } = await shop.keywright(['key', 'list']);
    expect([exitCode, stdout, stderr]).toEqual([1, '', expect.stringMatching(/nothing else can be read$/)]);
  });
});
