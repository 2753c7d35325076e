import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { isFromThisMachine } from '../../../src/http/requests/this-machine.js';

const from = (remoteAddress: string | undefined, headers: object = {}, isRelayed = false) =>
  isFromThisMachine({ socket: { remoteAddress }, headers } as unknown as IncomingMessage, {
    isRelayed: () => isRelayed,
  });

it('takes a request for this machine’s own if it comes over loopback and through nobody', () => {
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.8.8.8'])
    expect([address, from(address)]).toEqual([address, true]);
  for (const address of [
    undefined,
    '',
    '10.0.0.7',
    '192.0.2.1',
    '::',
    '::ffff:10.0.0.7',
    'fe80::1',
    '172.17.0.1',
  ])
    expect([address, from(address)]).toEqual([address, false]);
  for (const name of [
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-real-ip',
    'via',
  ])
    for (const value of ['127.0.0.1', ''])
      expect([name, from('127.0.0.1', { [name]: value })]).toEqual([name, false]);
  expect(from('127.0.0.1', {}, true)).toBe(false);
});
