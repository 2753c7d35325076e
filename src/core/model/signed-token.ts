import { constants, createPublicKey, hash, type KeyObject, sign, verify } from 'node:crypto';
import type { CertificateKey } from './certificate.js';
import { canonicalClientId } from './client-id.js';

/** A signed token taken apart: `<client-id>:b:<hex signature>`. */
export interface SignedToken {
  readonly clientId: string;
  readonly signature: Buffer;
}

// The longest signature is RSA-4096's 512 octets.
const SIGNED_TOKEN = /^([^:]{1,64}):b:((?:[0-9a-fA-F]{2}){64,512})$/;

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
  return `${clientId}:b:${signature.toString('hex')}`;
}

/** Takes a signed token apart by its shape; undefined where the text is none. */
export function parseSignedToken(text: string): SignedToken | undefined {
  const [, id, signature] = SIGNED_TOKEN.exec(text) ?? [];
  const clientId = canonicalClientId(id ?? '');
  if (clientId === undefined || signature === undefined) return undefined;
  return { clientId, signature: Buffer.from(signature, 'hex') };
}

/** What is kept of a token instead of the token: SHA-256 of its text, lower-case hex. */
export function textHash(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Whether the certificate's key signed the token. @throws where the stored public key is damaged */
export function signatureHolds({ clientId, signature }: SignedToken, certificate: CertificateKey): boolean {
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
