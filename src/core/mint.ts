import type { AccessTokenClaims, TokenOrigin, TokenRules } from './access-token.js';
import { tokenPayload } from './access-token.js';
import type { Clock, TokenSealer } from './ports.js';
import type { Principal } from './presentation.js';
import { narrowScopes } from './scope.js';
import { randomId, type Session } from './session.js';
import { type Timestamp, wholeSeconds } from './time.js';
import type { User } from './user.js';

export interface MintServices {
  readonly sealer: TokenSealer;
  readonly rules: TokenRules;
  readonly clock: Clock;
}

/** An access token that was just made. */
export interface MintedToken {
  readonly token: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  readonly expiresInSeconds: number;
}

/** What an access token is for. */
export interface Grant {
  readonly subject: string;
  readonly origin: TokenOrigin;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  readonly domains: readonly string[];
  /** The token does not outlive this. */
  readonly expiresAt: Timestamp;
}

/** What a user's session stands for. */
export function sessionGrant(user: User, session: Session): Grant {
  const { id: subject, groups, domains } = user;
  const scopes = narrowScopes(user.scopes, session.scopes);
  const origin = { kind: 'session', sessionId: session.id } as const;
  return { subject, origin, scopes, groups, domains, expiresAt: session.expiresAt };
}

/** What an accepted caller may have a token for: bound to what it was accepted by. */
export function principalGrant({ id, credential, scopes, groups, domains, expiresAt }: Principal): Grant {
  const origin: TokenOrigin =
    credential.kind === 'access-token'
      ? credential.claims.origin
      : { kind: credential.kind, credentialId: credential.id };
  return { subject: id, origin, scopes, groups, domains, expiresAt };
}

/** Makes an access token for at most `ttlMs`. */
export async function mintAccessToken(
  { sealer, rules, clock }: MintServices,
  grant: Grant,
  ttlMs: number,
): Promise<MintedToken> {
  const issuedAt = wholeSeconds(clock.now());
  const expiresAt = wholeSeconds(Math.min(issuedAt + ttlMs, grant.expiresAt));
  const claims: Omit<AccessTokenClaims, 'keyId'> = { ...grant, id: randomId(), issuedAt, expiresAt };
  const token = await sealer.seal(tokenPayload(claims, rules));
  return { token, scopes: grant.scopes, expiresAt, expiresInSeconds: (expiresAt - issuedAt) / 1000 };
}
