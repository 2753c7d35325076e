import { randomBytes } from 'node:crypto';
import { added, integer, object, optional, revision, text, texts, time } from './fields.js';
import type { Timestamp } from './time.js';

/** A user's login, which gives access tokens or a cookie. Times are in milliseconds since the epoch. */
export interface Session {
  /** 32 hexadecimal digits. */
  readonly id: string;
  readonly revision: number;
  readonly userId: string;
  readonly scopes: readonly string[];
  /** The address that the login came from. */
  readonly from: string;
  readonly createdAt: Timestamp;
  readonly expiresAt: Timestamp;
  readonly revokedAt: Timestamp | null;
  /** The number of refreshes. Only the refresh token of this generation works. */
  readonly generation: number;
  /** A random part of the refresh tokens; null if the session has none. */
  readonly refreshSalt: string | null;
  /** A random part of the cookies; null if the session gives tokens. */
  readonly cookieSalt: string | null;
}

/** What a session gives: the cookie of the console, or tokens. */
export const SESSION_KINDS = ['console', 'tokens'] as const;

export function sessionKind({ cookieSalt }: Session): (typeof SESSION_KINDS)[number] {
  return cookieSalt === null ? 'tokens' : 'console';
}

/** Makes an id of 128 random bits for a session or a token. */
export function randomId(): string {
  return randomBytes(16).toString('hex');
}

/** The beginning of every refresh token. */
export const REFRESH_TOKEN_PREFIX = 'kwr_';

const REFRESH_TOKEN = /^kwr_([0-9a-f]{32})_([0-9a-z]{1,8})_([0-9a-f]{64})$/;

/** The parts of a refresh token. */
export interface RefreshToken {
  readonly sessionId: string;
  readonly generation: number;
  readonly mac: string;
}

/**
 * Makes the refresh token of the session's present generation. The token names its session, so a second use is noticed
 * without a list of used tokens.
 * @returns undefined if the session has no refresh tokens
 */
export function refreshToken(session: Session, hashSecret: (text: string) => string): string | undefined {
  const mac = refreshMac(session, { generation: session.generation, hashSecret });
  return mac && `${REFRESH_TOKEN_PREFIX}${session.id}_${session.generation.toString(36)}_${mac}`;
}

/** Makes the secret part of a generation's refresh token. @returns undefined if the session has no refresh tokens */
export function refreshMac(
  { id, refreshSalt }: Session,
  { generation, hashSecret }: { readonly generation: number; readonly hashSecret: (text: string) => string },
): string | undefined {
  // An API key contains no blank, so the hash of a refresh token is never that of an API key.
  return refreshSalt === null ? undefined : hashSecret(`refresh ${id} ${generation} ${refreshSalt}`);
}

/** Parses a refresh token by its shape; undefined if the text has another shape. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const [, sessionId, generation, mac] = REFRESH_TOKEN.exec(text) ?? [];
  if (sessionId === undefined || generation === undefined || mac === undefined) return undefined;
  return { sessionId, generation: Number.parseInt(generation, 36), mac };
}

/** Reads a session from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseSession(value: unknown): Session {
  const record = object(value, 'session');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    userId: text(record, 'userId'),
    scopes: texts(record, 'scopes'),
    from: text(record, 'from'),
    createdAt: time(record, 'createdAt'),
    expiresAt: time(record, 'expiresAt'),
    revokedAt: optional(time, record, 'revokedAt'),
    generation: integer(record, 'generation'),
    refreshSalt: optional(text, record, 'refreshSalt'),
    cookieSalt: added(text, record, 'cookieSalt') ?? null,
  };
}
