import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KeywrightError } from './errors.js';
import { list, object, oneOf, optional, revision, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** The algorithms of RFC 7518 section 3.1 and RFC 8037. HS256 needs a secret from the configuration. */
const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'HS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** The stored form of a key that signs access tokens. */
export interface StoredSigningKey {
  /** The `kid` in tokens and in the JWKS. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** The private key in PKCS#8, DER, base64. */
  readonly privateKey: string;
  readonly createdAt: Timestamp;
  /** The time until which the key's tokens are accepted; null for the key that signs. */
  readonly endsAt: Timestamp | null;
}

/** All present and former signing keys, newest first. They are one record, so that a rotation is one change. */
export interface SigningKeyRing {
  /** Always `RING_ID`. */
  readonly id: string;
  readonly revision: number;
  readonly keys: readonly StoredSigningKey[];
}

/** The signing key in the environment: a secret, or a key pair in PEM. */
export interface GivenSigningKey {
  readonly secret: string | undefined;
  readonly publicKey: string | undefined;
  readonly privateKey: string | undefined;
}

/** A loaded signing key. With HS256, both members hold the secret. */
export interface SigningKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly endsAt: Timestamp | null;
}

/** The id of the ring's record. */
export const RING_ID = 'access-tokens';

/** Loads the stored keys. @throws KeywrightError `store-corrupt` */
export function openRing({ keys }: SigningKeyRing): SigningKey[] {
  return keys.map(({ id, algorithm, privateKey: der, endsAt }) => {
    try {
      const privateKey = createPrivateKey({ key: Buffer.from(der, 'base64'), format: 'der', type: 'pkcs8' });
      return { id, algorithm, privateKey, publicKey: createPublicKey(privateKey), endsAt };
    } catch (error) {
      throw new KeywrightError('store-corrupt', `signing key ${id} is damaged`, { cause: error });
    }
  });
}

/** Makes a public key's short id, the `kid` of its tokens. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url').slice(0, 16);
}

/** Reads the ring from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseSigningKeyRing(value: unknown): SigningKeyRing {
  const ring = object(value, 'ring');
  const keys = list(ring, 'keys').map((entry) => {
    const record = object(entry, 'key');
    return {
      id: text(record, 'id'),
      algorithm: oneOf(SIGNING_ALGORITHMS, record, 'algorithm'),
      privateKey: text(record, 'privateKey'),
      createdAt: time(record, 'createdAt'),
      endsAt: optional(time, record, 'endsAt'),
    };
  });
  return { id: text(ring, 'id'), revision: revision(ring), keys };
}
