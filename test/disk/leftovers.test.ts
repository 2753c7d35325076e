import { mkdir, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { temporaryPath } from '../../src/disk/temporary.js';
import { workshop } from '../support/keywright.js';

/** The number of a process that has ended. */
async function endedProcess(): Promise<string> {
  return (await execa('bash', ['-c', 'echo $$'])).stdout;
}

const OLD = '0123456789ab';
const nobody = { pid: 2 ** 22 + 1, started: '1', nonce: 'dead' };

it('what killed commands left in a home is gone after the next change, and what the living use stays', async () => {
  const { home, keywright } = await workshop();
  await keywright(['key', 'gen', 'a']);
  const before = await tree(home);
  const ended = await endedProcess();
  const byTheDead = (name: string) =>
    temporaryPath(join(home, name)).replace(`-${process.pid}-`, `-${ended}-`);
  const { place } = JSON.parse(await lockText(home));
  const held = JSON.stringify({ ...nobody, place });

  for (const ca of [byTheDead('ca'), join(home, '.ca.new-aB3dE6')]) {
    await mkdir(ca);
    await writeFile(join(ca, 'key.pem'), 'a private key');
  }
  for (const name of ['hmac.key', 'server.pem', 'audit.head', 'store/clients/3f.json', 'store/journal-12'])
    await writeFile(byTheDead(name), '');
  for (const name of [`.audit.head.new-${OLD}`, `hmac.key.new-${OLD}`, `store/users/.3f.json.new-${OLD}`])
    await writeFile(join(home, ...name.split('/')), '').catch(() => undefined);
  await mkdir(join(home, 'store', 'users', 'locks'), { recursive: true });
  await writeFile(join(home, `audit.log.lock.${OLD}`), held);
  await writeFile(join(home, 'store', 'users', 'locks', `3f.${OLD}`), held.slice(0, 9));
  await symlink(held, join(home, 'store', 'users', 'locks', '3f'));
  await symlink(held, join(home, 'store', 'clients', 'locks', '00'));
  await symlink(held, join(home, 'licence.lock'));
  await symlink(held, join(home, 'licence.lock.dead-0a'));

  const living = temporaryPath(join(home, 'audit.head'));
  await writeFile(living, '');
  const elsewhere = join(home, `.audit.head.new-00000000-1-1-${OLD}`);
  await writeFile(elsewhere, '');
  const mine = join(home, 'notes.new');
  await writeFile(mine, '');

  expect(await keywright(['key', 'gen', 'b'])).toMatchObject({ exitCode: 0 });
  const kept = [living, elsewhere, mine].map((path) => path.slice(home.length + 1));
  expect((await tree(home)).filter((path) => !/^store\/.*\/..\.json$/.test(path))).toEqual(
    [
      ...before.filter((path) => !/^store\/.*\/..\.json$/.test(path)),
      ...kept,
      'store/users',
      'store/users/locks',
    ].sort(),
  );
  const long = Date.now() / 1000 - 120;
  await utimes(elsewhere, long, long);
  await keywright(['key', 'del', 'b', '--yes']);
  expect(await readdir(home)).not.toContain(elsewhere.slice(home.length + 1));
});

async function tree(directory: string): Promise<string[]> {
  return ((await readdir(directory, { recursive: true })) as string[]).sort();
}

/** The text of a lock, as a holder writes it. */
async function lockText(home: string): Promise<string> {
  const { withLock } = await import('../../src/disk/lock.js');
  const { readlink } = await import('node:fs/promises');
  return withLock(join(home, 'a.lock'), () => readlink(join(home, 'a.lock')));
}
