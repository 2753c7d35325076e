import { createHash, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { KeywrightError } from './errors.js';
import { list, object, oneOf, optional, revision, text, time } from './fields.js';
import type { Timestamp } from './time.js';

/** RFC 7518 section 3.1 and RFC 8037. HS256 only with a secret from the configuration. */
const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'HS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** A key that signs access tokens, as it is kept. */
export interface StoredSigningKey {
  /** `kid` in tokens and in the JWKS. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  /** PKCS#8, DER, base64. */
  readonly privateKey: string;
  readonly createdAt: Timestamp;
  /** Until when what it signed is still accepted; null for the one that signs. */
  readonly endsAt: Timestamp | null;
}

/** All keys that sign or have signed, the newest first. One record, so that a rotation is one change. */
export interface SigningKeyRing {
  /** Always `RING_ID`. */
  readonly id: string;
  readonly revision: number;
  readonly keys: readonly StoredSigningKey[];
}

/** Keys for access tokens as the environment gives them: a secret, or a key pair in PEM. */
export interface GivenSigningKey {
  readonly secret: string | undefined;
  readonly publicKey: string | undefined;
  readonly privateKey: string | undefined;
}

/** A key that is ready for use. For HS256 both are the secret. */
export interface SigningKey {
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly endsAt: Timestamp | null;
}

/** Under which id the ring is kept. */
export const RING_ID = 'access-tokens';

/** The stored keys, ready for use. @throws KeywrightError `store-corrupt` */
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

/** A short name for a public key, by which tokens say who signed them. */
export function keyIdOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64url').slice(0, 16);
}

/** Reads the ring as a keystore holds it. @throws KeywrightError `store-corrupt` that names the field */
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
