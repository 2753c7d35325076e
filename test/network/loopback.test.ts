import { expect, it } from 'vitest';
import { isLoopback } from '../../src/network/loopback.js';

it.each(['localhost', 'LOCALHOST', '::1', '[::1]', '127.0.0.1', '127.1', '127.255.0.9', '::ffff:127.0.0.1'])(
  '%s is this machine',
  (host) => expect(isLoopback(host)).toBe(true),
);

it.each([
  '',
  '0.0.0.0',
  '::',
  '10.127.0.1',
  '127.0.0.1.example',
  '127.example',
  'localhost.example',
  '::ffff:10.0.0.1',
  '::1:1',
])('%j may be another', (host) => expect(isLoopback(host)).toBe(false));
