import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/core/model/client.js';
import type { Change } from '../../src/core/ports/key-store.js';
import { openFileStore } from '../../src/store/file/file-store.js';
import { eventually, scratchDirectory } from '../support/keywright.js';
import { client, keyStoreContract } from './contract.js';

const directories = new Map<string, Promise<string>>();

keyStoreContract(async (name) => {
  const directory = directories.get(name) ?? scratchDirectory();
  directories.set(name, directory);
  return openFileStore(join(await directory, 'home'));
});

async function storeWith(record: Client) {
  const home = join(await scratchDirectory(), 'home');
  const store = openFileStore(home);
  await store.clients.update(record.id, () => record);
  const directory = join(home, 'store', 'clients');
  const [name] = (await readdir(directory)).filter((file) => file.endsWith('.json'));
  return { home, store, directory, file: join(directory, name ?? '') };
}

describe('the files of a store', () => {
  it('are for their owner alone, under any umask, and carry their format', async () => {
    const umask = process.umask(0);
    try {
      const { home, directory, file } = await storeWith(client('a'));
      for (const path of [home, join(home, 'store'), directory])
        expect((await stat(path)).mode & 0o077).toBe(0);
      expect((await stat(file)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({ schema: 1, records: { a: client('a') } });
    } finally {
      process.umask(umask);
    }
  });

  it.each([
    ['no JSON', '{"schema":1,"records":{'],
    ['empty', ''],
    ['zeros after a crash', '\0\0\0\0'],
    ['another JSON', '[]'],
    ['a format that never was', '{"schema":0,"records":{}}'],
    ['no records', '{"schema":1,"records":[]}'],
    ['a record of another shape', '{"schema":1,"records":{"a":{"id":"a"}}}'],
  ])('that are damaged (%s) are named and stay as they are', async (_, content) => {
    const { store, file } = await storeWith(client('a'));
    await writeFile(file, content);
    const damaged = { code: 'store-corrupt', message: expect.stringContaining(file) };
    await expect(store.clients.get('a')).rejects.toMatchObject(damaged);
    await expect(store.clients.list()).rejects.toMatchObject(damaged);
    await expect(store.clients.update('a', () => client('a'))).rejects.toMatchObject(damaged);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('of a newer format are named and stay as they are', async () => {
    const { store, file } = await storeWith(client('a'));
    await writeFile(file, '{"schema":2,"records":{}}');
    const newer = { code: 'store-newer', message: `${file} has format 2; this keywright reads up to 1` };
    await expect(store.clients.get('a')).rejects.toMatchObject(newer);
    await expect(store.clients.update('a', () => client('a'))).rejects.toMatchObject(newer);
    expect(await readFile(file, 'utf8')).toBe('{"schema":2,"records":{}}');
  });

  it('that a killed writer left half-written are removed by the next one', async () => {
    const { store, directory, file } = await storeWith(client('a'));
    const name = file.slice(-7, -5);
    await writeFile(join(directory, `.${name}.json.new-0123456789ab`), '{"sch');
    const dead = { pid: 2 ** 22 + 1, started: '1', place: '', nonce: 'dead' };
    await writeFile(join(directory, 'locks', name), JSON.stringify(dead));
    const long = Date.now() / 1000 - 120;
    await utimes(join(directory, 'locks', name), long, long);
    await store.clients.update('a', () => client('a', { label: 'new' }));
    expect((await readdir(directory)).sort()).toEqual([`${name}.json`, 'locks']);
    expect(await readdir(join(directory, 'locks'))).toEqual([]);
  });
});

describe('a home', () => {
  it('that others can look into is refused with what to do', async () => {
    const home = join(await scratchDirectory(), 'open');
    await mkdir(home);
    await chmod(home, 0o755);
    await expect(openFileStore(home).clients.update('a', () => client('a'))).rejects.toMatchObject({
      code: 'unsafe-home',
      message: `the home ${home} is open to other users (mode 0755)`,
      hint: expect.stringContaining(`chmod 700 ${home}`),
    });
  });
});

describe('a watcher', () => {
  it('is told when the store cannot be read, and when it can again, with what changed meanwhile', async () => {
    const { store, file } = await storeWith(client('a'));
    const good = await readFile(file, 'utf8');
    const events: string[] = [];
    const seen: Change<Client>[] = [];
    const subscription = await store.clients.watch({
      changed: (changes) => seen.push(...changes),
      failed: () => events.push('failed'),
      recovered: () => events.push('recovered'),
    });
    await rm(file);
    await writeFile(file, 'damaged');
    await eventually(() => events.includes('failed'), { withinMs: 1000, what: 'the failure' });
    await rm(file);
    await writeFile(file, good.replace('"label":null', '"label":"later"'));
    await eventually(() => events.at(-1) === 'recovered', { withinMs: 1000, what: 'the recovery' });
    expect(seen.at(-1)?.record?.label).toBe('later');
    subscription.stop();
  });

  it('sees a change although the directory never stands still', async () => {
    const { store, directory } = await storeWith(client('a'));
    let label: string | null | undefined;
    const subscription = await openFileStore(join(directory, '..', '..')).clients.watch({
      changed: (changes) => {
        label = changes.at(-1)?.record?.label;
      },
      failed: (error) => expect.fail(String(error)),
      recovered: () => undefined,
    });
    const restless = setInterval(() => void utimes(directory, Date.now() / 1000, Date.now() / 1000), 10);
    await store.clients.update('a', () => client('a', { label: 'new' }));
    await eventually(() => label === 'new', { withinMs: 1000, what: 'the change' }).finally(() =>
      clearInterval(restless),
    );
    subscription.stop();
  });
});
