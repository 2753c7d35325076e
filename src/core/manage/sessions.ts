import { randomBytes, timingSafeEqual } from 'node:crypto';
import { KeywrightError } from '../model/errors.js';
import { covers, narrowScopes } from '../model/scope.js';
import { parseRefreshToken, randomId, refreshMac, type Session } from '../model/session.js';
import type { Timestamp } from '../model/time.js';
import { bareDomain, type User } from '../model/user.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Management } from './management.js';

/** Finds the user of a canonical name or e-mail address. */
export interface UserLookUp {
  readonly findUser: (nameOrEmail: string) => User | undefined;
}

export interface SignInRequest {
  /** A name or an e-mail address. */
  readonly name: string;
  readonly password: string;
  /** The domain to act in, which must be one of the user's. */
  readonly domain?: string | undefined;
  /** Those that are asked for, of the user's; all of them, without. */
  readonly scopes?: readonly string[] | undefined;
  readonly from: string;
  readonly ttlMs: number;
  /** Whether refresh tokens continue the session. */
  readonly isRefreshable: boolean;
}

export type SignIn =
  | { readonly outcome: 'accepted'; readonly user: User; readonly session: Session }
  | { readonly outcome: 'rejected'; readonly reason: 'invalid' | 'wrong-domain' | 'insufficient-scope' };

/** Begins a session by password. An unknown user takes as long as a known one, and a disabled one gets the same answer. @throws KeywrightError `busy` */
export async function signIn(
  services: Pick<Management, 'keyStore' | 'clock' | 'audit' | 'passwords'> & UserLookUp,
  request: SignInRequest,
): Promise<SignIn> {
  const { keyStore, clock, audit, passwords, findUser } = services;
  const { name, password, domain, from, ttlMs } = request;
  const user = findUser(name.toLowerCase());
  const holds = await passwords.verify(password, user?.passwordHash);
  if (!holds || user === undefined || user.disabledAt !== null)
    return { outcome: 'rejected', reason: 'invalid' };
  if (domain !== undefined && !user.domains.includes('*') && !user.domains.includes(bareDomain(domain))) {
    return { outcome: 'rejected', reason: 'wrong-domain' };
  }
  const asked = request.scopes ?? user.scopes;
  if (!asked.every((scope) => covers(user.scopes, scope)))
    return { outcome: 'rejected', reason: 'insufficient-scope' };
  const now = clock.now();
  const session: Session = {
    id: randomId(),
    userId: user.id,
    scopes: narrowScopes(user.scopes, asked),
    from,
    createdAt: now,
    expiresAt: now + ttlMs,
    revokedAt: null,
    generation: 0,
    refreshSalt: request.isRefreshable ? randomBytes(16).toString('hex') : null,
  };
  await audit.record({ action: 'session.begin', target: `${user.id}:${session.id}` }, () =>
    keyStore.sessions.update(session.id, () => session),
  );
  return { outcome: 'accepted', user, session };
}

/**
 * Continues a session by its refresh token, which works once: used again, it ends the session, because then two have it
 * (RFC 9700 section 4.14.2). Undefined where it does not work; only a genuine one changes anything.
 */
export async function refreshSession(
  {
    keyStore,
    clock,
    audit,
    hashSecret,
    findUser,
  }: Pick<Management, 'keyStore' | 'clock' | 'audit' | 'hashSecret'> & UserLookUp,
  token: string,
): Promise<{ readonly user: User; readonly session: Session } | undefined> {
  const parsed = parseRefreshToken(token);
  const found = parsed && (await keyStore.sessions.get(parsed.sessionId));
  if (parsed === undefined || found === undefined) return undefined;
  const { generation } = parsed;
  const expected = refreshMac(found, { generation, hashSecret });
  if (expected === undefined || !timingSafeEqual(Buffer.from(expected), Buffer.from(parsed.mac)))
    return undefined;
  const now = clock.now();
  const user = findUser(found.userId ?? '');
  const isOver = found.revokedAt !== null || found.expiresAt <= now;
  if (isOver || user === undefined || user.disabledAt !== null || found.createdAt < user.sessionsSince)
    return undefined;

  let isReused = false;
  const session = await keyStore.sessions.update(found.id, (current) => {
    if (current === undefined || current.revokedAt !== null) return current;
    isReused = current.generation !== generation;
    return isReused ? { ...current, revokedAt: now } : { ...current, generation: generation + 1 };
  });
  if (isReused) {
    await audit.record({ action: 'session.reused', target: `${user.id}:${found.id}` }, async () => undefined);
  }
  return isReused || session === undefined || session.revokedAt !== null ? undefined : { user, session };
}

/** Ends a session: its tokens stop working at once. @throws KeywrightError `not-found` */
export async function revokeSession(
  { keyStore, clock, audit }: Pick<Management, 'keyStore' | 'clock' | 'audit'>,
  id: string,
): Promise<void> {
  const found = await keyStore.sessions.get(id);
  if (!found?.userId)
    throw new KeywrightError('not-found', `there is no session ${JSON.stringify(id.slice(0, 80))}`);
  await audit.record({ action: 'session.revoke', target: `${found.userId}:${id}` }, () =>
    keyStore.sessions.update(
      id,
      (current) => current && { ...current, revokedAt: current.revokedAt ?? clock.now() },
    ),
  );
}

/** Withdraws one access token, until it would have ended. */
export async function withdrawToken(
  { keyStore, clock, audit }: Pick<Management, 'keyStore' | 'clock' | 'audit'>,
  {
    tokenId,
    target,
    expiresAt,
    from,
  }: { tokenId: string; target: string; expiresAt: Timestamp; from: string },
): Promise<void> {
  const now = clock.now();
  await audit.record({ action: 'access-token.revoke', target }, () =>
    keyStore.sessions.update(tokenId, () => ({
      ...{ id: tokenId, userId: null, scopes: [], from, createdAt: now, expiresAt },
      ...{ revokedAt: now, generation: 0, refreshSalt: null },
    })),
  );
}

/** Users' sessions that have not ended, the newest first. */
export async function listSessions(keyStore: KeyStore, now: Timestamp): Promise<Session[]> {
  const sessions = await keyStore.sessions.list();
  return sessions
    .filter(({ userId, revokedAt, expiresAt }) => userId !== null && revokedAt === null && expiresAt > now)
    .sort((one, other) => other.createdAt - one.createdAt);
}

/** Removes what has ended by its time: no token that is bound to it is accepted any more. */
export async function pruneSessions(keyStore: KeyStore, now: Timestamp): Promise<void> {
  for (const { id, expiresAt } of await keyStore.sessions.list()) {
    if (expiresAt > now) continue;
    await keyStore.sessions.update(id, (current) =>
      current && current.expiresAt > now ? current : undefined,
    );
  }
}
