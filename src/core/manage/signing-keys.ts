import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { KeywrightError } from '../model/errors.js';
import {
  keyIdOf,
  RING_ID,
  type SigningAlgorithm,
  type SigningKeyRing,
  type StoredSigningKey,
} from '../model/signing-key.js';
import { soundTime } from '../model/sound-time.js';
import type { Timestamp } from '../model/time.js';
import type { Management } from './management.js';

/** Returns the ring of signing keys. The first call makes it. */
export async function ensureSigningKeys(
  { keyStore, changes, clock }: Pick<Management, 'keyStore' | 'changes' | 'clock'>,
  algorithm: SigningAlgorithm,
): Promise<SigningKeyRing> {
  const found = await keyStore.signingKeys.get(RING_ID);
  if (found !== undefined) return found;
  const first = newKey(algorithm, soundTime(clock.now()));
  return changes.change({ action: 'jwt.init', target: first.id }, async (records) => {
    // Another process may have come first.
    const ring = (await records.get('signing-keys', RING_ID)) ?? { id: RING_ID, revision: 0, keys: [first] };
    records.put('signing-keys', ring);
    return ring;
  });
}

/** Puts a new key in front. Tokens of the old keys work until `overlapUntil`, or until the key's earlier end. */
export async function rotateSigningKeys(
  { changes, clock }: Pick<Management, 'changes' | 'clock'>,
  { algorithm, overlapUntil }: { readonly algorithm: SigningAlgorithm; readonly overlapUntil: Timestamp },
): Promise<SigningKeyRing> {
  const now = soundTime(clock.now());
  const next = newKey(algorithm, now);
  return changes.change({ action: 'jwt.rotate', target: next.id }, async (records) => {
    const current = await records.get('signing-keys', RING_ID);
    const former = (current?.keys ?? []).map((key) => ({
      ...key,
      endsAt: Math.min(key.endsAt ?? overlapUntil, overlapUntil),
    }));
    const keys = [next, ...former.filter(({ endsAt }) => endsAt > now)];
    const ring = { id: RING_ID, revision: 0, keys };
    records.put('signing-keys', ring);
    return ring;
  });
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
