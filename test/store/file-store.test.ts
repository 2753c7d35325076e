import { chmod, mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { FileAuditLog } from '../../src/audit/file-log.js';
import type { Client } from '../../src/core/model/client.js';
import type { Change } from '../../src/core/ports/key-store.js';
import { FileStore } from '../../src/store/file/file-store.js';
import { FileUnitOfWork } from '../../src/store/file/unit-of-work.js';
import { eventually, scratchDirectory } from '../support/keywright.js';
import { certificate, client, keyStoreContract, type StoreView } from './contract.js';

const homes = new Map<string, Promise<string>>();

function homeOf(name: string): Promise<string> {
  const home = homes.get(name) ?? scratchDirectory().then((directory) => join(directory, 'home'));
  homes.set(name, home);
  return home;
}

function auditLog(home: string): FileAuditLog {
  return new FileAuditLog({ home, clock: { now: () => 0 }, actor: { who: 'me', from: 'local' } });
}

function openHome(home: string): StoreView & { readonly store: FileStore } {
  const store = new FileStore({ home });
  const licence = {
    requireSeat: async () => undefined,
    seatsLeft: async () => Number.POSITIVE_INFINITY,
    takeSeats: <T>(_: number, write: () => Promise<T>) => write(),
  };
  return { store, changes: new FileUnitOfWork({ store, audit: auditLog(home), licence }) };
}

keyStoreContract(
  async (name) => openHome(await homeOf(name)),
  async (name) =>
    (await auditLog(await homeOf(name)).entries()).map(
      ({ action, target, outcome }) => `${action} ${target} ${outcome}`,
    ),
);

async function homeWith(record: Client) {
  const home = join(await scratchDirectory(), 'home');
  const { store, changes } = openHome(home);
  await changes.change(null, (records) => records.put('client', record));
  const directory = join(home, 'store', 'clients');
  const [name] = (await readdir(directory)).filter((file) => file.endsWith('.json'));
  return { home, store, changes, directory, file: join(directory, name ?? '') };
}

const dead = JSON.stringify({ pid: 2 ** 22 + 1, started: '1', place: '', nonce: 'dead' });

/** Leaves a lock as a killed writer does. */
async function leaveLock(path: string): Promise<void> {
  await writeFile(path, dead);
  const long = Date.now() / 1000 - 120;
  await utimes(path, long, long);
}

describe('the files of a store', () => {
  it('are for their owner alone, under any umask, and carry their format', async () => {
    const umask = process.umask(0);
    try {
      const { home, directory, file } = await homeWith(client('a'));
      for (const path of [home, join(home, 'store'), directory])
        expect((await stat(path)).mode & 0o077).toBe(0);
      for (const path of [file, join(home, 'store-version')])
        expect((await stat(path)).mode & 0o777).toBe(0o600);
      expect(JSON.parse(await readFile(file, 'utf8'))).toEqual({
        schema: 2,
        records: { client: { a: client('a', { revision: 1 }) } },
      });
      expect(await readFile(join(home, 'store-version'), 'utf8')).toBe('2\n');
    } finally {
      process.umask(umask);
    }
  });

  it.each([
    ['no JSON', '{"schema":2,"records":{'],
    ['empty', ''],
    ['zeros after a crash', '\0\0\0\0'],
    ['another JSON', '[]'],
    ['a format that never was', '{"schema":0,"records":{}}'],
    ['no records', '{"schema":2,"records":[]}'],
    ['records of no kind', '{"schema":2,"records":{"a":{}}}'],
    ['a record of another shape', '{"schema":2,"records":{"client":{"a":{"id":"a"}}}}'],
    ['a record of another shape in the old format', '{"schema":1,"records":{"a":{"id":"a"}}}'],
  ])('that are damaged (%s) are named and stay as they are', async (_, content) => {
    const { store, changes, file } = await homeWith(client('a'));
    await writeFile(file, content);
    const damaged = { code: 'store-corrupt', message: expect.stringContaining(file) };
    await expect(store.clients.get('a')).rejects.toMatchObject(damaged);
    await expect(store.clients.page()).rejects.toMatchObject(damaged);
    const change = changes.change(null, (records) => records.put('client', client('a')));
    await expect(change).rejects.toMatchObject(damaged);
    expect(await readFile(file, 'utf8')).toBe(content);
  });

  it('of a newer format are named and stay as they are', async () => {
    const { home, store, changes, file } = await homeWith(client('a'));
    await writeFile(file, '{"schema":3,"records":{}}');
    const newer = { code: 'store-newer', message: `${file} has format 3; this keywright reads up to 2` };
    await expect(store.clients.get('a')).rejects.toMatchObject(newer);
    const change = () => changes.change(null, (records) => records.put('client', client('a')));
    await expect(change()).rejects.toMatchObject(newer);
    expect(await readFile(file, 'utf8')).toBe('{"schema":3,"records":{}}');
    await writeFile(join(home, 'store-version'), '3\n');
    const other = openHome(home).changes.change(null, (records) => records.put('client', client('b')));
    await expect(other).rejects.toMatchObject({
      code: 'store-newer',
      message: `${join(home, 'store-version')} names format 3; this keywright reads up to 2`,
    });
  });

  it('that a killed writer left half-written are removed by the next one', async () => {
    const { changes, directory, file } = await homeWith(client('a'));
    const name = file.slice(-7, -5);
    await writeFile(join(directory, `.${name}.json.new-0123456789ab`), '{"sch');
    await leaveLock(join(directory, 'locks', name));
    await changes.change(null, (records) => records.put('client', client('a', { label: 'new' })));
    expect((await readdir(directory)).sort()).toEqual([`${name}.json`, 'locks']);
    expect(await readdir(join(directory, 'locks'))).toEqual([]);
  });

  it.each([0, 1, 2])(
    'of one change are finished by the next writer, if its writer was killed after %i of them',
    async (done) => {
      const home = join(await scratchDirectory(), 'home');
      const { changes } = openHome(home);
      const names = ['a', 'b'];
      await changes.change(null, (records) => {
        for (const id of names) records.put('client', client(id));
      });
      const directory = join(home, 'store', 'clients');
      const files = (await readdir(directory)).filter((name) => name.endsWith('.json'));
      expect(files).toHaveLength(2);
      const prepared = [];
      for (const [index, file] of files.entries()) {
        const name = file.slice(0, 2);
        const text = (await readFile(join(directory, file), 'utf8')).replace(
          '"label":null',
          '"label":"done"',
        );
        const temporary = `.${file}.new-0123456789ab`;
        await writeFile(join(directory, index < done ? file : temporary), text, { mode: 0o600 });
        prepared.push({ directory: 'clients', name, temporary });
        await leaveLock(join(directory, 'locks', name));
      }
      await writeFile(join(home, 'store', 'journal-0123456789ab'), JSON.stringify(prepared));
      const later = openHome(home);
      await later.changes.change(null, (records) => records.put('client', client('c')));
      const labels = (await later.store.clients.page()).map(({ id, label }) => `${id} ${label}`);
      expect(labels).toEqual(['a done', 'b done', 'c null']);
      expect((await readdir(join(home, 'store'))).filter((name) => name.startsWith('journal-'))).toEqual([]);
      expect((await readdir(directory)).filter((name) => name.includes('.new-'))).toEqual([]);
    },
  );

  it('are not touched by a journal that is not whole, or that names files elsewhere', async () => {
    const { home, changes, store, file } = await homeWith(client('a'));
    const before = await readFile(file, 'utf8');
    await writeFile(join(home, 'store', 'journal-1'), '[{"directory":"cli');
    const outside = { directory: '..', name: 'hmac', temporary: 'audit.log' };
    await writeFile(join(home, 'store', 'journal-2'), JSON.stringify([outside]));
    await changes.change(null, (records) => records.put('client', client('b')));
    expect(await readFile(file, 'utf8')).toBe(before);
    expect(await store.clients.count()).toBe(2);
    expect(await readdir(home)).not.toContain('hmac.json');
  });
});

describe('a home', () => {
  it('that others can look into is refused with what to do', async () => {
    const home = join(await scratchDirectory(), 'open');
    await mkdir(home);
    await chmod(home, 0o755);
    const change = openHome(home).changes.change(null, (records) => records.put('client', client('a')));
    await expect(change).rejects.toMatchObject({
      code: 'unsafe-home',
      message: `the home ${home} is open to other users (mode 0755)`,
      hint: expect.stringContaining(`chmod 700 ${home}`),
    });
  });
});

describe('the number of clients', () => {
  it('is found by reading only the files that changed', async () => {
    const { home, store, changes, file } = await homeWith(client('a'));
    const other = openHome(home);
    for (const id of ['b', 'c', 'd', 'e'])
      await changes.change(null, (records) => records.put('client', client(id)));
    const reads = vi.spyOn(store.files, 'read');
    const long = Date.now() / 1000 - 60;
    await eventually(
      async () => {
        expect(await store.clients.count()).toBe(5);
        reads.mockClear();
        await store.clients.count();
        return reads.mock.calls.length === 0;
      },
      { withinMs: 1000, what: 'all files are known' },
    );
    await other.changes.change(null, (records) => records.delete('client', 'b'));
    expect([await store.clients.count(), reads.mock.calls.length]).toEqual([4, 1]);
    await writeFile(file, 'damaged');
    await utimes(file, long, long);
    await expect(store.clients.count()).rejects.toMatchObject({ code: 'store-corrupt' });
  });
});

describe('a damaged file', () => {
  it('keeps nobody from being found by the key of another file, and nobody from knowing that', async () => {
    const { store, changes, file } = await homeWith(client('a'));
    const key = (id: string) => ({
      ...{
        kind: 'api-key' as const,
        id: '1',
        hash: `hash of ${id}`,
        prefix: 'kw_',
        hint: 'kw_a…',
        label: null,
      },
      ...{ scopes: [], createdAt: 1, expiresAt: 2, revokedAt: null },
    });
    await changes.change(null, (records) => records.put('client', client('a', { credentials: [key('a')] })));
    const others = ['b', 'c', 'd'];
    for (const id of others)
      await changes.change(null, (records) => records.put('client', client(id, { credentials: [key(id)] })));
    await writeFile(file, 'damaged');
    for (const id of others) expect(await store.clients.byKeyHash(`hash of ${id}`)).toMatchObject({ id });
    const unknown = store.clients.byKeyHash('hash of a');
    await expect(unknown).rejects.toMatchObject({
      code: 'store-corrupt',
      message: expect.stringContaining(file),
    });
  });
});

describe('a watcher', () => {
  it('is told when the store cannot be read, and when it can again, with what changed meanwhile', async () => {
    const { store, file } = await homeWith(client('a'));
    const good = await readFile(file, 'utf8');
    const events: string[] = [];
    const seen: Change[] = [];
    const subscription = await store.watch({
      changed: (changes) => seen.push(...changes),
      unreadable: (parts) => events.push(parts.length > 0 ? 'failed' : 'recovered'),
    });
    await rm(file);
    await writeFile(file, 'damaged');
    await eventually(() => events.includes('failed'), { withinMs: 1000, what: 'the failure' });
    await rm(file);
    await writeFile(file, good.replace('"label":null', '"label":"later"'));
    await eventually(() => events.at(-1) === 'recovered', { withinMs: 1000, what: 'the recovery' });
    expect(seen.at(-1)?.after).toMatchObject({ label: 'later', revision: 1 });
    subscription.stop();
  });

  it('sees a change although the directory never stands still', async () => {
    const { home, changes, directory } = await homeWith(client('a'));
    let latest: Change | undefined;
    const subscription = await openHome(home).store.watch({
      changed: (all) => {
        latest = all.at(-1);
      },
      unreadable: (parts) => expect.fail(String(parts[0]?.error)),
    });
    const restless = setInterval(() => void utimes(directory, Date.now() / 1000, Date.now() / 1000), 10);
    await changes.change(null, (records) => {
      records.put('client', client('a', { label: 'new' }));
      records.put('certificate', certificate('01', 'a'));
    });
    await eventually(() => latest?.kind === 'certificate' && latest.id === '01', {
      withinMs: 1000,
      what: 'the change',
    }).finally(() => clearInterval(restless));
    subscription.stop();
  });
});
