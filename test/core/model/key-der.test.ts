import { createPrivateKey } from 'node:crypto';
import { expect, it } from 'vitest';
import { KEY_ALGORITHMS, makeKeyPair } from '../../../src/core/model/key-algorithm.js';
import { privateKeyPem, publicKeyDer } from '../../../src/core/model/key-der.js';

it.each(KEY_ALGORITHMS)('a key of %s is written as OpenSSL writes it', async (algorithm) => {
  for (let round = 0; round < (algorithm.startsWith('rsa') ? 1 : 20); round += 1) {
    const { publicKey, privateKey } = await makeKeyPair(algorithm);
    expect(publicKeyDer(publicKey)).toEqual(publicKey.export({ type: 'spki', format: 'der' }));
    expect(privateKeyPem(privateKey)).toBe(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    expect(createPrivateKey(privateKeyPem(privateKey)).equals(privateKey)).toBe(true);
  }
});
