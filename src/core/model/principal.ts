import type { AccessTokenClaims } from './access-token.js';
import type { Credential } from './client.js';
import type { Timestamp } from './time.js';

/** The credential with which a caller was accepted. */
export type UsedCredential =
  | { readonly kind: Credential['kind'] | 'certificate'; readonly id: string }
  | { readonly kind: 'access-token'; readonly id: string; readonly claims: AccessTokenClaims }
  /** The id is the session's. */
  | { readonly kind: 'session-cookie'; readonly id: string; readonly idleUntil: Timestamp };

/** An accepted caller. */
export interface Principal {
  readonly kind: 'client' | 'user';
  /** The canonical id of the client or the user. */
  readonly id: string;
  readonly label: string | null;
  /** The user that owns the client; null if there is none. */
  readonly owner: string | null;
  readonly groups: readonly string[];
  readonly domains: readonly string[];
  readonly scopes: readonly string[];
  readonly credential: UsedCredential;
  readonly notBefore: Timestamp;
  readonly expiresAt: Timestamp;
}

/** The session by which a principal acts; undefined for another credential. */
export function sessionIdOf({ credential }: Pick<Principal, 'credential'>): string | undefined {
  if (credential.kind === 'session-cookie') return credential.id;
  const origin = credential.kind === 'access-token' ? credential.claims.origin : undefined;
  return origin?.kind === 'session' ? origin.sessionId : undefined;
}
