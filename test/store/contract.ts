import { describe, expect, it } from 'vitest';
import type { Certificate } from '../../src/core/model/certificate.js';
import { type Client, newClient } from '../../src/core/model/client.js';
import type { ProvisioningKey } from '../../src/core/model/provisioning-key.js';
import type { User } from '../../src/core/model/user.js';
import type { Change, KeyStore, RecordKind } from '../../src/core/ports/key-store.js';
import type { UnitOfWork } from '../../src/core/ports/unit-of-work.js';
import { eventually } from '../support/keywright.js';

/** One view of a store, as one process has it. */
export interface StoreView {
  readonly store: KeyStore;
  readonly changes: UnitOfWork;
}

/** A client with nothing in particular. */
export function client(id: string, changes: Partial<Client> = {}): Client {
  return newClient({ id, createdAt: 0, notAfter: 1, ...changes });
}

export function certificate(id: string, clientId: string, changes: Partial<Certificate> = {}): Certificate {
  return {
    ...{ id, revision: 0, holder: { kind: 'client', id: clientId }, issuer: 'ca', fingerprint: `f${id}` },
    ...{ key: { algorithm: 'ec-p256', publicKey: 'k' }, notBefore: 0, notAfter: 1, withdrawn: null },
    ...changes,
  };
}

function user(id: string, changes: Partial<User> = {}): User {
  return {
    ...{ id, revision: 0, email: null, groups: [], domains: [], role: 'member', scopes: [] },
    ...{ passwordHash: 'x', sessionsSince: 0, disabledAt: null, createdAt: 0, updatedAt: 0 },
    ...changes,
  };
}

function provisioningKey(usesLeft: number): ProvisioningKey {
  return {
    ...{ id: '0123456789ab', revision: 0, hash: '0123456789abcdef', hint: 'prov_abcd…', usesLeft },
    ...{ scopes: ['ingest'], owner: null, label: 'hall 7', createdAt: 1, expiresAt: 2 },
  };
}

// Of each kind one, and of clients one for each way in which a value can be wrong.
const UNREADABLE: readonly [kind: RecordKind, record: object][] = [
  ['client', client('a', { label: 5 as never })],
  ['client', client('a', { label: undefined as never })],
  ['client', client('a', { notAfter: Number.NaN })],
  ['client', client('a', { updatedAt: 1.5 })],
  ['client', client('a', { scopes: 'ingest' as never })],
  ['client', client('a', { scopes: [null as never] })],
  ['client', client('a', { owner: {} as never })],
  ['client', client('a', { credentials: [{ kind: 'password', id: 'x' } as never] })],
  ['client', client('a', { credentials: [true as never] })],
  ['client', { ...client('a'), id: undefined }],
  ['certificate', { ...certificate('01', 'a'), holder: undefined }],
  ['certificate', certificate('01', 'a', { key: { algorithm: 'none', publicKey: 'k' } as never })],
  ['user', user('u', { email: 7 as never })],
  ['user', user('u', { role: 'boss' as never })],
  ['session', { id: 's', revision: 0, userId: 'u' }],
  ['withdrawn-token', { id: 't', revision: 0, withdrawnAt: 0, expiresAt: 'soon' }],
  ['signing-keys', { id: 'ring', revision: 0, keys: [{ id: 'k', algorithm: 'none' }] }],
  ['provisioning-key', { ...provisioningKey(1), usesLeft: 0.5 }],
];

const EVENT = { action: 'test', target: 'x' };

function putClient({ changes }: StoreView, record: Client): Promise<void> {
  return changes.change(null, (records) => records.put('client', record));
}

/**
 * What every key store guarantees. `open` gives another view of the same store each time it is called with the same
 * name, as another process would have. `lines` are the audit log's, as `action target outcome`.
 */
