import { cookieMac, type PresentedSessionCookie } from '../model/session-cookie.js';
import type { Timestamp } from '../model/time.js';
import type { Proof } from './client-principal.js';
import type { Registry } from './registry.js';
import { isSameHash } from './same-hash.js';
import { sessionBasis } from './session-basis.js';

/** Proves the cookie of a session; null if it is none that was made here. */
export function proveSessionCookie(cookie: PresentedSessionCookie, registry: Registry): Proof | null {
  const { sessionId, idleUntil, mac } = cookie;
  const session = registry.sessionById(sessionId);
  const expected =
    session && cookieMac(session, { ...cookie, hashSecret: (text) => registry.hashSecret(text) });
  if (expected === undefined || !isSameHash(expected, mac)) return null;
  return proveSession(sessionId, idleUntil, registry);
}

/** Proves a session whose cookie was proved before; null if it has gone. */
export function proveSession(sessionId: string, idleUntil: Timestamp, registry: Registry): Proof | null {
  const session = registry.sessionById(sessionId);
  const basis = session ? sessionBasis(session, registry) : null;
  if (basis === null) return null;
  const { principal, ...rest } = basis;
  return {
    ...rest,
    principal: {
      ...principal,
      credential: { kind: 'session-cookie', id: sessionId, idleUntil },
      expiresAt: Math.min(principal.expiresAt, idleUntil),
    },
  };
}
