import { generateKeyPair, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { Turnstile } from './turnstile.js';

/** The key algorithms of clients and of the CA. */
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

// An RSA key takes a thread for seconds. Some of libuv's four threads must stay free for files, because revocation
// waits on them.
const making = new Turnstile({ atOnce: 2, maxWaiting: 64, what: 'keys are made' });

/** Makes a key pair outside the event loop. @throws KeywrightError `busy` if too many callers wait */
export async function makeKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  return making.pass<KeyPair>(GENERATORS[algorithm]);
}

/** Finds the algorithm of a key; undefined if keywright does not know it. */
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
