import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto';
import { KeywrightError } from '../core/model/errors.js';
import {
  type GivenSigningKey,
  keyIdOf,
  type SigningAlgorithm,
  type SigningKey,
} from '../core/model/signing-key.js';

// RFC 7518 section 3.2: the secret is at least as long as the hash.
const LEAST_SECRET_BYTES = 32;

/**
 * Reads the key of the environment; undefined if there is none.
 * @throws KeywrightError `invalid-input`, with the variable's name and without its value, if the key cannot be used
 */
export function configuredKey(given: GivenSigningKey): SigningKey | undefined {
  const { secret, publicKey, privateKey } = given;
  if (secret !== undefined && (publicKey ?? privateKey) !== undefined)
    throw unusable('JWT_SECRET', 'is set beside JWT_PRIVATE_KEY or JWT_PUBLIC_KEY: set one of them');
  if (secret !== undefined) return secretKey(secret);
  if (privateKey !== undefined) return keyPair(privateKey, publicKey);
  if (publicKey !== undefined) throw unusable('JWT_PRIVATE_KEY', 'is missing beside JWT_PUBLIC_KEY');
  return undefined;
}

function secretKey(secret: string): SigningKey {
  if (Buffer.byteLength(secret) < LEAST_SECRET_BYTES)
    throw unusable('JWT_SECRET', `has fewer than ${LEAST_SECRET_BYTES} octets`);
  const key = createSecretKey(Buffer.from(secret));
  return { id: 'configured', algorithm: 'HS256', privateKey: key, publicKey: key, endsAt: null };
}

function keyPair(privatePem: string, publicPem: string | undefined): SigningKey {
  const privateKey = readPem('JWT_PRIVATE_KEY', privatePem, createPrivateKey);
  const publicKey = createPublicKey(privateKey);
  if (publicPem !== undefined && !readPem('JWT_PUBLIC_KEY', publicPem, createPublicKey).equals(publicKey))
    throw unusable('JWT_PUBLIC_KEY', 'does not belong to JWT_PRIVATE_KEY');
  return {
    id: keyIdOf(publicKey),
    algorithm: algorithmOf(privateKey, 'JWT_PRIVATE_KEY'),
    privateKey,
    publicKey,
    endsAt: null,
  };
}

/**
 * Reads a key from a variable. It often holds PEM in one line, with \n for its line ends.
 * @throws KeywrightError `invalid-input`, with the variable's name, if it is no key
 */
export function readPem(name: string, pem: string, read: (pem: string) => KeyObject): KeyObject {
  try {
    return read(pem.replaceAll('\\n', '\n'));
  } catch {
    throw unusable(name, 'is not a key in PEM');
  }
}

/**
 * Finds the one algorithm of a key.
 * @throws KeywrightError `invalid-input`, with the variable's name, if there is none
 */
export function algorithmOf(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  name: string,
): SigningAlgorithm {
  if (type === 'ed25519') return 'EdDSA';
  if (type === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  // RFC 7518 section 3.3
  if (type === 'rsa' && (details?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw unusable(name, 'is neither RSA of 2048 bits or more, nor EC P-256, nor Ed25519');
}

function unusable(name: string, what: string): KeywrightError {
  return new KeywrightError('invalid-input', `${name} ${what}`);
}
