import { expect, it } from 'vitest';
import { Turnstile } from '../../../src/core/model/turnstile.js';

it('lets so many work at once, so many wait in their order, and turns the others away', async () => {
  const turnstile = new Turnstile({ atOnce: 2, maxWaiting: 3, what: 'things' });
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const work = (number: number) =>
    turnstile.pass(async () => {
      begun.push(number);
      await new Promise<void>((resolve) => ends.push(resolve));
      return number;
    });
  const passing = [0, 1, 2, 3, 4].map(work);
  await expect(work(5)).rejects.toMatchObject({ code: 'busy', message: 'too many things at once' });
  expect(begun).toEqual([0, 1]);
  for (let done = 0; done < 5; done += 1) {
    ends[done]?.();
    await passing[done];
    await Promise.resolve();
  }
  expect(begun).toEqual([0, 1, 2, 3, 4]);
  expect(await Promise.all(passing)).toEqual([0, 1, 2, 3, 4]);
  const failed = turnstile.pass(async () => {
    throw new Error('no');
  });
  await expect(failed).rejects.toThrow('no');
  const after = work(6);
  ends.at(-1)?.();
  expect(await after).toBe(6);
});
