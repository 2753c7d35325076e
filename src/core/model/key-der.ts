import {
  createECDH,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type JsonWebKey,
} from 'node:crypto';
import type { KeyAlgorithm, KeyPair } from './key-algorithm.js';

interface CurveForm {
  /** Its name in JSON Web Keys (RFC 7518 section 6.2.1.1). */
  readonly crv: string;
  /** Of a number, in octets. */
  readonly length: number;
  /** What stands before the point in a SubjectPublicKeyInfo (RFC 5480). */
  readonly publicHead: Buffer;
  /** What stands before the number, and between it and the point, in a PrivateKeyInfo (RFC 5958, RFC 5915). */
  readonly privateHead: Buffer;
  readonly privateMiddle: Buffer;
}

const form = (
  crv: string,
  length: number,
  publicHead: string,
  privateHead: string,
  privateMiddle: string,
): CurveForm => ({
  crv,
  length,
  publicHead: Buffer.from(publicHead, 'hex'),
  privateHead: Buffer.from(privateHead, 'hex'),
  privateMiddle: Buffer.from(privateMiddle, 'hex'),
});

// The octets around the numbers of a key are the same for all keys of a curve. OpenSSL's encoders give the same after ten
// times as long.
const CURVES = {
  prime256v1: form(
    'P-256',
    32,
    '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
    '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420',
    'a14403420004',
  ),
  secp384r1: form(
    'P-384',
    48,
    '3076301006072a8648ce3d020106052b8104002203620004',
    '3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430',
    'a16403620004',
  ),
  secp521r1: form(
    'P-521',
    66,
    '30819b301006072a8648ce3d020106052b810400230381860004',
    '3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442',
    'a181890381860004',
  ),
};

/** A key pair, and how it is written. */
export interface WrittenKeys extends KeyPair {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKeyDer: Buffer;
  /** PKCS#8 in PEM. */
  readonly privateKeyPem: string;
}

/**
 * Makes a key pair on this very thread, which does nothing else meanwhile. Nothing is asked of the key objects that Node makes with a key:
 * Node 20 waits for itself for ever if it collects the garbage of that making while it looks at the key.
 */
export function makeWrittenKeys(algorithm: KeyAlgorithm): WrittenKeys {
  const { publicKeyDer, privateKeyPem, jwk } = MAKERS[algorithm]();
  // A key is read from its numbers in a fraction of the time.
  const privateKey = createPrivateKey(jwk ? { key: jwk, format: 'jwk' } : privateKeyPem);
  return { privateKey, publicKey: createPublicKey(privateKey), publicKeyDer, privateKeyPem };
}

interface Written extends Pick<WrittenKeys, 'publicKeyDer' | 'privateKeyPem'> {
  readonly jwk?: JsonWebKey;
}

const publicKeyEncoding = { type: 'spki', format: 'der' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;

const rsa = (modulusLength: number) => (): Written =>
  written(generateKeyPairSync('rsa', { modulusLength, publicKeyEncoding, privateKeyEncoding }));

const MAKERS = {
  'ec-p256': () => onCurve('prime256v1'),
  'ec-p384': () => onCurve('secp384r1'),
  'ec-p521': () => onCurve('secp521r1'),
  ed25519: () => written(generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding })),
  'rsa-2048': rsa(2048),
  'rsa-3072': rsa(3072),
  'rsa-4096': rsa(4096),
} satisfies Record<KeyAlgorithm, () => Written>;

function written({
  publicKey,
  privateKey,
}: {
  readonly publicKey: Buffer;
  readonly privateKey: string;
}): Written {
  return { publicKeyDer: publicKey, privateKeyPem: privateKey };
}

function onCurve(name: keyof typeof CURVES): Written {
  const { crv, length, publicHead, privateHead, privateMiddle } = CURVES[name];
  const pair = createECDH(name);
  // The point begins with the octet that says that it is whole, which the heads have, too.
  const point = pair.generateKeys().subarray(1);
  const digits = pair.getPrivateKey();
  const number = Buffer.concat([Buffer.alloc(length - digits.length), digits]);
  return {
    publicKeyDer: Buffer.concat([publicHead, point]),
    privateKeyPem: pem(Buffer.concat([privateHead, number, privateMiddle, point])),
    jwk: {
      ...{ kty: 'EC', crv, d: number.toString('base64url') },
      ...{ x: point.toString('base64url', 0, length), y: point.toString('base64url', length) },
    },
  };
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}
