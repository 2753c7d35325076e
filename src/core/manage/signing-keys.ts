import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { KeywrightError } from '../model/errors.js';
import {
  keyIdOf,
  RING_ID,
  type SigningAlgorithm,
  type SigningKeyRing,
  type StoredSigningKey,
} from '../model/signing-key.js';
import type { Timestamp } from '../model/time.js';
import type { Management } from './management.js';

/** The ring, which the first call makes. */
export async function ensureSigningKeys(
  { keyStore, clock, audit }: Pick<Management, 'keyStore' | 'clock' | 'audit'>,
  algorithm: SigningAlgorithm,
): Promise<SigningKeyRing> {
  const found = await keyStore.signingKeys.get(RING_ID);
  if (found !== undefined) return found;
  const first = newKey(algorithm, clock.now());
  return audit.record({ action: 'jwt.init', target: first.id }, () =>
    // Another process may have been first.
    keyStore.signingKeys.update(RING_ID, (current) => current ?? { keys: [first] }),
  );
}

/** Puts a new key in front; what the others signed is accepted until `overlapUntil`, or until the end they had. */
export async function rotateSigningKeys(
  { keyStore, clock, audit }: Pick<Management, 'keyStore' | 'clock' | 'audit'>,
  { algorithm, overlapUntil }: { readonly algorithm: SigningAlgorithm; readonly overlapUntil: Timestamp },
): Promise<SigningKeyRing> {
  const now = clock.now();
  const next = newKey(algorithm, now);
  return audit.record({ action: 'jwt.rotate', target: next.id }, () =>
    keyStore.signingKeys.update(RING_ID, (current) => {
      const former = (current?.keys ?? []).map((key) => ({
        ...key,
        endsAt: Math.min(key.endsAt ?? overlapUntil, overlapUntil),
      }));
      return { keys: [next, ...former.filter(({ endsAt }) => endsAt > now)] };
    }),
  );
}

function newKey(algorithm: SigningAlgorithm, now: Timestamp): StoredSigningKey {
  const { privateKey, publicKey } = keyPair(algorithm);
  return {
    id: keyIdOf(publicKey),
    algorithm,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64'),
    createdAt: now,
    endsAt: null,
  };
}

function keyPair(algorithm: SigningAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (algorithm) {
    case 'ES256':
      return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    case 'RS256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 });
    case 'EdDSA':
      return generateKeyPairSync('ed25519');
    case 'HS256':
      throw new KeywrightError('invalid-input', 'an HS256 secret is not made: set JWT_SECRET');
  }
}
