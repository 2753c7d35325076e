import { readFileSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { withLock } from '../../src/disk/lock.js';
import { scratchDirectory } from '../support/keywright.js';

const source = fileURLToPath(new URL('../../src/disk/lock.ts', import.meta.url));
let lockModule = '';

// Other processes need the lock as JavaScript.
beforeAll(async () => {
  const { outputFiles } = await build({
    entryPoints: [source],
    bundle: true,
    platform: 'node',
    format: 'esm',
    write: false,
  });
  lockModule = `data:text/javascript;base64,${Buffer.from(outputFiles[0]?.contents ?? '').toString('base64')}`;
});

const script = (body: string) => [
  '--input-type=module',
  '-e',
  `import { withLock } from '${lockModule}';\n${body}`,
];

const boot = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

describe('lock', () => {
  it('lets one process at a time change a file', async () => {
    const directory = await scratchDirectory();
    const [lock, counter] = [join(directory, 'lock'), join(directory, 'counter')];
    await writeFile(counter, '0');
    const increment = script(`
      import { readFileSync, writeFileSync } from 'node:fs';
      for (let i = 0; i < 20; i += 1) await withLock(${JSON.stringify(lock)}, async () => {
        const value = Number(readFileSync(${JSON.stringify(counter)}, 'utf8'));
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 2));
        writeFileSync(${JSON.stringify(counter)}, String(value + 1));
      });`);
    await Promise.all(Array.from({ length: 6 }, () => execa(process.execPath, increment)));
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(counter, 'utf8')).toBe('120');
    expect(await readdir(directory)).toEqual(['counter']);
  });

  it('is taken over at once from a holder that was killed, by one of many who wait', async () => {
    const directory = await scratchDirectory();
    const lock = join(directory, 'lock');
    const holder = execa(
      process.execPath,
      script(
        `await withLock(${JSON.stringify(lock)}, async () => { console.log('held'); await new Promise((resolve) => setTimeout(resolve, 1e6)); });`,
      ),
      { reject: false },
    );
    await new Promise((resolve) => holder.stdout?.once('data', resolve));
    holder.kill('SIGKILL');
    await holder;

    let inside = 0;
    const takenOver: boolean[] = [];
    await Promise.all(
      Array.from({ length: 10 }, () =>
        withLock(lock, async (tookOver) => {
          inside += 1;
          expect(inside).toBe(1);
          await new Promise((resolve) => setTimeout(resolve, 2));
          takenOver.push(tookOver);
          inside -= 1;
        }),
      ),
    );
    expect(takenOver.filter(Boolean)).toEqual([true]);
    expect(takenOver).toHaveLength(10);
    expect(await readdir(directory)).toEqual([]);
  });

  it('gives up on a holder that lives, and names it', async () => {
    const lock = join(await scratchDirectory(), 'lock');
    await withLock(lock, async () => {
      await expect(withLock(lock, async () => undefined, { patienceMs: 50 })).rejects.toMatchObject({
        code: 'store-busy',
        message: expect.stringContaining(`process ${process.pid}`),
      });
    });
  });

  it('is not taken from a holder in another container before it is surely dead', async () => {
    const lock = join(await scratchDirectory(), 'lock');
    await writeFile(lock, JSON.stringify({ pid: 1, started: '1', place: 'elsewhere', nonce: 'n' }));
    await expect(withLock(lock, async () => undefined, { patienceMs: 50 })).rejects.toMatchObject({
      code: 'store-busy',
    });
    const long = Date.now() / 1000 - 120;
    await utimes(lock, long, long);
    expect(await withLock(lock, async (tookOver) => tookOver)).toBe(true);
  });

  it.each([
    ['another boot of this host', () => ({ place: `${hostname()} another-boot pid:[1]` }), 0],
    [
      'a process namespace that this host had before',
      () => ({ place: `${hostname()} ${boot()} pid:[1]` }),
      0,
    ],
    ['a clock that was ahead', () => ({ place: 'elsewhere' }), 86_400_000],
    ['nobody that can be read', () => ({ nonce: '../../x' }), 0],
  ])('of %s is taken over as soon as it is seen to stand still', async (_, holder, aheadMs) => {
    const lock = join(await scratchDirectory(), 'lock');
    await writeFile(
      lock,
      JSON.stringify({ pid: 1, started: '1', place: 'elsewhere', nonce: 'n', ...holder() }),
    );
    const time = (Date.now() + aheadMs) / 1000;
    await utimes(lock, time, time);
    await expect(withLock(lock, async () => undefined, { patienceMs: 50 })).rejects.toMatchObject({
      code: 'store-busy',
    });
    expect(await withLock(lock, async (tookOver) => tookOver, { quietMs: 50 })).toBe(true);
    expect(await readdir(dirname(lock))).toEqual([]);
  });

  it('is taken, held against others and let go of by a process without a file handle left', async () => {
    const directory = await scratchDirectory();
    const lock = JSON.stringify(join(directory, 'lock'));
    const body = script(`
      import { openSync } from 'node:fs';
      const exhaust = () => { for (;;) openSync('/dev/null', 'r'); };
      await withLock(${lock}, async () => { try { exhaust(); } catch (error) { console.log(error.code); } });
      await withLock(${lock}, async () => {
        const second = withLock(${lock}, async () => 'both', { patienceMs: 20 });
        console.log(await second.catch(({ code }) => code));
      });`);
    const run = await execa('bash', ['-c', 'ulimit -n 40; exec "$@"', 'bash', process.execPath, ...body]);
    expect(run.stdout.split('\n')).toEqual(['EMFILE', 'store-busy']);
    expect(await readdir(directory)).toEqual([]);
  });

  it('that could not be let go of is taken again, and the result of the action stands', async () => {
    const directory = await scratchDirectory();
    const lock = JSON.stringify(join(directory, 'lock'));
    const body = script(`
      import fs from 'node:fs/promises';
      import { syncBuiltinESMExports } from 'node:module';
      const { unlink } = fs;
      fs.unlink = async () => { throw Object.assign(new Error('EIO'), { code: 'EIO' }); };
      syncBuiltinESMExports();
      console.log(await withLock(${lock}, async () => 'done'), (await fs.readdir(${JSON.stringify(directory)})).length);
      fs.unlink = unlink;
      syncBuiltinESMExports();
      console.log(await withLock(${lock}, async (tookOver) => tookOver, { patienceMs: 1000 }));`);
    expect((await execa(process.execPath, body)).stdout.split('\n')).toEqual(['done 1', 'true']);
    expect(await readdir(directory)).toEqual([]);
  });

  it('lets go when the action throws', async () => {
    const lock = join(await scratchDirectory(), 'lock');
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(lock, async () => 'free', { patienceMs: 50 })).toBe('free');
  });
});
