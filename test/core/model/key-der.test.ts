import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { KEY_ALGORITHMS, makeKeyPairHere } from '../../../src/core/model/key-algorithm.js';
import { writtenKeys } from '../../../src/core/model/key-der.js';

it.each(KEY_ALGORITHMS)('a key pair of %s is written as OpenSSL writes it', (algorithm) => {
  for (let round = 0; round < (algorithm.startsWith('rsa') ? 1 : 50); round += 1) {
    const keys = makeKeyPairHere(algorithm);
    expect(writtenKeys(keys)).toEqual({
      publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
      privateKey: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }),
    });
  }
});

it('a key pair of another curve is written as well', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  expect(writtenKeys(keys).privateKey).toBe(keys.privateKey.export({ type: 'pkcs8', format: 'pem' }));
});
