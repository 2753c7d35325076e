import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  rename,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { PROGRAM, type Workshop, workshop } from '../support/keywright.js';

const read = ({ directory }: Workshop, name: string) => readFile(join(directory, name), 'utf8');
const files = async ({ directory }: Workshop) =>
  (await readdir(directory)).filter((name) => name !== 'home').sort();

async function contents(shop: Workshop): Promise<Record<string, string>> {
  const names = await files(shop);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(shop, name)])));
}

/** The files in their places belong together and work. */
async function expectWorking(shop: Workshop, prefix: string): Promise<void> {
  const certificate = new X509Certificate(await read(shop, `${prefix}_cert.pem`));
  expect(certificate.checkPrivateKey(createPrivateKey(await read(shop, `${prefix}_key.pem`)))).toBe(true);
  for (const flags of [
    ['--cert', `${prefix}_cert.pem`],
    ['--token-file', `${prefix}_token`],
  ])
    expect(await shop.keywright(['verify', ...flags])).toMatchObject({ exitCode: 0 });
}

describe('--force', () => {
  it('leaves alone what keywright did not make', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const mine = ['a_key.pem.old', 'a_token.old', 'a_cert.pem.old', 'a.zip.old', '.a_key.pem.new-aaaaaa'];
    for (const name of mine) await writeFile(join(shop.directory, name), 'mine');
    expect((await shop.keywright(['key', 'gen', 'a', '--force'])).exitCode).toBe(0);
    expect((await shop.keywright(['key', 'gen', 'a', '--zip'])).exitCode).toBe(4);
    expect((await shop.keywright(['key', 'gen', 'a', '--force', '--zip'])).exitCode).toBe(0);
    for (const name of mine) expect([name, await read(shop, name)]).toEqual([name, 'mine']);
  });

  it('refuses the files of another client, and any other file, and names another prefix', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a', '--output', './there']);
    await shop.keywright(['key', 'gen', 'z', '--zip', '--output', './packed']);
    await writeFile(join(shop.directory, 'notes_token'), 'my notes');
    await execa(
      'openssl',
      ['req', '-new', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=b', '-keyout', 'b.key', '-out', 'b.csr'],
      {
        cwd: shop.directory,
      },
    );
    const before = await contents(shop);
    for (const args of [
      ['key', 'gen', 'b', '--output', './there', '--force'],
      ['key', 'gen', 'b', '--output', './there'],
      ['key', 'gen', 'b', '--output', './packed', '--zip', '--force'],
      ['key', 'gen', 'b', '--output', './notes', '--force'],
      ['key', 'sign', 'b.csr', '--output', 'there_cert.pem', '--force'],
    ]) {
      const run = await shop.keywright(args);
      expect({ args, ...run }).toMatchObject({ exitCode: 4, stdout: '' });
      expect(run.stderr).toMatch(
        /already exists, and (belongs to client [az]|is not one of client b)\n {2}name another prefix/,
      );
    }
    const key = await shop.keywright(['server-cert', '--output', 'there_key.pem']);
    expect(key).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is no certificate') });
    expect(await contents(shop)).toEqual(before);
    expect((await shop.keywright(['key', 'show', 'b'])).exitCode).toBe(3);
  });

  it('replaces a key that stands alone if it is the client’s, and a file that is empty', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    await rename(join(shop.directory, 'a_cert.pem'), join(shop.directory, 'kept'));
    await writeFile(join(shop.directory, 'a_token'), '');
    expect((await shop.keywright(['key', 'gen', 'a', '--force'])).exitCode).toBe(0);
    await expectWorking(shop, 'a');
  });

  it('keeps permissions, group and links, and closes a secret that was open to all', async () => {
    const shop = await workshop();
    const { directory } = shop;
    const at = (name: string) => join(directory, name);
    await shop.keywright(['key', 'gen', 'a']);
    await mkdir(at('live'));
    await rename(at('a_token'), at('live/token'));
    await symlink('live/token', at('a_token'));
    await chmod(at('live/token'), 0o640);
    await chmod(at('a_key.pem'), 0o644);
    await chmod(at('a_cert.pem'), 0o664);
    const gid = process.getuid?.() === 0 ? 12_345 : (await stat(at('a_cert.pem'))).gid;
    await chown(at('a_cert.pem'), process.getuid?.() ?? 0, gid);
    expect((await shop.keywright(['key', 'gen', 'a', '--force'])).exitCode).toBe(0);
    expect(await readlink(at('a_token'))).toBe('live/token');
    const modes = ['live/token', 'a_key.pem', 'a_cert.pem'].map(
      async (name) => (await lstat(at(name))).mode & 0o777,
    );
    expect(await Promise.all(modes)).toEqual([0o640, 0o640, 0o664]);
    expect((await stat(at('a_cert.pem'))).gid).toBe(gid);
    await expectWorking(shop, 'a');
  });

  it('twice at once for the same files: those of the one that wins are whole, and the other says so', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    const runs = await Promise.all(
      Array.from({ length: 3 }, () => shop.program(['key', 'gen', 'a', '--force'])),
    );
    const failed = runs.filter(({ exitCode }) => exitCode !== 0);
    expect(failed.length).toBeLessThan(3);
    for (const { stderr } of failed) expect(stderr).toContain('was changed by another command meanwhile');
    expect(await files(shop)).toEqual(['a_cert.pem', 'a_key.pem', 'a_token']);
    await expectWorking(shop, 'a');
  });
});

it.each([
  [
    ['key', 'gen', 'a'],
    /client a is issued, and its files are saved: \.\/a_cert\.pem, \.\/a_key\.pem, \.\/a_token\n/,
  ],
  [
    ['register', 'token'],
    /API key \S+ is registered, and nobody was shown it: delete it with: keywright token delete \S+\n/,
  ],
  [['provision', 'key', 'create', '--json'], /provisioning key \S+ is made, and nobody was shown it/],
])('%j says what was done when its output cannot be written', async (args, said) => {
  const { directory, home } = await workshop();
  const run = await execa(
    'bash',
    ['-c', 'exec "$@" >/dev/full', 'bash', process.execPath, PROGRAM, ...args],
    {
      cwd: directory,
      env: { KEYWRIGHT_HOME: home },
      reject: false,
    },
  );
  expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(said) });
  expect(run.stderr).toContain('cannot write the output');
});
