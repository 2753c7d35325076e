import { describe, expect, it } from 'vitest';
import type { Client } from '../../src/core/model/client.js';
import type { ProvisioningKey } from '../../src/core/model/provisioning-key.js';
import type { Change, KeyStore } from '../../src/core/ports/key-store.js';
import { eventually } from '../support/keywright.js';

/** A client with nothing in particular. */
export function client(id: string, changes: Partial<Client> = {}): Client {
  return {
    id,
    label: null,
    owner: null,
    domain: null,
    scopes: [],
    notBefore: 0,
    notAfter: 1,
    revokedAt: null,
    createdAt: 0,
    updatedAt: 0,
    deletedAt: null,
    credentials: [],
    retired: [],
    ...changes,
  };
}

/**
 * What every keystore guarantees. `open` gives another view of the same store each time it is called with the same
 * name, as another process would have.
 */
export function keyStoreContract(open: (name: string) => Promise<KeyStore>): void {
  describe('a collection', () => {
    it('is empty at first', async () => {
      const { clients } = await open('empty');
      expect(await clients.list()).toEqual([]);
      expect(await clients.get('a')).toBeUndefined();
    });

    it('keeps what update returns, for every view of the store', async () => {
      const [one, other] = [await open('kept'), await open('kept')];
      expect(await one.clients.update('a', () => client('a', { label: 'first' }))).toMatchObject({
        label: 'first',
      });
      expect(await other.clients.get('a')).toEqual(client('a', { label: 'first' }));
      await other.clients.update('a', (current) => client('a', { label: `${current?.label}, second` }));
      expect(await one.clients.get('a')).toEqual(client('a', { label: 'first, second' }));
      await one.clients.update('a', () => undefined);
      expect(await other.clients.get('a')).toBeUndefined();
    });

    it('changes nothing when update throws', async () => {
      const { clients } = await open('thrown');
      await clients.update('a', () => client('a'));
      const change = () => {
        throw new Error('no');
      };
      await expect(clients.update('a', change)).rejects.toThrow('no');
      await expect(clients.update('b', change)).rejects.toThrow('no');
      expect(await clients.list()).toEqual([client('a')]);
    });

    it('loses no change of many at once to one record', async () => {
      const views = await Promise.all(Array.from({ length: 4 }, () => open('counter')));
      const add = (current: Client | undefined) => client('n', { updatedAt: (current?.updatedAt ?? 0) + 1 });
      await Promise.all(Array.from({ length: 60 }, (_, index) => views[index % 4]?.clients.update('n', add)));
      expect((await views[0]?.clients.get('n'))?.updatedAt).toBe(60);
    });

    it('keeps provisioning keys as they are, and lets one of many at once have the last use', async () => {
      const views = await Promise.all(Array.from({ length: 4 }, () => open('provisioning')));
      const key: ProvisioningKey = {
        ...{
          id: '0123456789ab',
          hash: '0123456789abcdef',
          hint: 'prov_abcd…',
          usesLeft: 1,
          scopes: ['ingest'],
        },
        ...{ owner: null, label: 'hall 7', createdAt: 1, expiresAt: 2 },
      };
      await views[0]?.provisioningKeys.update(key.id, () => key);
      expect(await views[1]?.provisioningKeys.list()).toEqual([key]);
      const spend = (current: ProvisioningKey | undefined) => {
        if (current === undefined) throw new Error('spent');
        return undefined;
      };
      const spent = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) => views[index % 4]?.provisioningKeys.update(key.id, spend)),
      );
      expect(spent.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await views[2]?.provisioningKeys.get(key.id)).toBeUndefined();
    });

    it('lists all records in the order of their ids, names of object members too', async () => {
      const { clients } = await open('listed');
      const ids = ['b', 'constructor', 'a', 'tostring', 'c', '__proto__'];
      await Promise.all(ids.map((id) => clients.update(id, () => client(id))));
      expect((await clients.list()).map(({ id }) => id)).toEqual([...ids].sort());
      expect(await clients.get('valueof')).toBeUndefined();
    });
  });

  describe('a watcher', () => {
    it('gets everything there is, then each change of any view within a second', async () => {
      const [mine, theirs] = [await open('watched'), await open('watched')];
      await theirs.clients.update('a', () => client('a'));
      const seen: Change<Client>[] = [];
      const subscription = await mine.clients.watch({
        changed: (changes) => seen.push(...changes),
        failed: (error) => expect.fail(String(error)),
        recovered: () => undefined,
      });
      expect(seen).toEqual([{ id: 'a', record: client('a') }]);

      await theirs.clients.update('b', () => client('b'));
      await theirs.clients.update('a', () => client('a', { label: 'new' }));
      const latest = (wanted: string) => seen.filter(({ id }) => id === wanted).at(-1);
      await eventually(() => latest('a')?.record?.label === 'new' && latest('b')?.record !== undefined, {
        withinMs: 1000,
        what: 'changes by another view',
      });
      await theirs.clients.update('b', () => undefined);
      await eventually(() => latest('b')?.record === undefined, {
        withinMs: 1000,
        what: 'a removal by another view',
      });

      await mine.clients.update('c', () => client('c'));
      expect(seen.at(-1)).toEqual({ id: 'c', record: client('c') });

      subscription.stop();
      const count = seen.length;
      await mine.clients.update('c', () => undefined);
      expect(seen).toHaveLength(count);
    });

    it('misses none of many changes in a row', async () => {
      const [mine, theirs] = [await open('burst'), await open('burst')];
      const latest = new Map<string, Client | undefined>();
      const subscription = await mine.clients.watch({
        changed: (changes) => {
          for (const { id, record } of changes) latest.set(id, record);
        },
        failed: (error) => expect.fail(String(error)),
        recovered: () => undefined,
      });
      for (let round = 1; round <= 100; round += 1) {
        await theirs.clients.update(`id${round % 7}`, () => client(`id${round % 7}`, { updatedAt: round }));
      }
      const expected = await theirs.clients.list();
      await eventually(
        () =>
          JSON.stringify([...latest.values()].sort((a, b) => ((a?.id ?? '') < (b?.id ?? '') ? -1 : 1))) ===
          JSON.stringify(expected),
        { withinMs: 1000, what: 'all changes' },
      );
      subscription.stop();
    });
  });
}
