import { expect, it } from 'vitest';
import { ipv6Words } from '../../../src/core/model/ipv6.js';

it.each([
  ['::', [0, 0, 0, 0, 0, 0, 0, 0]],
  ['::1', [0, 0, 0, 0, 0, 0, 0, 1]],
  ['2001:DB8::', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0]],
  ['1:2:3:4:5:6:7:8', [1, 2, 3, 4, 5, 6, 7, 8]],
  ['1::3:4:5:6:7:8', [1, 0, 3, 4, 5, 6, 7, 8]],
  ['::ffff:192.0.2.1', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x201]],
  ['fe80::1%eth0', [0xfe80, 0, 0, 0, 0, 0, 0, 1]],
])('%s has the words %j', (address, words) => {
  expect(ipv6Words(address)).toEqual(words);
});
