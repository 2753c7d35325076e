import type { Client } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import { type Principal, sessionIdOf } from '../model/principal.js';
import { covers, mayGrant } from '../model/scope.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';

/**
 * The caller of a management function. The operator holds the home and may do everything. An admin sees everything, and
 * a member sees only their own. An admin and a member grant only scopes that they hold.
 */
export type Actor =
  | { readonly kind: 'operator' }
  | {
      readonly kind: 'admin';
      readonly userId: string | null;
      readonly scopes: readonly string[];
      /** The session by which the caller acts; undefined for another credential. */
      readonly sessionId?: string | undefined;
    }
  | {
      readonly kind: 'member';
      readonly userId: string;
      readonly scopes: readonly string[];
      readonly sessionId?: string | undefined;
      /** The time at which the user was made. */
      readonly since: Timestamp;
    };

export const OPERATOR: Actor = { kind: 'operator' };

/** The id of the session by which an actor acts; undefined for another credential. */
export function sessionOf(actor: Actor): string | undefined {
  return actor.kind === 'operator' ? undefined : actor.sessionId;
}

/**
 * Finds the actor for an accepted caller.
 * @returns undefined if the caller may not manage: a client without the scope `admin`, or an access token with fewer
 * scopes than its user
 */
export function actorOf(principal: Principal, userById: (id: string) => User | undefined): Actor | undefined {
  const { kind, id, owner, scopes, credential } = principal;
  const sessionId = sessionIdOf(principal);
  const userId = kind === 'user' ? id : owner;
  const user = userId === null ? undefined : userById(userId);
  if (userId !== null && user === undefined) return undefined;
  const mayManage =
    kind === 'client'
      ? covers(scopes, 'admin')
      : // Who signed in at the console manages with the scopes that the user had then.
        credential.kind === 'session-cookie' || mayGrant(scopes, user?.scopes ?? []);
  if (!mayManage) return undefined;
  if (isAdmin(user, scopes)) return { kind: 'admin', userId, scopes, sessionId };
  return user && { kind: 'member', userId: user.id, scopes, sessionId, since: user.createdAt };
}

/** Tells if whoever has these scopes is an admin. @param user whose they are, or are to be; undefined for nobody's */
export function isAdmin(user: Pick<User, 'role'> | undefined, scopes: readonly string[]): boolean {
  return (user?.role ?? 'admin') === 'admin' && covers(scopes, 'admin');
}

/** Tells if the actor may see and change a client. */
export function isTheirs(actor: Actor, { owner, updatedAt }: Client): boolean {
  // A user may have the name of a former one: the former one's clients are not theirs.
  return actor.kind !== 'member' || (owner === actor.userId && updatedAt >= actor.since);
}

/**
 * Finds the owner of a new client. A member owns its own clients. An admin owns its own unless it names another user.
 * @throws KeywrightError `refused`
 */
export function ownerOfNew(actor: Actor, asked: string | undefined): string | null {
  if (actor.kind === 'operator') return asked ?? null;
  if (actor.kind === 'member' && asked !== undefined && asked !== actor.userId) {
    throw new KeywrightError('refused', 'a member registers for itself only');
  }
  return asked ?? actor.userId;
}

/** @throws KeywrightError `refused` if the actor lacks a scope that it would grant */
export function requireGrantable(actor: Actor, scopes: readonly string[]): void {
  if (actor.kind === 'operator' || mayGrant(actor.scopes, scopes)) return;
  throw cannotGrant('you hold', { held: actor.scopes, scopes });
}

/** Makes the error that names the missing scopes. */
export function cannotGrant(
  whose: string,
  { held, scopes }: { readonly held: readonly string[]; readonly scopes: readonly string[] },
): KeywrightError {
  const tooMany = scopes.filter((scope) => !covers(held, scope));
  const what =
    tooMany.length > 0 ? tooMany.join(', ') : `${scopes.join(', ')} without the topics that narrow it`;
  return new KeywrightError('refused', `nobody grants a scope that they do not hold: ${what}`, {
    hint: `${whose} ${held.join(', ') || 'no scope'}`,
  });
}

/** @throws KeywrightError `refused` if the actor is a member */
export function requireAdmin(actor: Actor): void {
  if (actor.kind === 'member') throw new KeywrightError('refused', 'that is for admins only');
}
