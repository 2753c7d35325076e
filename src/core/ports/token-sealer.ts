import type { RejectedToken } from '../model/access-token.js';

/** Makes and reads signed tokens with the present keys. */
export interface TokenSealer {
  /** A number that changes with every change of the keys. */
  readonly revision: number;
  seal(payload: Record<string, unknown>): Promise<string>;
  /**
   * Reads a token's payload and the id of its key. It rejects a token unless one of our keys signed it, by the key's
   * own algorithm.
   */
  open(token: string): Promise<OpenedToken | RejectedToken>;
  /** Tells if a key's tokens are still accepted. */
  isTrusted(keyId: string): boolean;
  /** Returns the public keys as a JWK set (RFC 7517 section 5). */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
}

export interface OpenedToken {
  readonly payload: unknown;
  readonly keyId: string;
}
