import { type TokenOrigin, tokenPayload } from '../model/access-token.js';
import { KeywrightError } from '../model/errors.js';
import type { Principal } from '../model/principal.js';
import { randomId, type Session } from '../model/session.js';
import { soundTime } from '../model/sound-time.js';
import { type Timestamp, wholeSeconds } from '../model/time.js';
import type { User } from '../model/user.js';
import type { Management } from './management.js';

/** A new access token. */
export interface IssuedToken {
  readonly token: string;
  readonly scopes: readonly string[];
  readonly expiresAt: Timestamp;
  readonly expiresInSeconds: number;
}

/** The content of an access token. */
export interface TokenGrant {
  readonly subject: string;
  readonly origin: TokenOrigin;
  /** The family of the token that the caller exchanges. */
  readonly familyId?: string | undefined;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  readonly domains: readonly string[];
  /** The latest time at which the token may end. */
  readonly expiresAt: Timestamp;
}

/** Makes the grant for a user's session. @param scopes some of the session's */
export function sessionGrant(user: User, session: Session, scopes: readonly string[]): TokenGrant {
  const { id: subject, groups, domains } = user;
  const origin = { kind: 'session', sessionId: session.id } as const;
  return { subject, origin, scopes, groups, domains, expiresAt: session.expiresAt };
}

/**
 * Makes the grant for an accepted caller. The token is bound to the caller's credential.
 * @throws KeywrightError `refused` for an MQTT password
 */
export function principalGrant({
  id,
  credential,
  scopes,
  groups,
  domains,
  expiresAt,
}: Principal): TokenGrant {
  const rest = { subject: id, scopes, groups, domains, expiresAt };
  // MQTT passwords are for MQTT only: a token would carry their rights to HTTP.
  if (credential.kind === 'password')
    throw new KeywrightError('refused', 'an MQTT password gets no access token');
  if (credential.kind === 'session-cookie')
    throw new KeywrightError('refused', 'a session of the console gets no access token');
  if (credential.kind !== 'access-token')
    return { ...rest, origin: { kind: credential.kind, credentialId: credential.id } };
  const { origin, familyId } = credential.claims;
  return { ...rest, origin, familyId };
}

/** Makes an access token that lasts for `ttlMs` at most. */
export async function issueAccessToken(
  { sealer, tokenIssuer, clock }: Pick<Management, 'sealer' | 'tokenIssuer' | 'clock'>,
  grant: TokenGrant,
  ttlMs: number,
): Promise<IssuedToken> {
  const issuedAt = wholeSeconds(soundTime(clock.now()));
  const expiresAt = wholeSeconds(Math.min(issuedAt + ttlMs, grant.expiresAt));
  const id = randomId();
  const claims = { ...grant, id, familyId: grant.familyId ?? id, issuedAt, expiresAt };
  const token = await sealer.seal(tokenPayload(claims, tokenIssuer));
  return { token, scopes: grant.scopes, expiresAt, expiresInSeconds: (expiresAt - issuedAt) / 1000 };
}
