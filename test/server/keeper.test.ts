import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LastUses } from '../../src/core/manage/last-uses.js';
import type { Failure } from '../../src/core/ports/observer.js';
import { Keeper } from '../../src/server/keeper.js';
import { openFileStore } from '../../src/store/file/file-store.js';
import { scratchDirectory } from '../support/keywright.js';

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

async function fixture() {
  const keyStore = openFileStore(join(await scratchDirectory(), 'home'));
  const failures: Failure[] = [];
  const done: string[] = [];
  const clock = { now: () => 5_000 };
  const uses = new LastUses({ keyStore, clock, isClient: () => true, onFailure: () => undefined });
  vi.spyOn(uses, 'writeDue').mockImplementation(async () => void done.push('due uses'));
  vi.spyOn(uses, 'writeAll').mockImplementation(async () => void done.push('all uses'));
  const keeper = new Keeper({
    ...{ keyStore, clock, uses },
    observer: { failed: (failure) => failures.push(failure) },
    renewCertificate: async () => void done.push('certificate'),
    watchLicence: async () => {
      done.push('licence');
      throw new Error('no licence');
    },
  });
  return { keyStore, keeper, done, failures };
}

it('does nothing until it starts, and nothing but the last writing after it was closed', async () => {
  const { keeper, done } = await fixture();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done).toEqual([]);
  keeper.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(['due uses']);
  await keeper.close();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done).toEqual(['due uses', 'all uses']);
});

it('looks at the certificate and the licence every hour, also after one of them failed', async () => {
  const { keeper, done, failures } = await fixture();
  keeper.start();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done.filter((chore) => chore === 'certificate')).toHaveLength(2);
  expect(done.filter((chore) => chore === 'licence')).toHaveLength(2);
  expect(done.filter((chore) => chore === 'due uses')).toHaveLength(7200);
  expect(failures).toEqual([
    { part: 'licence', error: new Error('no licence') },
    { part: 'licence', error: new Error('no licence') },
  ]);
  await keeper.close();
});

it('removes what has ended when it starts', async () => {
  const { keyStore, keeper } = await fixture();
  await keyStore.provisioningKeys.update('old', () => ({
    ...{ id: 'old', label: null, owner: null, scopes: [], createdAt: 0, hash: 'h', hint: 'x' },
    ...{ usesLeft: 1, expiresAt: 1 },
  }));
  keeper.start();
  await vi.waitFor(async () => expect(await keyStore.provisioningKeys.list()).toEqual([]));
  await keeper.close();
});
