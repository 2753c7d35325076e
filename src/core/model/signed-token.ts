import { constants, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import type { CertificateKey } from './certificate.js';
import { canonicalClientId } from './client-id.js';

/** The parts of a signed token: `<client-id>:b:<hex signature>`. */
export interface SignedToken {
  readonly clientId: string;
  /** Unchecked text that should be hex. */
  readonly signature: string;
}

const METHOD = ':b:';
// Lengths in hex: 64 octets for Ed25519, 512 for RSA-4096.
const [LEAST_SIGNATURE, LONGEST_SIGNATURE] = [128, 1024];

/**
 * Makes a client's signed token, method `b`: its own key's signature over SHA-256(client id).
 * ECDSA gives DER; RSA is RSASSA-PSS with MGF1-SHA256 and the longest salt; Ed25519 signs the hash as its message.
 */
export function signToken(clientId: string, privateKey: KeyObject): string {
  const signature =
    privateKey.asymmetricKeyType === 'ed25519'
      ? sign(null, sha256(clientId), privateKey)
      : sign('sha256', Buffer.from(clientId), {
          key: privateKey,
          ...(privateKey.asymmetricKeyType === 'rsa' && {
            padding: constants.RSA_PKCS1_PSS_PADDING,
            saltLength: constants.RSA_PSS_SALTLEN_MAX_SIGN,
          }),
        });
  return `${clientId}${METHOD}${signature.toString('hex')}`;
}

/** Parses a signed token by its shape; undefined if the text has another shape. */
export function parseSignedToken(text: string): SignedToken | undefined {
  const end = text.indexOf(METHOD);
  const length = text.length - end - METHOD.length;
  if (end < 0 || length < LEAST_SIGNATURE || length > LONGEST_SIGNATURE || length % 2 > 0) return undefined;
  const clientId = canonicalClientId(text.slice(0, end));
  return clientId === undefined ? undefined : { clientId, signature: text.slice(end + METHOD.length) };
}

/** Hashes a credential's text with SHA-256, in lower-case hex. Records hold the hash in place of the text. */
export function textHash(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Tells if the certificate's key signed the token. @throws an error if the stored public key is damaged */
export function signatureHolds(
  { clientId, signature: hex }: SignedToken,
  certificate: CertificateKey,
): boolean {
  const signature = Buffer.from(hex, 'hex');
  // Decoding stops at the first letter that is not hex.
  if (signature.length * 2 !== hex.length) return false;
  const publicKey = createPublicKey({
    key: Buffer.from(certificate.publicKey, 'base64'),
    format: 'der',
    type: 'spki',
  });
  if (publicKey.asymmetricKeyType === 'ed25519') return verify(null, sha256(clientId), publicKey, signature);
  return verify(
    'sha256',
    Buffer.from(clientId),
    {
      key: publicKey,
      ...(publicKey.asymmetricKeyType === 'rsa' && {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_AUTO,
      }),
    },
    signature,
  );
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}
