/** Makes and reads signed tokens, with the keys as they are now. */
export interface TokenSealer {
  /** Changes whenever the keys do. */
  readonly revision: number;
  seal(payload: Record<string, unknown>): Promise<string>;
  /** The payload and who signed it; undefined where no key of ours did, by its own algorithm. */
  open(token: string): Promise<{ readonly payload: unknown; readonly keyId: string } | undefined>;
  /** Whether what a key signed is still taken. */
  isTrusted(keyId: string): boolean;
  /** The public keys, RFC 7517 section 5. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
}
