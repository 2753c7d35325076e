import { expect, it } from 'vitest';
import { fuzz } from '../support/mqtt-fuzz.js';

// `npm run fuzz` goes on for longer, with seeds of its own. A seed that found something stays here.
it.each([
  { seed: 1, packets: 30_000, overSockets: false },
  { seed: 2, packets: 5_000, overSockets: true },
])('the engine serves others while it gets packets of the seed $seed', async (options) => {
  const { connections, accepted, witnessed } = await fuzz(options);
  expect(witnessed).toBe(options.packets / 500 + 1);
  // Most of it must get far enough to do something.
  expect(accepted / connections).toBeGreaterThan(0.3);
});
