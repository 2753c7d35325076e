import type { RejectedToken } from '../model/access-token.js';

/** Makes and reads signed tokens, with the keys as they are now. */
export interface TokenSealer {
  /** Changes whenever the keys do. */
  readonly revision: number;
  seal(payload: Record<string, unknown>): Promise<string>;
  /** The payload and the key that signed it; rejected if none of ours did, by its own algorithm. */
  open(token: string): Promise<OpenedToken | RejectedToken>;
  /** Tells if what a key signed is still taken. */
  isTrusted(keyId: string): boolean;
  /** The public keys, RFC 7517 section 5. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
}

export interface OpenedToken {
  readonly payload: unknown;
  readonly keyId: string;
}
