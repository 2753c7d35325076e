import { isJwtShaped } from './access-token.js';
import { isApiKeyShaped, unwrapApiKey, type WrappedApiKey } from './api-key.js';
import { canonicalClientId } from './client-id.js';
import { parseSignedToken, textHash } from './signed-token.js';

/** The text of a credential, taken apart by its shape alone. */
export type PresentedText =
  | PresentedApiKey
  | PresentedSignedToken
  | PresentedAccessToken
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unknown' };

export interface PresentedApiKey {
  readonly kind: 'api-key';
  /** The bare form, or what stood in its place in the wrapped form: its shape and checksum are looked at when it is proved. */
  readonly key: string;
  /** SHA-256 of the bare form, lower-case hex. */
  readonly hash: string;
  /** The client id that it came with, canonical, or empty if that is no id; undefined for the bare form. */
  readonly claimedId: string | undefined;
}

export interface PresentedSignedToken {
  readonly kind: 'signed-token';
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
  readonly clientId: string;
  /** Said to be hex. */
  readonly signature: string;
}

export interface PresentedAccessToken {
  readonly kind: 'access-token';
  readonly text: string;
  /** SHA-256 of its text, lower-case hex. */
  readonly hash: string;
}

/** Several credentials that differ: a proxy before us may have looked at another one than we would. */
export const AMBIGUOUS: PresentedText = { kind: 'ambiguous' };

/** No shape of any credential. */
export const UNKNOWN: PresentedText = { kind: 'unknown' };

/** Reads what somebody presents, whatever header or field it came in. The only place that tells shapes apart. */
export function readCredential(text: string): PresentedText {
  if (isJwtShaped(text)) return { kind: 'access-token', text, hash: textHash(text) };
  if (isApiKeyShaped(text)) return { kind: 'api-key', key: text, hash: textHash(text), claimedId: undefined };
  const signed = parseSignedToken(text);
  if (signed !== undefined) {
    const { clientId, signature } = signed;
    return { kind: 'signed-token', hash: textHash(text), clientId, signature };
  }
  const wrapped = unwrapApiKey(text);
  return wrapped === undefined ? UNKNOWN : readApiKey(wrapped);
}

/** An API key that came with its client's id. */
export function readApiKey({ key, clientId }: WrappedApiKey): PresentedApiKey {
  return { kind: 'api-key', key, hash: textHash(key), claimedId: canonicalClientId(clientId) ?? '' };
}
