import fc from 'fast-check';
import { expect, it } from 'vitest';
import { LiveRegistry } from '../../src/core/verify/live-registry.js';
import { listedInMemory } from '../../src/server/memory-lists.js';
import { SortedIds } from '../../src/server/sorted-ids.js';
import { client, keyStoreContract } from '../store/contract.js';
import { MemoryStore } from '../support/memory-store.js';

async function listed(memory: MemoryStore) {
  const registry = await LiveRegistry.follow({
    ...{ keyStore: memory.store, facts: undefined as never, hashSecret: (secret) => secret },
    ...{ onSigningKeys: () => undefined, onUnreadable: () => undefined },
  });
  return listedInMemory(memory.store, registry);
}

const memories = new Map<string, MemoryStore>();

keyStoreContract(
  async (name) => {
    const memory = memories.get(name) ?? new MemoryStore();
    memories.set(name, memory);
    return { store: await listed(memory), changes: memory.changes };
  },
  async (name) => memories.get(name)?.lines ?? [],
);

it('pages go by what is there when they are asked for', async () => {
  const memory = new MemoryStore();
  const store = await listed(memory);
  const id = fc.constantFrom(...'abcdefgh');
  const change = fc.record({ id, gone: fc.boolean() });
  const query = fc.record(
    {
      after: id,
      limit: fc.integer({ min: 1, max: 5 }),
      where: fc.constant(({ id }: { id: string }) => id !== 'c'),
    },
    { requiredKeys: [] },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(change, query), { maxLength: 30 }), async (steps) => {
      for (const [{ id, gone }, asked] of steps) {
        await memory.changes.change(null, async (records) =>
          gone ? records.delete('client', id) : records.put('client', client(id)),
        );
        expect(await store.clients.page(asked)).toEqual(await memory.store.clients.page(asked));
      }
    }),
    { numRuns: 50 },
  );
});

it('ids are in order, however many come and go', () => {
  const ids = new SortedIds();
  const names = Array.from({ length: 5_000 }, (_, index) => `d${(index * 2_654_435_761) % 10_007}`);
  for (const name of names) ids.add(name);
  for (const name of names) ids.add(name);
  const gone = names.filter((_, index) => index % 3 === 0);
  for (const name of [...gone, ...gone, 'unknown']) ids.delete(name);
  const walk = () => {
    const walked: string[] = [];
    for (let some = ids.after(''); some.length > 0; some = ids.after(some.at(-1) ?? '')) walked.push(...some);
    return walked;
  };
  expect(walk()).toEqual([...new Set(names)].filter((name) => !gone.includes(name)).sort());
  for (const name of names) ids.delete(name);
  expect(walk()).toEqual([]);
  ids.add('a');
  expect(walk()).toEqual(['a']);
});
