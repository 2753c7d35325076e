import type { Session } from './session.js';
import type { Timestamp } from './time.js';

/** A session's cookie, parsed by its shape alone. */
export interface PresentedSessionCookie {
  readonly kind: 'session-cookie';
  readonly sessionId: string;
  /** The time at which the cookie ends unless it is renewed. */
  readonly idleUntil: Timestamp;
  readonly mac: string;
}

/** The beginning of every session cookie. */
export const SESSION_COOKIE_PREFIX = 'kwc_';

const COOKIE = /^kwc_([0-9a-f]{32})_([0-9a-z]{1,9})_([0-9a-f]{64})$/;

/**
 * Makes the cookie of a session. It names its own end, so that a session that is in use costs no write.
 * @returns undefined if the session has no cookies
 */
export function sessionCookie(
  session: Session,
  { idleUntil, hashSecret }: { readonly idleUntil: Timestamp; readonly hashSecret: (text: string) => string },
): string | undefined {
  const mac = cookieMac(session, { idleUntil, hashSecret });
  return mac && `${SESSION_COOKIE_PREFIX}${session.id}_${idleUntil.toString(36)}_${mac}`;
}

/** Makes the secret part of a session's cookie with that end. @returns undefined if the session has no cookies */
export function cookieMac(
  { id, cookieSalt }: Session,
  { idleUntil, hashSecret }: { readonly idleUntil: Timestamp; readonly hashSecret: (text: string) => string },
): string | undefined {
  // Neither an API key nor the text of a refresh token is hashed to the same.
  return cookieSalt === null ? undefined : hashSecret(`cookie ${id} ${idleUntil} ${cookieSalt}`);
}

/** Parses a session's cookie by its shape; undefined if the text has another shape. */
export function parseSessionCookie(text: string): PresentedSessionCookie | undefined {
  const [, sessionId, idleUntil, mac] = COOKIE.exec(text) ?? [];
  if (sessionId === undefined || idleUntil === undefined || mac === undefined) return undefined;
  return { kind: 'session-cookie', sessionId, idleUntil: Number.parseInt(idleUntil, 36), mac };
}
