import { randomBytes, timingSafeEqual } from 'node:crypto';
import { KeywrightError } from '../model/errors.js';
import { mayAsk, narrowScopes } from '../model/scope.js';
import { parseRefreshToken, randomId, refreshMac, type Session } from '../model/session.js';
import { soundTime } from '../model/sound-time.js';
import type { Timestamp } from '../model/time.js';
import { bareDomain, type User } from '../model/user.js';
import type { PasswordHasher } from '../ports/password-hasher.js';
import type { Management } from './management.js';

/** Finds a user by a canonical name or an e-mail address. */
export interface UserLookUp {
  readonly findUser: (nameOrEmail: string) => User | undefined;
}

export interface SignInRequest {
  /** A name or an e-mail address. */
  readonly name: string;
  readonly password: string;
  /** The session's domain, one of the user's. */
  readonly domain?: string | undefined;
  /** The session's scopes, out of the user's; all of them by default. */
  readonly scopes?: readonly string[] | undefined;
  readonly from: string;
  readonly ttlMs: number;
  /** What continues the session; null for nothing. */
  readonly continuedBy: 'refresh-token' | 'cookie' | null;
}

export type SignIn =
  | {
      readonly outcome: 'accepted';
      readonly user: User;
      readonly session: Session;
      /** The scopes of the access token to make. */
      readonly scopes: readonly string[];
    }
  | { readonly outcome: 'rejected'; readonly reason: 'invalid' | 'wrong-domain' | 'insufficient-scope' };

/**
 * Begins a session by password. An unknown user takes as long as a known one, and a disabled user gets the same answer.
 * @throws KeywrightError `busy`
 */
export async function signIn(
  services: Pick<Management, 'changes' | 'clock'> &
    UserLookUp & { readonly passwords: Pick<PasswordHasher, 'verify'> },
  request: SignInRequest,
): Promise<SignIn> {
  const { passwords, findUser } = services;
  const { name, password, domain } = request;
  const user = findUser(name.toLowerCase());
  const holds = await passwords.verify(password, user?.passwordHash);
  if (!holds || user === undefined || user.disabledAt !== null) return rejected('invalid');
  if (domain !== undefined && !actsIn(user, domain)) return rejected('wrong-domain');
  if (request.scopes !== undefined && !mayAsk(user.scopes, request.scopes))
    return rejected('insufficient-scope');
  const session = await beginSession(services, user, request);
  return { outcome: 'accepted', user, session, scopes: session.scopes };
}

/** Begins a session of a user who is known to be the one. */
export async function beginSession(
  { changes, clock }: Pick<Management, 'changes' | 'clock'>,
  user: User,
  { scopes = user.scopes, from, ttlMs, continuedBy }: Omit<SignInRequest, 'name' | 'password' | 'domain'>,
): Promise<Session> {
  const now = soundTime(clock.now());
  const session: Session = {
    id: randomId(),
    revision: 0,
    userId: user.id,
    scopes: narrowScopes(user.scopes, scopes),
    from,
    // Never before the end of earlier sessions, which a machine whose clock is ahead may have written.
    createdAt: Math.max(now, user.sessionsSince),
    expiresAt: now + ttlMs,
    revokedAt: null,
    generation: 0,
    refreshSalt: continuedBy === 'refresh-token' ? randomSalt() : null,
    cookieSalt: continuedBy === 'cookie' ? randomSalt() : null,
  };
  await changes.change({ action: 'session.begin', target: `${user.id}:${session.id}` }, (records) =>
    records.put('session', session),
  );
  return session;
}

function randomSalt(): string {
  return randomBytes(16).toString('hex');
}

/** A genuine refresh token, which may have been used before. */
interface ProvedRefresh {
  readonly session: Session;
  readonly generation: number;
}

/** Finds the session of a refresh token that was made here; undefined if none was. */
export async function sessionOf(
  { keyStore, hashSecret }: Pick<Management, 'keyStore' | 'hashSecret'>,
  token: string,
): Promise<ProvedRefresh | undefined> {
  const parsed = parseRefreshToken(token);
  const session = parsed && (await keyStore.sessions.get(parsed.sessionId));
  if (parsed === undefined || session === undefined) return undefined;
  const { generation, mac } = parsed;
  const expected = refreshMac(session, { generation, hashSecret });
  const isGenuine = expected !== undefined && timingSafeEqual(Buffer.from(expected), Buffer.from(mac));
  return isGenuine ? { session, generation } : undefined;
}

export interface RefreshRequest {
  readonly token: string;
  /** The domain that the caller acts in, one of the user's. */
  readonly domain?: string | undefined;
  /** The scopes of the next access token, out of the session's; all of them by default. */
  readonly scopes?: readonly string[] | undefined;
}

