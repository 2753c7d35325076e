import { constants, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import type { CertificateKey } from './certificate.js';
import { canonicalClientId } from './client-id.js';

/** A signed token taken apart: `<client-id>:b:<hex signature>`. */
export interface SignedToken {
  readonly clientId: string;
  /** Said to be hex. */
  readonly signature: string;
}

const METHOD = ':b:';
// From the 64 octets of Ed25519 to the 512 of RSA-4096, in hex.
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

/** Takes a signed token apart by its shape; undefined if the text is none. */
export function parseSignedToken(text: string): SignedToken | undefined {
  const end = text.indexOf(METHOD);
  const length = text.length - end - METHOD.length;
  if (end < 0 || length < LEAST_SIGNATURE || length > LONGEST_SIGNATURE || length % 2 > 0) return undefined;
  const clientId = canonicalClientId(text.slice(0, end));
  return clientId === undefined ? undefined : { clientId, signature: text.slice(end + METHOD.length) };
}

/** SHA-256 of a credential's text, lower-case hex: kept in place of the text. */
export function textHash(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Tells if the certificate's key signed the token. @throws if the stored public key is damaged */
export function signatureHolds(
  { clientId, signature: hex }: SignedToken,
  certificate: CertificateKey,
): boolean {
  const signature = Buffer.from(hex, 'hex');
  // Decoding ends at the first letter that is not hex.
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
