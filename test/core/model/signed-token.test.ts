import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { keyAlgorithmOf } from '../../../src/core/model/key-algorithm.js';
import { parseSignedToken, signatureHolds, signToken } from '../../../src/core/model/signed-token.js';

interface Vector {
  readonly algorithm: string;
  readonly clientId: string;
  readonly privateKey: string;
  readonly publicKey: string;
  readonly token: string;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/signed-tokens.json', import.meta.url), 'utf8'),
);

function holds(token: string, publicKey: string): boolean {
  const parsed = parseSignedToken(token);
  return parsed !== undefined && signatureHolds(parsed, { algorithm: 'ec-p256', publicKey });
}

describe.each(vectors)(
  'signed token of $algorithm',
  ({ algorithm, clientId, privateKey, publicKey, token }) => {
    const key = createPrivateKey(privateKey);

    it('is recognised as it was frozen', () => {
      expect(keyAlgorithmOf(key)).toBe(algorithm);
      expect(holds(token, publicKey)).toBe(true);
    });

    it('holds when made anew', () => {
      expect(holds(signToken(clientId, key), publicKey)).toBe(true);
    });

    it('does not hold with one bit changed, for another client, or under another key', () => {
      const last = Number.parseInt(token.slice(-1), 16) ^ 1;
      const other = vectors.find((vector) => vector.algorithm !== algorithm);
      expect(holds(token.slice(0, -1) + last.toString(16), publicKey)).toBe(false);
      expect(holds(token.replace(clientId, 'sensor-8'), publicKey)).toBe(false);
      expect(holds(token, other?.publicKey ?? '')).toBe(false);
    });
  },
);

it('makes the same Ed25519 token every time', () => {
  const vector = vectors.find(({ algorithm }) => algorithm === 'ed25519');
  expect(signToken(vector?.clientId ?? '', createPrivateKey(vector?.privateKey ?? ''))).toBe(vector?.token);
});

it.each([
  '',
  'myapp01',
  'myapp01:b:',
  'myapp01:b:zz',
  `myapp01:b:${'0'.repeat(127)}`,
  `myapp01:b:${'0'.repeat(1026)}`,
  `myapp01:c:${'0'.repeat(128)}`,
  `my/app:b:${'0'.repeat(128)}`,
  `:b:${'0'.repeat(128)}`,
  `myapp01:b:${'0'.repeat(128)}:`,
  `myapp01:b:${'0'.repeat(128)}\n`,
])('takes %j for no signed token', (text) => {
  expect(parseSignedToken(text)).toBeUndefined();
});
