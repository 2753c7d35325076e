import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { TrustedProxies } from '../../../src/http/requests/trusted-proxies.js';
import { Networks } from '../../../src/network/networks.js';

const proxies = new TrustedProxies(
  new Networks([
    { address: '127.0.0.1', prefix: 32 },
    { address: '10.0.0.0', prefix: 8 },
    { address: 'fe80::', prefix: 10 },
  ]),
);

function addressIn(forwarded: string | undefined, peer = '127.0.0.1', real?: string): string {
  const headers = { 'x-forwarded-for': forwarded, 'x-real-ip': real };
  return proxies.addressOf({ socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage);
}

it.each([
  ['203.0.113.5', '203.0.113.5'],
  ['203.0.113.5:41234', '203.0.113.5'],
  ['2001:db8::1', '2001:db8::1'],
  ['[2001:db8::1]', '2001:db8::1'],
  ['[2001:db8::1]:443', '2001:db8::1'],
  ['"[2001:db8::1]:443"', '2001:db8::1'],
  ['"203.0.113.5"', '203.0.113.5'],
  ['::ffff:203.0.113.5', '::ffff:203.0.113.5'],
  ['[fe80::1%eth0]:80, 10.1.1.1:80', 'fe80::1'],
  ['2001:db8::7%eth0', '2001:db8::7'],
  ['198.51.100.1:1, 203.0.113.5:2', '203.0.113.5'],
  ['198.51.100.1:1, 203.0.113.5:2, 10.0.0.2:3, 127.0.0.1', '203.0.113.5'],
  ['203.0.113.5, ', '203.0.113.5'],
  [' , 203.0.113.5,,10.0.0.3', '203.0.113.5'],
])('of %j the caller is %s', (forwarded, address) => {
  expect(addressIn(forwarded)).toBe(address);
  expect(addressIn(undefined, '127.0.0.1', forwarded)).toBe(address);
});

it.each([
  ...[
    'unknown',
    '_hidden',
    '203.0.113.5:',
    '203.0.113.5:x',
    '203.0.113.5:99999',
    '203.0.113',
    '999.0.0.1',
    '[203.0.113.5]',
  ],
  ...[
    '[2001:db8::1',
    '2001:db8::1]',
    '[2001:db8::1]443',
    '[]:1',
    '"203.0.113.5',
    'for=203.0.113.5',
    'a.example:80',
    '%',
  ],
])('behind %j, the nearest trusted hop counts', (rubbish) => {
  expect(addressIn(rubbish)).toBe('127.0.0.1');
  expect(addressIn(`198.51.100.1, ${rubbish}, 10.0.0.9:80`)).toBe('10.0.0.9');
  expect(addressIn(`${rubbish}, 203.0.113.5`)).toBe('203.0.113.5');
});

it('names the peer itself where it is no proxy, and a link-local proxy with its zone is one', () => {
  expect(addressIn('203.0.113.5', '198.51.100.7')).toBe('198.51.100.7');
  expect(addressIn('203.0.113.5', 'fe80::2%eth0')).toBe('203.0.113.5');
});
