import { describe, expect, it } from 'vitest';
import { addressKey, MemoryLimiter } from '../../src/limits/limiter.js';

describe('a limiter', () => {
  it('lets so many pass for each key, and then says how long to wait', async () => {
    const limiter = new MemoryLimiter({ count: 2, perMs: 60_000 });
    expect([await limiter.take('a'), await limiter.take('a')]).toEqual([0, 0]);
    expect(await limiter.take('a')).toBeGreaterThan(50_000);
    // Now it is known at once.
    expect(limiter.take('a')).toBeTypeOf('number');
    expect(await limiter.take('b')).toBe(0);
  });
});

it('takes back what turned out to be none', async () => {
  const limiter = new MemoryLimiter({ count: 1, perMs: 60_000 });
  for (let attempt = 0; attempt < 5; attempt += 1) {
    expect(await limiter.take('a')).toBe(0);
    await limiter.giveBack('a');
  }
  expect([await limiter.take('a'), (await limiter.take('a')) > 0]).toEqual([0, true]);
});

describe('an address', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
