import {
  chmod,
  chown,
  copyFile,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { installedCopy } from '../support/installed.js';

/** A program whose package has no cache for this Node, and a user whose cache directory is empty. */
async function foreign() {
  const { directory, program } = await installedCopy();
  for (const name of await readdir(join(directory, 'dist')))
    if (name.endsWith('.cache')) await rm(join(directory, 'dist', name));
  const caches = join(directory, 'caches');
  await mkdir(caches);
  const environment = { KEYWRIGHT_HOME: join(directory, 'home'), XDG_CACHE_HOME: caches, HOME: directory };
  const start = async (
    args: readonly string[] = ['key', 'list'],
    env: Readonly<Record<string, string>> = {},
  ) => {
    const run = await execa(process.execPath, [program, ...args], {
      env: { ...environment, ...env },
      reject: false,
    });
    return [run.exitCode, run.stdout, run.stderr];
  };
  const own = join(caches, 'keywright');
  const file = async () => join(own, (await readdir(own))[0] ?? 'none');
  return { directory, caches, own, start, file };
}

const LISTED = [0, '', 'keywright: no clients yet'];

/** The same program with another text in it, under the same name and of the same length: what its cache says must never count. */
async function poison() {
  const other = await foreign();
  const bundle = join(other.directory, 'dist/main.cjs');
  const text = await readFile(bundle, 'latin1');
  await writeFile(bundle, text.replaceAll('no clients yet', 'no clients YET'), 'latin1');
  expect(await other.start()).toEqual([0, '', 'keywright: no clients YET']);
  return other.file();
}

describe('V8’s code cache', () => {
  it('is made for each command at its first start on a Node that the package has none for, and completed at the second, for the user alone', async () => {
    const { own, start, file } = await foreign();
    expect(await start(['key', 'show', 'nobody'])).toContain(3);
    await expect(readdir(own)).rejects.toThrow();
    expect(await start()).toEqual(LISTED);
    expect((await stat(own)).mode & 0o777).toBe(0o700);
    expect((await stat(await file())).mode & 0o777).toBe(0o600);
    const starts = async () => /"starts":\d/.exec(await readFile(await file(), 'latin1'))?.[0];
    expect(await starts()).toBe('"starts":1');
    expect(await start()).toEqual(LISTED);
    expect(await starts()).toBe('"starts":2');
    const { ino } = await stat(await file());
    expect(await start()).toEqual(LISTED);
    expect((await stat(await file())).ino).toBe(ino);
    expect(await readdir(own)).toHaveLength(1);
    expect(await start(['token', 'list', '--json'])).toContain(0);
    expect(await readdir(own)).toHaveLength(2);
  });

  it('is not made where the package’s fits', async () => {
    const { directory, program } = await installedCopy();
    const env = { KEYWRIGHT_HOME: join(directory, 'home'), XDG_CACHE_HOME: directory };
    expect((await execa(process.execPath, [program, 'key', 'list'], { env })).exitCode).toBe(0);
    expect(await readdir(directory)).not.toContain('keywright');
  });

  it('counts only where nobody else can have written it', async () => {
    const poisoned = await poison();
    const { own, start, file } = await foreign();
    expect(await start()).toEqual(LISTED);
    const mine = await file();
    await copyFile(poisoned, mine);
    expect(await start()).toEqual([0, '', 'keywright: no clients YET']);

    await chmod(mine, 0o620);
    expect(await start()).toEqual(LISTED);
    // It has been replaced by a good one, which only the user can write.
    expect((await stat(mine)).mode & 0o777).toBe(0o600);
    await copyFile(poisoned, mine);
    await chmod(own, 0o777);
    expect(await start()).toEqual(LISTED);
    await chmod(own, 0o700);

    await rm(mine);
    await symlink(poisoned, mine);
    expect(await start()).toEqual(LISTED);
    await copyFile(poisoned, mine);

    await rename(own, `${own}-2`);
    await symlink(`${own}-2`, own);
    expect(await start()).toEqual(LISTED);
    await rm(own);
    await rename(`${own}-2`, own);

    if (process.getuid?.() !== 0) return;
    await chown(mine, 12_345, 0);
    expect(await start()).toEqual(LISTED);
    await copyFile(poisoned, mine);
    await chown(own, 12_345, 0);
    expect(await start()).toEqual(LISTED);
  });

  it('may be damaged, and is made anew', async () => {
    const { start, file } = await foreign();
    expect(await start()).toEqual(LISTED);
    const path = await file();
    const good = await readFile(path);
    const flipped = Buffer.from(good);
    for (let at = 100; at < good.length - 1_000; at += 997) flipped[at] = (good[at] ?? 0) ^ 0x55;
    for (const bad of [flipped, good.subarray(0, 100_000), Buffer.alloc(0), Buffer.alloc(5_000, 'x')]) {
      await writeFile(path, bad);
      expect(await start()).toEqual(LISTED);
      expect((await readFile(path)).length).toBeGreaterThan(good.length / 2);
    }
  });

  it('is whole after several first starts at once', async () => {
    const { own, start } = await foreign();
    expect(await Promise.all([1, 2, 3, 4].map(() => start()))).toEqual([LISTED, LISTED, LISTED, LISTED]);
    expect(await readdir(own)).toHaveLength(1);
    expect(await start()).toEqual(LISTED);
  });

  it('may have no place: the command does what it does', async () => {
    const { directory, caches, start } = await foreign();
    await writeFile(join(caches, 'keywright'), 'a file of something else');
    expect(await start()).toEqual(LISTED);
    expect(await readFile(join(caches, 'keywright'), 'utf8')).toBe('a file of something else');
    for (const XDG_CACHE_HOME of ['/proc/none', join(directory, 'bin/run.js')])
      expect(await start(undefined, { XDG_CACHE_HOME })).toEqual(LISTED);
    expect(await start(undefined, { XDG_CACHE_HOME: 'relative', HOME: '' })).toEqual(LISTED);
  });

  it.runIf(process.getuid?.() === 0)('leaves root’s files in no other user’s directory', async () => {
    const { caches, start } = await foreign();
    await chown(caches, 12_345, 0);
    expect(await start()).toEqual(LISTED);
    expect(await readdir(caches)).toEqual([]);
  });

  it('keeps a handful of versions', async () => {
    const { own, start } = await foreign();
    await mkdir(own, { mode: 0o700 });
    for (let serial = 0; serial < 40; serial += 1)
      await writeFile(join(own, `${serial + 10_000_000}.code`), '');
    await writeFile(join(own, 'not-ours'), '');
    expect(await start()).toEqual(LISTED);
    expect(await readdir(own)).toHaveLength(33);
    expect(await readdir(own)).toContain('not-ours');
  });
});
