import { isJwtShaped } from './access-token.js';
import { isApiKeyShaped, unwrapApiKey, type WrappedApiKey } from './api-key.js';
import { canonicalClientId } from './client-id.js';
import { parseSignedToken, textHash } from './signed-token.js';

/** A credential's text, parsed by its shape alone. */
export type PresentedText =
  | PresentedApiKey
  | PresentedSignedToken
  | PresentedAccessToken
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unknown' };

export interface PresentedApiKey {
  readonly kind: 'api-key';
  /** The bare key. In the wrapped form it is unchecked text; the proof checks its shape and its checksum. */
  readonly key: string;
  /** The SHA-256 hash of the bare key, in lower-case hex. */
  readonly hash: string;
  /** The canonical client id from the wrapped form, or empty if it is no valid id; undefined for the bare form. */
  readonly claimedId: string | undefined;
}

export interface PresentedSignedToken {
  readonly kind: 'signed-token';
  /** The SHA-256 hash of the token's text, in lower-case hex. */
  readonly hash: string;
  readonly clientId: string;
  /** Unchecked text that should be hex. */
  readonly signature: string;
}

export interface PresentedAccessToken {
  readonly kind: 'access-token';
  readonly text: string;
  /** The SHA-256 hash of the token's text, in lower-case hex. */
  readonly hash: string;
}

/** The result for several different credentials: a proxy in front may have checked another one than we would. */
export const AMBIGUOUS: PresentedText = { kind: 'ambiguous' };

/** The result for a text without the shape of a credential. */
export const UNKNOWN: PresentedText = { kind: 'unknown' };

/** Parses a credential from any header or field. Only this function tells the shapes apart. */
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

/** Reads an API key that came with its client's id. */
export function readApiKey({ key, clientId }: WrappedApiKey): PresentedApiKey {
  return { kind: 'api-key', key, hash: textHash(key), claimedId: canonicalClientId(clientId) ?? '' };
}
