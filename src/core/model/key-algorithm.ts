import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Turnstile } from './turnstile.js';

/** The key algorithms that clients and the CA may have. */
export const KEY_ALGORITHMS = [
  'ec-p256',
  'ec-p384',
  'ec-p521',
  'ed25519',
  'rsa-2048',
  'rsa-3072',
  'rsa-4096',
] as const;

export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const generate = promisify(generateKeyPair);

// Making RSA keys takes seconds of a thread; some of libuv's four must stay for files, on which revocation waits.
const making = new Turnstile({ atOnce: 2, maxWaiting: 64, what: 'keys are made' });

/** Makes a fresh key pair off the event loop. @throws KeywrightError `busy` where too many are waited for */
export async function makeKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  return making.pass<KeyPair>(GENERATORS[algorithm]);
}

/** The algorithm of a key, or undefined where keywright has no name for it. */
export function keyAlgorithmOf(key: KeyObject): KeyAlgorithm | undefined {
  const { namedCurve, modulusLength } = key.asymmetricKeyDetails ?? {};
  const name =
    key.asymmetricKeyType === 'rsa'
      ? `rsa-${modulusLength}`
      : (CURVES[namedCurve ?? ''] ?? key.asymmetricKeyType);
  return KEY_ALGORITHMS.find((algorithm) => algorithm === name);
}

const CURVES: Record<string, KeyAlgorithm> = {
  prime256v1: 'ec-p256',
  secp384r1: 'ec-p384',
  secp521r1: 'ec-p521',
};

const GENERATORS = {
  'ec-p256': () => generate('ec', { namedCurve: 'prime256v1' }),
  'ec-p384': () => generate('ec', { namedCurve: 'secp384r1' }),
  'ec-p521': () => generate('ec', { namedCurve: 'secp521r1' }),
  ed25519: () => generate('ed25519'),
  'rsa-2048': () => generate('rsa', { modulusLength: 2048 }),
  'rsa-3072': () => generate('rsa', { modulusLength: 3072 }),
  'rsa-4096': () => generate('rsa', { modulusLength: 4096 }),
} satisfies Record<KeyAlgorithm, () => Promise<KeyPair>>;
