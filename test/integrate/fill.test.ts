import { expect, it } from 'vitest';
import { fill } from '../../src/integrate/fill.js';
import type { Installation } from '../../src/integrate/integration.js';

const installation: Installation = {
  httpUrl: 'https://keys.example:5654',
  mqttUrl: 'mqtt://127.0.0.1:5653',
  caFile: '/home/ca/$&{{home}}.pem',
  home: '/home',
  callbackSecretFile: undefined,
  credentialHeaders: ['Authorization'],
  program: ['/usr/bin/keywright'],
  version: '1.2.3',
};

it('puts in texts as they are, lines with their indentation, and a line only on its condition', () => {
  const template =
    '{{?tls}}ca {{caFile}}\n{{!tls}}plain\n  {{lines}}\n  {{none}}\n{{?secret}}{{secret}}\nend\n';
  const values = { lines: ['a', 'b'], none: [], secret: undefined };
  expect(fill(template, installation, values)).toBe('ca /home/ca/$&{{home}}.pem\n  a\n  b\nend\n');
  const plain = { ...installation, httpUrl: 'http://127.0.0.1:5654' };
  expect(fill(template, plain, values)).toBe('plain\n  a\n  b\nend\n');
});

it('fails on a name that has no value', () => {
  expect(() => fill('x {{secert}}', installation)).toThrow('secert');
});
