import type { KeyPair } from './key-algorithm.js';

interface CurveForm {
  /** Of a number, in octets. */
  readonly length: number;
  /** What stands before the point in a SubjectPublicKeyInfo (RFC 5480). */
  readonly publicHead: Buffer;
  /** What stands before the number, and between it and the point, in a PrivateKeyInfo (RFC 5958, RFC 5915). */
  readonly privateHead: Buffer;
  readonly privateMiddle: Buffer;
}

const form = (length: number, publicHead: string, privateHead: string, privateMiddle: string): CurveForm => ({
  length,
  publicHead: Buffer.from(publicHead, 'hex'),
  privateHead: Buffer.from(privateHead, 'hex'),
  privateMiddle: Buffer.from(privateMiddle, 'hex'),
});

// The octets around the numbers of a key are the same for all keys of a curve. OpenSSL's encoders of both forms give the
// same after six times as long as that of SEC 1, which has the numbers of both.
const CURVES: Readonly<Record<string, CurveForm>> = {
  prime256v1: form(
    32,
    '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
    '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420',
    'a14403420004',
  ),
  secp384r1: form(
    48,
    '3076301006072a8648ce3d020106052b8104002203620004',
    '3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430',
    'a16403620004',
  ),
  secp521r1: form(
    66,
    '30819b301006072a8648ce3d020106052b810400230381860004',
    '3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442',
    'a181890381860004',
  ),
};

/** A key pair as it is written. */
export interface WrittenKeys {
  /** SubjectPublicKeyInfo in DER. */
  readonly publicKey: Buffer;
  /** PKCS#8 in PEM. */
  readonly privateKey: string;
}

/** Writes a key pair. */
export function writtenKeys({ publicKey, privateKey }: KeyPair): WrittenKeys {
  const curve = CURVES[privateKey.asymmetricKeyDetails?.namedCurve ?? ''];
  if (privateKey.asymmetricKeyType !== 'ec' || curve === undefined)
    return {
      publicKey: publicKey.export({ type: 'spki', format: 'der' }),
      privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  // Not as a JWK: Node 20 waits for itself for ever where it collects garbage during that.
  const sec1 = privateKey.export({ type: 'sec1', format: 'der' });
  const { length } = curve;
  // ECPrivateKey ::= SEQUENCE { 1, OCTET STRING, [0] curve, [1] BIT STRING }, RFC 5915 section 3
  const begin = length > 32 ? 8 : 7;
  const [number, point] = [sec1.subarray(begin, begin + length), sec1.subarray(-2 * length)];
  return {
    publicKey: Buffer.concat([curve.publicHead, point]),
    privateKey: pem(Buffer.concat([curve.privateHead, number, curve.privateMiddle, point])),
  };
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}
