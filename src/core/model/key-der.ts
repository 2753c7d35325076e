import type { KeyObject } from 'node:crypto';

interface CurveForm {
  /** What stands before the point in a SubjectPublicKeyInfo (RFC 5480). */
  readonly publicHead: Buffer;
  /** What stands before the number, and between it and the point, in a PrivateKeyInfo (RFC 5958, RFC 5915). */
  readonly privateHead: Buffer;
  readonly privateMiddle: Buffer;
}

const form = (publicHead: string, privateHead: string, privateMiddle: string): CurveForm => ({
  publicHead: Buffer.from(publicHead, 'hex'),
  privateHead: Buffer.from(privateHead, 'hex'),
  privateMiddle: Buffer.from(privateMiddle, 'hex'),
});

// The octets around the numbers of a key are the same for all keys of a curve. OpenSSL's encoders give the same after
// ten times as long, which is most of what a certificate takes.
const CURVES: Readonly<Record<string, CurveForm>> = {
  prime256v1: form(
    '3059301306072a8648ce3d020106082a8648ce3d03010703420004',
    '308187020100301306072a8648ce3d020106082a8648ce3d030107046d306b0201010420',
    'a14403420004',
  ),
  secp384r1: form(
    '3076301006072a8648ce3d020106052b8104002203620004',
    '3081b6020100301006072a8648ce3d020106052b8104002204819e30819b0201010430',
    'a16403620004',
  ),
  secp521r1: form(
    '30819b301006072a8648ce3d020106052b810400230381860004',
    '3081ee020100301006072a8648ce3d020106052b810400230481d63081d30201010442',
    'a181890381860004',
  ),
};

/** Writes a public key as SubjectPublicKeyInfo in DER, a point of a curve with both coordinates. */
export function publicKeyDer(key: KeyObject): Buffer {
  const curve = curveOf(key);
  if (curve === undefined) return key.export({ type: 'spki', format: 'der' });
  const { x, y } = key.export({ format: 'jwk' });
  return Buffer.concat([curve.publicHead, octets(x), octets(y)]);
}

/** Writes a private key as PKCS#8 in PEM. */
export function privateKeyPem(key: KeyObject): string {
  const curve = curveOf(key);
  if (curve === undefined) return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const { d, x, y } = key.export({ format: 'jwk' });
  const der = Buffer.concat([curve.privateHead, octets(d), curve.privateMiddle, octets(x), octets(y)]);
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

function curveOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): CurveForm | undefined {
  return asymmetricKeyType === 'ec' ? CURVES[asymmetricKeyDetails?.namedCurve ?? ''] : undefined;
}

function octets(base64url: string | undefined): Buffer {
  return Buffer.from(base64url ?? '', 'base64url');
}