export function keyStoreContract(
  open: (name: string) => Promise<StoreView>,
  lines: (name: string) => Promise<string[]>,
): void {
  describe('the records', () => {
    it('are none at first', async () => {
      const { store } = await open('empty');
      expect(await store.clients.page()).toEqual([]);
      expect(await store.clients.count()).toBe(0);
      expect(await store.clients.get('a')).toBeUndefined();
      expect(await store.keepsSecrets()).toBe(false);
    });

    it('are what a change put, for every view of the store, and each change raises their revision', async () => {
      const [one, other] = [await open('kept'), await open('kept')];
      await putClient(one, client('a', { label: 'first' }));
      expect(await other.store.clients.get('a')).toEqual(client('a', { label: 'first', revision: 1 }));
      await putClient(other, client('a', { label: 'second' }));
      expect(await one.store.clients.get('a')).toEqual(client('a', { label: 'second', revision: 2 }));
      await one.changes.change(null, (records) => records.delete('client', 'a'));
      expect(await other.store.clients.get('a')).toBeUndefined();
    });

    it('come in pages, in the order of their ids, names of object members too', async () => {
      const view = await open('listed');
      const ids = ['b', 'constructor', 'a', 'tostring', 'c', '__proto__'];
      await Promise.all(ids.map((id) => putClient(view, client(id))));
      const page = async (query: object) => (await view.store.clients.page(query)).map(({ id }) => id);
      const sorted = [...ids].sort();
      expect(await page({})).toEqual(sorted);
      expect(await page({ limit: 2 })).toEqual(sorted.slice(0, 2));
      expect(await page({ after: sorted[1], limit: 3 })).toEqual(sorted.slice(2, 5));
      expect(await page({ after: sorted.at(-1) })).toEqual([]);
      expect(await view.store.clients.count()).toBe(ids.length);
      expect(await view.store.clients.get('valueof')).toBeUndefined();
    });

    it('that are clients are found by owner, by themselves and their certificates, and by key, deleted ones never', async () => {
      const view = await open('found');
      const key = {
        ...{ kind: 'api-key' as const, id: '1', hash: 'abcd', prefix: 'kw_', hint: 'kw_a…', label: null },
        ...{ scopes: [], createdAt: 0, expiresAt: 1, revokedAt: null },
      };
      await putClient(view, client('a', { owner: 'ada', notAfter: 10, credentials: [key] }));
      await putClient(view, client('b', { owner: 'bob', notAfter: 20 }));
      await putClient(view, client('c', { owner: 'ada', deletedAt: 5 }));
      const ids = async (query: object) => (await view.store.clients.page(query)).map(({ id }) => id);
      expect(await ids({ owner: 'ada' })).toEqual(['a']);
      await view.changes.change(null, (records) => records.put('certificate', certificate('0b', 'b')));
      expect(await ids({ where: ({ notAfter }: Client) => notAfter <= 10 })).toEqual(['a']);
      expect(await ids({ where: (_: Client, held: () => Certificate[]) => held().length === 1 })).toEqual([
        'b',
      ]);
      expect(await ids({ after: 'a', limit: 1, where: () => true })).toEqual(['b']);
      expect(await ids({})).toEqual(['a', 'b']);
      expect(await view.store.clients.count()).toBe(2);
      expect((await view.store.clients.byKeyHash('abcd'))?.id).toBe('a');
      expect(await view.store.clients.byKeyHash('abce')).toBeUndefined();
      const formerKeys = [{ id: 'k', hash: 'gone', deletedAt: 1 }];
      await view.changes.change(null, (records) =>
        records.put('client', client('former', { deletedAt: 1, formerKeys })),
      );
      expect(await view.store.clients.byKeyHash('gone')).toMatchObject({ id: 'former', formerKeys });
      expect(await view.store.keepsSecrets()).toBe(true);
    });

    it('that are certificates are found by serial and by client', async () => {
      const view = await open('certificates');
      await view.changes.change(null, (records) => {
        for (const [id, owner] of [
          ['01', 'a'],
          ['02', 'a'],
          ['03', 'b'],
        ] as const)
          records.put('certificate', certificate(id, owner));
      });
      expect((await view.store.certificates.get('02'))?.holder.id).toBe('a');
      expect(await view.store.certificates.get('04')).toBeUndefined();
      const of = async (...ids: string[]) =>
        (await view.store.certificates.ofClients(ids)).map(({ id }) => id).sort();
      expect(await of('a')).toEqual(['01', '02']);
      expect(await of('a', 'b')).toEqual(['01', '02', '03']);
      await view.changes.change(null, async (records) => {
        for (const { id } of await records.certificatesOf({ kind: 'client', id: 'a' }))
          records.delete('certificate', id);
      });
      expect(await of('a', 'b')).toEqual(['03']);
    });
  });

  describe('a change', () => {
    it('that throws leaves everything as it was, without a line in the audit log', async () => {
      const view = await open('thrown');
      await putClient(view, client('a'));
      const change = view.changes.change(EVENT, (records) => {
        records.put('client', client('a', { label: 'other' }));
        records.put('client', client('b'));
        throw new Error('no');
      });
      await expect(change).rejects.toThrow('no');
      expect(await view.store.clients.page()).toEqual([client('a', { revision: 1 })]);
      expect(await lines('thrown')).toEqual([]);
    });

    it.each(UNREADABLE)(
      'that puts a %s that could not be read back writes nothing: %s',
      async (kind, record) => {
        const view = await open('unreadable');
        const change = view.changes.change(EVENT, (records) => {
          records.put('client', client('beside'));
          records.put(kind, record as never);
        });
        await expect(change).rejects.toMatchObject({
          code: 'invalid-input',
          message: expect.stringMatching(
            /could not be read back: "[a-zA-Z ]+" is missing or of the wrong type/,
          ),
        });
        expect(await view.store.clients.page()).toEqual([]);
        expect(await view.store.users.page()).toEqual([]);
        expect(await lines('unreadable')).toEqual([]);
      },
    );

    it('writes of a record what its reader knows', async () => {
      const view = await open('more');
      await view.changes.change(null, (records) =>
        records.put('client', { ...client('a'), more: 1 } as Client),
      );
      expect(await view.store.clients.get('a')).toEqual(client('a', { revision: 1 }));
    });

    it('has its line in the audit log, unless it changes nothing', async () => {
      const view = await open('audited');
      await view.changes.change(EVENT, (records) => records.put('client', client('a')));
      await view.changes.change({ action: 'other', target: 'y' }, () => undefined);
      expect(await lines('audited')).toEqual(['test x done']);
    });

    it('is lost by none of many at once to one record', async () => {
      const views = await Promise.all(Array.from({ length: 4 }, () => open('counter')));
      const add = ({ changes }: StoreView) =>
        changes.change(null, async (records) => {
          const updatedAt = ((await records.get('client', 'n'))?.updatedAt ?? 0) + 1;
          records.put('client', client('n', { updatedAt }));
        });
      await Promise.all(
        Array.from({ length: 40 }, (_, index) =>
          views
            .slice(index % 4)
            .slice(0, 1)
            .map(add),
        ).flat(),
      );
      expect(await views[0]?.store.clients.get('n')).toEqual(client('n', { updatedAt: 40, revision: 40 }));
    });

    it('of several records is whole for whoever reads them in one', async () => {
      const views = await Promise.all(Array.from({ length: 3 }, () => open('whole')));
      const names = ['a', 'b', 'c', 'd'];
      const move = ({ changes }: StoreView, step: number) =>
        changes.change(null, async (records) => {
          const found = await Promise.all(names.map((id) => records.get('client', id)));
          const labels = new Set(found.map((each) => each?.label ?? null));
          expect(labels.size).toBe(1);
          for (const id of names) records.put('client', client(id, { label: `${step}` }));
        });
      await Promise.all(
        views.flatMap((view, index) => [1, 2, 3, 4].map((step) => move(view, index * 10 + step))),
      );
      const found = await views[0]?.store.clients.page();
      expect(found?.map(({ revision }) => revision)).toEqual([12, 12, 12, 12]);
    });

    it('lets one of many at once have the last use of a provisioning key', async () => {
      const views = await Promise.all(Array.from({ length: 4 }, () => open('provisioning')));
      const [first] = views;
      await first?.changes.change(null, (records) => records.put('provisioning-key', provisioningKey(1)));
      expect(await first?.store.provisioningKeys.page()).toEqual([{ ...provisioningKey(1), revision: 1 }]);
      const spend = ({ changes }: StoreView, index: number) =>
        changes.change(null, async (records) => {
          if ((await records.get('provisioning-key', '0123456789ab')) === undefined) return false;
          records.delete('provisioning-key', '0123456789ab');
          records.put('client', client(`device${index}`));
          return true;
        });
      const spent = await Promise.all(
        Array.from({ length: 24 }, (_, index) =>
          views
            .slice(index % 4)
            .slice(0, 1)
            .map((view) => spend(view, index)),
        ).flat(),
      );
      expect(spent.filter((won) => won)).toHaveLength(1);
      expect(await first?.store.clients.count()).toBe(1);
    });

    it('gives an e-mail address to one user of many at once, and frees it with the user', async () => {
      const views = await Promise.all(Array.from({ length: 3 }, () => open('emails')));
      const [first] = views;
      if (first === undefined) return expect.fail('no view');
      const take = ({ changes }: StoreView, id: string) =>
        changes.change(null, (records) => records.put('user', user(id, { email: 'a@example.com' })));
      const names = Array.from({ length: 9 }, (_, index) => `u${index}`);
      const taken = await Promise.allSettled(names.map((id, index) => take(views[index % 3] ?? first, id)));
      expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [holder] = await first.store.users.page();
      await expect(take(first, 'late')).rejects.toMatchObject({
        code: 'already-exists',
        message: `user ${holder?.id} has the e-mail address a@example.com`,
      });
      await first.changes.change(null, (records) =>
        records.put('user', user(holder?.id ?? '', { email: null })),
      );
      await take(first, 'late');
      await first.changes.change(null, (records) => records.delete('user', 'late'));
      await take(first, 'later');
      expect((await first.store.users.page()).map(({ id, email }) => [id, email])).toEqual(
        [
          ['later', 'a@example.com'],
          [holder?.id, null],
        ].sort(),
      );
    });
  });

  describe('a name to sign in with', () => {
    it('is one user’s: none of one’s is the e-mail address of another', async () => {
      const view = await open('logins');
      const put = (id: string, email: string | null) =>
        view.changes.change(null, (records) => records.put('user', user(id, { email })));
      await put('ann', 'ann@example.com');
      await put('bob@example.com', null);
      await put('me@example.com', 'me@example.com');
      const taken = { code: 'already-exists' };
      await expect(put('ann@example.com', null)).rejects.toMatchObject({
        ...{ ...taken, message: 'user ann has the e-mail address ann@example.com' },
      });
      await expect(put('eve', 'bob@example.com')).rejects.toMatchObject({
        ...{ ...taken, message: 'there is a user of the name bob@example.com' },
      });
      await expect(put('ann', 'bob@example.com')).rejects.toMatchObject(taken);
      await expect(put('eve', 'me@example.com')).rejects.toMatchObject(taken);
      await put('ann', null);
      await put('ann@example.com', null);
      expect((await view.store.users.page()).map(({ id, email }) => [id, email])).toEqual([
        ['ann', null],
        ['ann@example.com', null],
        ['bob@example.com', null],
        ['me@example.com', 'me@example.com'],
      ]);
    });

    it('goes to one of a user and another’s e-mail address that are made at once', async () => {
      const views = await Promise.all(Array.from({ length: 2 }, () => open('logins at once')));
      const put = (index: number, id: string, email: string | null) =>
        views[index % 2]?.changes.change(null, (records) => records.put('user', user(id, { email })));
      const made = await Promise.allSettled(
        Array.from({ length: 12 }, (_, index) =>
          index % 3 === 0 ? put(index, 'a@example.com', null) : put(index, `u${index}`, 'a@example.com'),
        ),
      );
      const users = (await views[0]?.store.users.page()) ?? [];
      expect(users).toHaveLength(1);
      expect(made.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(8);
    });
  });

  describe('a watcher', () => {
    it('gets everything there is, then each change of any view within a second, with what was before', async () => {
      const [mine, theirs] = [await open('watched'), await open('watched')];
      await putClient(theirs, client('a'));
      const seen: Change[] = [];
      const subscription = await mine.store.watch({
        changed: (changes) => seen.push(...changes),
        unreadable: (parts) => expect.fail(String(parts[0]?.error)),
      });
      const a = client('a', { revision: 1 });
      expect(seen).toEqual([{ kind: 'client', id: 'a', before: undefined, after: a }]);

      await putClient(theirs, client('b'));
      await eventually(() => seen.some(({ id, after }) => id === 'b' && after !== undefined), {
        withinMs: 1000,
        what: 'a record of another view',
      });
      await putClient(theirs, client('a', { label: 'new' }));
      await theirs.changes.change(null, (records) => records.delete('client', 'b'));
      const of = (wanted: string) => seen.filter(({ id }) => id === wanted);
      await eventually(() => of('b').length === 2 && of('a').length === 2, {
        withinMs: 1000,
        what: 'changes by another view',
      });
      const b = client('b', { revision: 1 });
      expect(seen.filter(({ id }) => id === 'b').at(-1)).toEqual({
        kind: 'client',
        id: 'b',
        before: b,
        after: undefined,
      });
      expect(seen).toContainEqual({
        kind: 'client',
        id: 'a',
        before: a,
        after: client('a', { label: 'new', revision: 2 }),
      });

      await putClient(mine, client('c'));
      expect(seen.at(-1)).toMatchObject({ kind: 'client', id: 'c', before: undefined });

      subscription.stop();
      const count = seen.length;
      await putClient(mine, client('c', { label: 'later' }));
      expect(seen).toHaveLength(count);
    });

    it('misses none of many changes in a row', async () => {
      const [mine, theirs] = [await open('burst'), await open('burst')];
      const latest = new Map<string, Change['after']>();
      const subscription = await mine.store.watch({
        changed: (changes) => {
          for (const { id, after } of changes) latest.set(id, after);
        },
        unreadable: (parts) => expect.fail(String(parts[0]?.error)),
      });
      for (let round = 1; round <= 60; round += 1)
        await putClient(theirs, client(`id${round % 7}`, { updatedAt: round }));
      const expected = await theirs.store.clients.page();
      expect(expected).toHaveLength(7);
      const current = () => [...latest.values()].sort((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1));
      await eventually(() => JSON.stringify(current()) === JSON.stringify(expected), {
        withinMs: 1000,
        what: 'all changes',
      });
      subscription.stop();
    });
  });

  describe('the last uses', () => {
    it('are the latest, of the keys asked for, and are forgotten with their keys', async () => {
      const { store } = await open('uses');
      const note = (id: string, at: number) => store.uses.note(new Map([[id, { at, from: 'here' }]]));
      await note('a:1', 5);
      await note('b:1', 6);
      await note('a:1', 7);
      await store.uses.flush();
      await note('a:1', 4);
      await store.uses.flush();
      expect(await store.uses.of(['a:1', 'c:1'])).toEqual(new Map([['a:1', { at: 7, from: 'here' }]]));
      await store.uses.keepOnly((id) => id !== 'a:1');
      expect(await store.uses.of(['a:1', 'b:1'])).toEqual(new Map([['b:1', { at: 6, from: 'here' }]]));
    });
  });
}
