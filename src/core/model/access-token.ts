import { idOfSubject, subjectOf } from './subject.js';
import { NEVER, type Timestamp } from './time.js';

/** The claims of an access token. */
export interface AccessTokenClaims {
  /** The token's `jti`. */
  readonly id: string;
  /**
   * The `jti` of the first token in a chain of exchanges, or the token's own. If one token is withdrawn, the whole
   * family is.
   */
  readonly familyId: string;
  /** The id of the client or the user. */
  readonly subject: string;
  readonly origin: TokenOrigin;
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  readonly domains: readonly string[];
  readonly issuedAt: Timestamp;
  /** `nbf`, which tokens of other makers may have. */
  readonly notBefore?: Timestamp | undefined;
  readonly expiresAt: Timestamp;
  /** The id of the key that signed the token. */
  readonly keyId: string;
}

/** The session or the credential behind a token. The token stops working with it. */
export type TokenOrigin =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'certificate' | 'signed-token' | 'api-key'; readonly credentialId: string };

/** The issuer of accepted tokens and their audience (RFC 7519 sections 4.1.1 and 4.1.3). */
export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
}

/** The fault of a text that looks like a JWT but is no valid access token of this server. Callers do not learn it. */
export type TokenFault =
  | 'not a JWT'
  | 'wrong type'
  | 'unknown key'
  | 'wrong signature'
  | 'wrong issuer'
  | 'wrong audience'
  | 'wrong claims';

export interface RejectedToken {
  readonly rejected: TokenFault;
}

// The headers of an HTTP request must be shorter.
const MAX_LENGTH = 16_384;

/**
 * Tells if a text has the shape of a signed JWT: three parts (RFC 7519 section 3), the first of which begins with {" in
 * base64. It checks no more, because every request passes here and the token's reader checks each letter.
 */
export function isJwtShaped(text: string): boolean {
  if (!text.startsWith('eyJ') || text.length > MAX_LENGTH) return false;
  const first = text.indexOf('.');
  const second = text.indexOf('.', first + 1);
  const isThreeParts = second > first + 1 && second < text.length - 1 && !text.includes('.', second + 1);
  return first > 0 && isThreeParts && !text.includes(' ');
}

/** Writes the claims as a JWT payload (RFC 9068). `sid` or `credential` holds the token's origin. */
export function tokenPayload(
  {
    id,
    familyId,
    subject,
    origin,
    scopes,
    groups,
    domains,
    issuedAt,
    expiresAt,
  }: Omit<AccessTokenClaims, 'keyId' | 'notBefore'>,
  { issuer, audience }: TokenIssuer,
): Record<string, unknown> {
  const bound =
    origin.kind === 'session'
      ? { sid: origin.sessionId }
      : { client_id: subject, credential: `${origin.kind}:${origin.credentialId}` };
  const times = { iat: Math.floor(issuedAt / 1000), exp: Math.floor(expiresAt / 1000) };
  const sub = subjectOf({ kind: kindOf(origin), id: subject });
  const who = { sub, groups, domains };
  const family = familyId === id ? {} : { family: familyId };
  return {
    iss: issuer,
    aud: audience,
    ...times,
    jti: id,
    ...family,
    ...who,
    scope: scopes.join(' '),
    ...bound,
  };
}

/**
 * Reads the payload of a token with a valid signature. It rejects a token with a missing claim, a claim of the wrong
 * type, or another issuer or audience.
 */
export function readClaims(
  payload: unknown,
  { issuer, audience, keyId }: TokenIssuer & { readonly keyId: string },
): AccessTokenClaims | RejectedToken {
  if (typeof payload !== 'object' || payload === null) return WRONG_CLAIMS;
  const {
    iss,
    aud,
    sub,
    jti,
    family = jti,
    iat,
    nbf,
    exp,
    scope,
    groups,
    domains,
    sid,
    credential,
  }: Record<string, unknown> = {
    ...payload,
  };
  const origin = originOf(sid, credential);
  const subject = typeof sub === 'string' && origin ? idOfSubject(sub, { kind: kindOf(origin) }) : undefined;
  if (iss !== issuer) return { rejected: 'wrong issuer' };
  if (aud !== audience) return { rejected: 'wrong audience' };
  if (
    subject === undefined ||
    origin === undefined ||
    typeof jti !== 'string' ||
    typeof family !== 'string' ||
    typeof scope !== 'string'
  )
    return WRONG_CLAIMS;
  if (
    !isTime(iat) ||
    !(nbf === undefined || isTime(nbf)) ||
    !isTime(exp) ||
    !isTexts(groups) ||
    !isTexts(domains)
  )
    return WRONG_CLAIMS;
  return {
    id: jti,
    familyId: family,
    subject,
    origin,
    scopes: scope.split(' ').filter((name) => name !== ''),
    groups,
    domains,
    issuedAt: iat * 1000,
    notBefore: nbf === undefined ? undefined : nbf * 1000,
    expiresAt: exp * 1000,
    keyId,
  };
}

const WRONG_CLAIMS: RejectedToken = { rejected: 'wrong claims' };

function kindOf({ kind }: TokenOrigin): 'client' | 'user' {
  return kind === 'session' ? 'user' : 'client';
}

function originOf(sid: unknown, credential: unknown): TokenOrigin | undefined {
  if (typeof sid === 'string' && credential === undefined) return { kind: 'session', sessionId: sid };
  if (typeof credential !== 'string' || sid !== undefined) return undefined;
  const [, kind, credentialId = ''] =
    /^(certificate|signed-token|api-key):([0-9a-f]{1,64})$/.exec(credential) ?? [];
  return kind === 'certificate' || kind === 'signed-token' || kind === 'api-key'
    ? { kind, credentialId }
    : undefined;
}

function isTime(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value * 1000 <= NEVER;
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
