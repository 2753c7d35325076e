import {
  createPrivateKey,
  createPublicKey,
  type ECKeyPairOptions,
  generateKeyPair,
  type KeyObject,
} from 'node:crypto';
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

// An RSA key takes a thread for seconds. Some of libuv's four threads must stay free for files, because revocation
// waits on them.
const making = new Turnstile({ atOnce: 2, maxWaiting: 64, what: 'keys are made' });

/** Makes a key pair outside the event loop. @throws KeywrightError `busy` if too many callers wait */
export async function makeKeyPair(algorithm: KeyAlgorithm): Promise<KeyPair> {
  const key = await making.pass(GENERATORS[algorithm]);
  const privateKey = createPrivateKey({ key, ...ENCODING.privateKeyEncoding });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

// Node 20 waits for itself for ever if it collects the garbage of a key's making while it looks at that key: it is written as it
// is made, and read again.
const ENCODING = {
  publicKeyEncoding: { type: 'spki', format: 'der' },
  privateKeyEncoding: { type: 'pkcs8', format: 'der' },
} as const;

/** @returns the private key, PKCS#8 in DER */
function generate(type: 'ec' | 'ed25519' | 'rsa', form: object = {}): Promise<Buffer> {
  const options = { ...form, ...ENCODING } as ECKeyPairOptions<'der', 'der'>;
  return new Promise((resolve, reject) => {
    // The types want a call for each kind of key.
    generateKeyPair(type as 'ec', options, (error, _publicKey, privateKey) =>
      error ? reject(error) : resolve(privateKey),
    );
  });
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
} satisfies Record<KeyAlgorithm, () => Promise<Buffer>>;
