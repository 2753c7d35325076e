import type { IncomingMessage } from 'node:http';
import { isAdmin } from '../../core/manage/actor.js';
import { revokeSession } from '../../core/manage/sessions.js';
import { userView } from '../../core/manage/views.js';
import { BUILD } from '../../core/model/build.js';
import type { Principal } from '../../core/model/principal.js';
import { narrowScopes } from '../../core/model/scope.js';
import type { Session } from '../../core/model/session.js';
import { sessionCookie } from '../../core/model/session-cookie.js';
import { formatTime, type Timestamp } from '../../core/model/time.js';
import type { User } from '../../core/model/user.js';
import { decide } from '../../core/verify/decide.js';
import { managingPrincipal } from '../admission.js';
import { OWN_HEADER } from '../requests/same-origin.js';
import { readSessionCookie, setSessionCookie } from '../requests/session-cookie.js';
import { Refused } from '../responses/errors.js';
import { REFUSALS } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

/** A request, and the headers of its answer. */
export interface Called {
  readonly request: IncomingMessage;
  readonly services: HttpServices;
  readonly answerHeaders: Record<string, string>;
  /** True for what a page asks by itself, and cannot say so. */
  readonly isBackground?: boolean | undefined;
}

/** A session of the console, its user, and when it ends unless somebody uses it. */
interface ConsoleSession {
  readonly user: User;
  readonly session: Session;
  readonly idleUntil: Timestamp;
}

// A cookie on every answer would cost each of them a signature.
const RENEWED_EVERY_MS = 60_000;

/** Gives the caller the cookie of a new session, and ends the one that came along. */
export async function giveCookie(
  called: Called,
  { user, session }: Omit<ConsoleSession, 'idleUntil'>,
): Promise<ConsoleSession> {
  await endPresented(called, user);
  const idleUntil = idleEnd(session, called.services);
  setCookie(called, session, idleUntil);
  return { user, session, idleUntil };
}

/**
 * Finds the session of the console by which a request is made. Who has none is only told so: the console asks each time
 * that it is opened.
 * @throws Refused
 */
export async function currentSession(called: Called): Promise<ConsoleSession> {
  const { request, services } = called;
  const { registry, proxies } = services;
  if (readSessionCookie(request, proxies) === undefined) throw new Refused(REFUSALS.missing, null);
  const principal = await managingPrincipal(request, services);
  const idleUntil = renewCookie(called, principal);
  const session = registry.sessionById(principal.credential.id);
  const user = registry.userById(principal.id);
  if (idleUntil === undefined || !session || !user) throw new Refused(REFUSALS.missing, null);
  return { user, session, idleUntil };
}

/**
 * Renews the cookie by which a request was made, if a good part of it is over. What the console asks by itself is no
 * use of it.
 * @returns when the session ends unless somebody uses it; undefined if the request was made by another credential
 */
export function renewCookie(called: Called, { credential }: Principal): Timestamp | undefined {
  const { request, services, isBackground = request.headers[OWN_HEADER] === 'background' } = called;
  if (credential.kind !== 'session-cookie') return undefined;
  const session = services.registry.sessionById(credential.id);
  if (session === undefined || isBackground) return credential.idleUntil;
  const idleUntil = idleEnd(session, services);
  const least = Math.min(RENEWED_EVERY_MS, (services.console?.idleMs ?? 0) / 10);
  if (idleUntil - credential.idleUntil < least) return credential.idleUntil;
  setCookie(called, session, idleUntil);
  return idleUntil;
}

/** Takes the cookie from the caller. */
export function removeCookie({ request, services: { proxies }, answerHeaders }: Called): void {
  Object.assign(answerHeaders, setSessionCookie(request, { proxies, value: '', maxAgeMs: 0 }));
}

/** Makes the view of a session for the console. */
export function meView({ user, session, idleUntil }: ConsoleSession, now: Timestamp) {
  const { id, expiresAt, scopes } = session;
  return {
    user: userView(user),
    admin: isAdmin(user, narrowScopes(user.scopes, scopes)),
    session: {
      id,
      expiresAt: formatTime(expiresAt),
      idleUntil: formatTime(Math.min(idleUntil, expiresAt)),
    },
    build: BUILD,
    time: formatTime(now),
  };
}

function idleEnd({ expiresAt }: Session, { clock, console }: HttpServices): Timestamp {
  return Math.min(clock.now() + (console?.idleMs ?? 0), expiresAt);
}

function setCookie({ request, services, answerHeaders }: Called, session: Session, idleUntil: Timestamp) {
  const { registry, proxies, clock } = services;
  const value = sessionCookie(session, { idleUntil, hashSecret: (text) => registry.hashSecret(text) }) ?? '';
  const maxAgeMs = idleUntil - clock.now();
  Object.assign(answerHeaders, setSessionCookie(request, { proxies, value, maxAgeMs }));
}

async function endPresented({ request, services }: Called, user: User): Promise<void> {
  const { registry, clock, proxies, changes } = services;
  const credential = readSessionCookie(request, proxies);
  if (credential?.kind !== 'session-cookie') return;
  const verdict = await decide({ credential }, registry, clock);
  if (verdict.outcome !== 'accepted') return;
  const by = changes.by({ who: `user ${user.id}`, from: proxies.addressOf(request) });
  await revokeSession({ ...services, changes: by }, credential.sessionId);
}
