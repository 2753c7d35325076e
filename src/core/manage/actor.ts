import type { Client } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { Principal } from '../model/principal.js';
import { covers, mayGrant } from '../model/scope.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';

/**
 * Who manages: whoever holds the home (the command line); an admin, who sees everything; or a member, who sees what is
 * theirs. The last two grant no scope that they do not hold.
 */
export type Actor =
  | { readonly kind: 'operator' }
  | { readonly kind: 'admin'; readonly userId: string | null; readonly scopes: readonly string[] }
  | {
      readonly kind: 'member';
      readonly userId: string;
      readonly scopes: readonly string[];
      /** Since when there is that user. */
      readonly since: Timestamp;
    };

export const OPERATOR: Actor = { kind: 'operator' };

/**
 * In what part an accepted caller manages; undefined where it may not at all: a client without the scope `admin`, or an
 * access token that was narrowed to less than its user may do.
 */
export function actorOf(principal: Principal, userById: (id: string) => User | undefined): Actor | undefined {
  const { kind, id, owner, scopes } = principal;
  const userId = kind === 'user' ? id : owner;
  const user = userId === null ? undefined : userById(userId);
  if (userId !== null && user === undefined) return undefined;
  const mayManage = kind === 'client' ? covers(scopes, 'admin') : mayGrant(scopes, user?.scopes ?? []);
  if (!mayManage) return undefined;
  const isAdmin = (user?.role ?? 'admin') === 'admin' && covers(scopes, 'admin');
  if (isAdmin) return { kind: 'admin', userId, scopes };
  return user && { kind: 'member', userId: user.id, scopes, since: user.createdAt };
}

/** Whether a client is the actor's to see and to change. */
export function isTheirs(actor: Actor, { owner, updatedAt }: Client): boolean {
  // What a former user of that name left is not this one's.
  return actor.kind !== 'member' || (owner === actor.userId && updatedAt >= actor.since);
}

/** Whose a new client is: a member's are its own; an admin who is a user has its own unless another is named. @throws KeywrightError `refused` */
export function ownerOfNew(actor: Actor, asked: string | undefined): string | null {
  if (actor.kind === 'operator') return asked ?? null;
  if (actor.kind === 'member' && asked !== undefined && asked !== actor.userId) {
    throw new KeywrightError('refused', 'a member registers for itself only');
  }
  return asked ?? actor.userId;
}

/** @throws KeywrightError `refused` where the actor does not hold what it would grant */
export function requireGrantable(actor: Actor, scopes: readonly string[]): void {
  if (actor.kind === 'operator' || mayGrant(actor.scopes, scopes)) return;
  throw cannotGrant('you hold', { held: actor.scopes, scopes });
}

/** The error that says which scopes are more than somebody holds. */
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

/** @throws KeywrightError `refused` unless the actor may manage everything */
export function requireAdmin(actor: Actor): void {
  if (actor.kind === 'member') throw new KeywrightError('refused', 'that is for admins only');
}
