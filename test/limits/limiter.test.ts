import { describe, expect, it } from 'vitest';
import { addressKey, MemoryLimiter } from '../../src/limits/limiter.js';

describe('a limiter', () => {
  it('lets so many pass for each key, and then says how long to wait', async () => {
    const limiter = new MemoryLimiter({ count: 2, perMs: 60_000 });
    expect([await limiter.take('a'), await limiter.wait('a'), await limiter.take('a')]).toEqual([0, 0, 0]);
    expect(await limiter.wait('a')).toBeGreaterThan(50_000);
    expect(await limiter.take('a')).toBeGreaterThan(50_000);
    expect(await limiter.take('b')).toBe(0);
  });
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
