import { constants, createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { CertificateCredential } from './client.js';
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
export function signedTokenHash(text: string): string {
  return sha256(text).toString('hex');
}

/**
 * Checks signatures, and remembers the answers. An answer depends on nothing but the token and the key,
 * so no change of the keystore can make one wrong; the oldest are dropped past `capacity`.
 */
export class SignatureChecker {
  readonly #answers = new Map<string, boolean>();
  readonly #keys = new WeakMap<CertificateCredential, KeyObject>();
  readonly #capacity: number;

  constructor(capacity = 100_000) {
    this.#capacity = capacity;
  }

  /** Whether the certificate's key signed the token. */
  holds(token: SignedToken, certificate: CertificateCredential): boolean {
    const question = createHash('sha256').update(token.clientId).update('\0').update(certificate.publicKey);
    const key = question.update('\0').update(token.signature).digest('base64');
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = signatureHolds(token, this.#publicKey(certificate));
    if (this.#answers.size >= this.#capacity) this.#forgetOldest();
    this.#answers.set(key, answer);
    return answer;
  }

  #publicKey(certificate: CertificateCredential): KeyObject {
    let key = this.#keys.get(certificate);
    if (key === undefined) {
      key = createPublicKey({
        key: Buffer.from(certificate.publicKey, 'base64'),
        format: 'der',
        type: 'spki',
      });
      this.#keys.set(certificate, key);
    }
    return key;
  }

  #forgetOldest(): void {
    const [oldest] = this.#answers.keys();
    if (oldest !== undefined) this.#answers.delete(oldest);
  }
}

function signatureHolds({ clientId, signature }: SignedToken, publicKey: KeyObject): boolean {
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
  return createHash('sha256').update(text).digest();
}
