import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { KEY_ALGORITHMS, keyAlgorithmOf } from '../../../src/core/model/key-algorithm.js';
import { makeWrittenKeys } from '../../../src/core/model/key-der.js';

it.each(KEY_ALGORITHMS)('a key pair of %s is written as OpenSSL writes it', (algorithm) => {
  for (let round = 0; round < (algorithm.startsWith('rsa') ? 1 : 300); round += 1) {
    const { publicKey, privateKey, publicKeyDer, privateKeyPem } = makeWrittenKeys(algorithm);
    const read = createPrivateKey(privateKeyPem);
    expect(read.export({ type: 'pkcs8', format: 'pem' })).toBe(privateKeyPem);
    expect(createPublicKey(read).export({ type: 'spki', format: 'der' })).toEqual(publicKeyDer);
    expect([keyAlgorithmOf(privateKey), publicKey.equals(createPublicKey(read))]).toEqual([algorithm, true]);
  }
});
