import { describe, expect, it } from 'vitest';
import { endOf, endOfDay } from '../../console/src/kit/validity.js';
import { addDuration } from '../../src/core/model/time.js';

describe('the end that the console shows before something is made', () => {
  const times = ['2026-11-29T10:20:30Z', '2028-02-29T23:59:59Z', '2027-12-31T00:00:00Z'];
  it.each(
    times.flatMap((time) => ['24h', '7d', '2w', '90d', '1y', '3y', '10y'].map((text) => ({ time, text }))),
  )('is the one that the server finds: $text from $time', ({ time, text }) => {
    const now = Date.parse(time);
    expect(endOf({ kind: 'duration', text }, now)?.getTime()).toBe(addDuration(now, text));
  });

  it('is the end of the chosen day where the reader is, not the evening before', () => {
    const end = new Date(endOfDay('2027-03-05'));
    expect([end.getFullYear(), end.getMonth(), end.getDate(), end.getHours(), end.getMinutes()]).toEqual([
      ...[2027, 2, 5],
      ...[23, 59],
    ]);
  });

  it('is none where no day is chosen, or never', () => {
    expect(endOfDay('')).toBe('');
    expect(endOf({ kind: 'never', text: 'never' }, 0)).toBeUndefined();
  });
});
