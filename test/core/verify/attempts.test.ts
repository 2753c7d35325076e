import { expect, it } from 'vitest';
import { Attempts, passwordsBy } from '../../../src/core/verify/attempts.js';
import { MemoryLimiter } from '../../../src/limits/limiter.js';

const attempts = (count: number) => new Attempts(new MemoryLimiter({ count, perMs: 60_000 }));
const answer = (isRight: boolean) => ({
  by: 'here',
  check: async () => isRight,
  isRight: (result: boolean) => result,
});

it('gives back what was counted for a check that was right, and nothing for a wrong one', async () => {
  const counting = attempts(2);
  for (let round = 0; round < 5; round += 1)
    expect(await counting.costly(answer(true))).toEqual({ outcome: 'checked', result: true });
  for (let round = 0; round < 2; round += 1)
    expect(await counting.costly(answer(false))).toEqual({ outcome: 'checked', result: false });
  expect(await counting.costly(answer(true))).toMatchObject({ outcome: 'limited' });
});

it('counts a wrong check among other failures, which keep no check from being begun', async () => {
  const counting = attempts(2);
  const by = { by: passwordsBy('here'), failsAs: 'here' };
  await counting.failed('here');
  expect(await counting.costly({ ...answer(true), ...by })).toMatchObject({ outcome: 'checked' });
  expect(await counting.costly({ ...answer(false), ...by })).toMatchObject({ outcome: 'checked' });
  expect(await counting.failed('here')).toBeGreaterThan(0);
  expect(await counting.costly({ ...answer(true), ...by })).toMatchObject({ outcome: 'checked' });
  expect(await counting.costly({ ...answer(false), ...by })).toMatchObject({ outcome: 'limited' });
  expect(await counting.costly({ ...answer(true), ...by })).toMatchObject({ outcome: 'limited' });
});

it('does not begin a check that costs once too many failed', async () => {
  const counting = attempts(1);
  expect(await counting.failed('here')).toBe(0);
  const untouched = () => Promise.reject(new Error('it was begun'));
  const limited = await counting.costly({ ...answer(true), check: untouched });
  expect(limited).toEqual({ outcome: 'limited', waitMs: expect.any(Number) });
  expect(await counting.failed('here')).toBeGreaterThan(0);
  expect(await counting.failed('elsewhere')).toBe(0);
});

it('counts nothing without a limit', async () => {
  const free = new Attempts(undefined);
  for (let round = 0; round < 100; round += 1) expect(free.failed('here')).toBe(0);
  expect(await free.costly(answer(false))).toEqual({ outcome: 'checked', result: false });
});