/**
 * Continues a session by its refresh token, which works once. A second use ends the session, because two parties then
 * have the token (RFC 9700 section 4.14.2). Only a genuine token changes anything, and only if what is asked is granted.
 */
export async function refreshSession(
  services: Pick<Management, 'keyStore' | 'changes' | 'clock' | 'hashSecret'> & {
    readonly userById: (id: string) => User | undefined;
  },
  { token, domain, scopes }: RefreshRequest,
): Promise<SignIn> {
  const { clock, changes, userById } = services;
  const proved = await sessionOf(services, token);
  if (proved === undefined) return rejected('invalid');
  const { session: found, generation } = proved;
  const now = soundTime(clock.now());
  const user = userById(found.userId);
  if (isOver(found, { user, now }) || user === undefined || user.disabledAt !== null)
    return rejected('invalid');
  const isUsed = generation !== found.generation;
  if (!isUsed && domain !== undefined && !actsIn(user, domain)) return rejected('wrong-domain');
  const held = narrowScopes(user.scopes, found.scopes);
  if (!isUsed && scopes !== undefined && !mayAsk(held, scopes)) return rejected('insufficient-scope');

  const session = await changes.change(null, async (records) => {
    const current = await records.get('session', found.id);
    if (current?.generation !== generation || current.revokedAt !== null) return undefined;
    const next = { ...current, generation: generation + 1 };
    records.put('session', next);
    return next;
  });
  if (session !== undefined)
    return { outcome: 'accepted', user, session, scopes: narrowScopes(held, scopes ?? held) };
  await changes.change({ action: 'session.reused', target: `${user.id}:${found.id}` }, async (records) => {
    const current = await records.get('session', found.id);
    if (current?.revokedAt === null) records.put('session', { ...current, revokedAt: now });
  });
  return rejected('invalid');
}

/** Tells if a session has ended for good: by itself, by its end, or with all of its user's. */
export function isOver(
  { revokedAt, expiresAt, createdAt }: Session,
  { user, now }: { readonly user: User | undefined; readonly now: Timestamp },
): boolean {
  return revokedAt !== null || expiresAt <= now || user === undefined || createdAt < user.sessionsSince;
}

function actsIn({ domains }: User, domain: string): boolean {
  return domains.includes('*') || domains.includes(bareDomain(domain));
}

function rejected(reason: Extract<SignIn, { outcome: 'rejected' }>['reason']): SignIn {
  return { outcome: 'rejected', reason };
}

/** Ends a session. Its tokens stop working at once. @throws KeywrightError `not-found` */
export async function revokeSession(
  { keyStore, changes, clock }: Pick<Management, 'keyStore' | 'changes' | 'clock'>,
  id: string,
): Promise<void> {
  const noSuchSession = () =>
    new KeywrightError('not-found', `there is no session ${JSON.stringify(id.slice(0, 80))}`);
  const found = await keyStore.sessions.get(id);
  if (found === undefined) throw noSuchSession();
  await changes.change({ action: 'session.revoke', target: `${found.userId}:${id}` }, async (records) => {
    const session = await records.get('session', id);
    if (session === undefined) throw noSuchSession();
    records.put('session', { ...session, revokedAt: session.revokedAt ?? clock.now() });
  });
}

/** The withdrawal of one access token. */
export interface TokenWithdrawal {
  /** The token's `jti`. */
  readonly tokenId: string;
  /** The target in the audit log. */
  readonly target: string;
  readonly expiresAt: Timestamp;
}

/** Withdraws one access token until its end. */
export async function withdrawToken(
  { changes, clock }: Pick<Management, 'changes' | 'clock'>,
  { tokenId, target, expiresAt }: TokenWithdrawal,
): Promise<void> {
  await changes.change({ action: 'access-token.revoke', target }, (records) =>
    records.put('withdrawn-token', { id: tokenId, revision: 0, withdrawnAt: clock.now(), expiresAt }),
  );
}

/** Removes expired sessions and expired withdrawals of tokens. No token that depends on them is still accepted. */
export async function pruneSessions(
  { keyStore, changes }: Pick<Management, 'keyStore' | 'changes'>,
  now: Timestamp,
): Promise<void> {
  const ended = ({ expiresAt }: { readonly expiresAt: Timestamp }) => expiresAt <= now;
  for (const { id } of (await keyStore.sessions.page()).filter(ended)) {
    await changes.change(null, (records) => records.delete('session', id));
  }
  for (const { id } of (await keyStore.withdrawnTokens.page()).filter(ended)) {
    await changes.change(null, (records) => records.delete('withdrawn-token', id));
  }
}
