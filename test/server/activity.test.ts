import { expect, it, vi } from 'vitest';
import type { VerdictMinute } from '../../src/core/ports/activity.js';
import { ServerActivity } from '../../src/server/activity.js';
import { atEnd } from '../support/at-end.js';

const MINUTE_MS = 60_000;

it('tells the verdicts of the last second of a minute too', () => {
  vi.useFakeTimers({ now: MINUTE_MS - 500 });
  atEnd(() => void vi.useRealTimers());
  const activity = new ServerActivity({ now: () => Date.now() });
  atEnd(() => activity.close());
  const told: VerdictMinute[] = [];
  const listener = { refused() {}, suppressed() {}, changed() {}, connection() {} };
  activity.listen({ ...listener, verdicts: (minute) => void told.push(minute) });
  activity.refused({ by: 'proxy-protocol', address: '192.0.2.1', reason: 'not one' } as never);
  vi.advanceTimersByTime(5_000);
  expect(told).toEqual([{ at: 0, accepted: 0, refused: 1 }]);
  expect(activity.minutes().at(-1)).toEqual({ at: MINUTE_MS, accepted: 0, refused: 0 });
});
