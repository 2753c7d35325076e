import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LastUses } from '../../src/core/manage/last-uses.js';
import type { Failure, ObservedChange } from '../../src/core/ports/observer.js';
import { openHome } from '../../src/home/open-home.js';
import { Keeper } from '../../src/server/keeper.js';
import { scratchDirectory } from '../support/keywright.js';

const HOUR = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

async function fixture() {
  const directory = join(await scratchDirectory(), 'home');
  const { keyStore, changes } = await openHome({ directory, notice: () => undefined, environment: {} });
  const failures: Failure[] = [];
  const done: string[] = [];
  const changed: ObservedChange[] = [];
  const wall = { now: 5_000 };
  const clock = { now: () => wall.now };
  const uses = new LastUses({ uses: keyStore.uses, clock });
  vi.spyOn(uses, 'handOver').mockImplementation(async () => void done.push('uses'));
  vi.spyOn(keyStore.uses, 'flush').mockImplementation(async () => void done.push('flush'));
  const keeper = new Keeper({
    ...{ keyStore, changes, clock, uses, registry: { clientById: () => undefined } },
    observer: { failed: (failure) => failures.push(failure), changed: (change) => changed.push(change) },
    renewCertificate: async () => void done.push('certificate'),
    watchLicence: async () => {
      done.push('licence');
      throw new Error('no licence');
    },
  });
  return { keyStore, changes, keeper, done, failures, changed, wall };
}

it('does nothing until it starts, and nothing but the last writing after it was closed', async () => {
  const { keeper, done } = await fixture();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done).toEqual([]);
  keeper.start();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(done).toEqual(['uses']);
  await keeper.close();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done).toEqual(['uses', 'uses', 'flush']);
});

it('looks at the certificate and the licence every hour, also after one of them failed', async () => {
  const { keeper, done, failures } = await fixture();
  keeper.start();
  await vi.advanceTimersByTimeAsync(2 * HOUR);
  expect(done.filter((chore) => chore === 'certificate')).toHaveLength(2);
  expect(done.filter((chore) => chore === 'licence')).toHaveLength(2);
  expect(done.filter((chore) => chore === 'uses')).toHaveLength(7200);
  expect(failures).toEqual([
    { part: 'licence', error: new Error('no licence') },
    { part: 'licence', error: new Error('no licence') },
  ]);
  await keeper.close();
});

it.each([
  ['forward', 20 * 365 * 24 * HOUR],
  ['back', -3_000],
])('notices within a minute that the clock was set %s, and looks again', async (direction, byMs) => {
  const { keeper, done, changed, wall } = await fixture();
  keeper.start();
  await vi.advanceTimersByTimeAsync(5 * 60_000);
  expect([changed, done.filter((chore) => chore === 'certificate')]).toEqual([[], []]);
  wall.now += direction === 'back' ? byMs * 1000 : byMs;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(done.filter((chore) => chore === 'certificate')).toHaveLength(1);
  expect(done.filter((chore) => chore === 'licence')).toHaveLength(1);
  expect(changed).toEqual([{ what: 'clock', byMs: expect.any(Number), now: wall.now }]);
  expect(Math.sign((changed[0] as { byMs: number }).byMs)).toBe(Math.sign(byMs));
  await keeper.close();
});

it('renews one certificate after the other', async () => {
  const { keeper, done, wall } = await fixture();
  keeper.start();
  wall.now += HOUR;
  await vi.advanceTimersByTimeAsync(HOUR);
  expect(done.filter((chore) => chore === 'certificate')).toHaveLength(2);
  await keeper.close();
});

it('removes what has ended when it starts', async () => {
  const { keyStore, changes, keeper } = await fixture();
  await changes.change(null, (records) =>
    records.put('provisioning-key', {
      ...{ id: 'old', revision: 0, label: null, owner: null, scopes: [], createdAt: 0, hash: 'h', hint: 'x' },
      ...{ usesLeft: 1, expiresAt: 1 },
    }),
  );
  keeper.start();
  await vi.waitFor(async () => expect(await keyStore.provisioningKeys.page()).toEqual([]));
  await keeper.close();
});
