import { KeywrightError } from '../model/errors.js';
import { mayGrant } from '../model/scope.js';
import type { User } from '../model/user.js';
import type { Records } from '../ports/unit-of-work.js';
import { type Actor, cannotGrant } from './actor.js';
import { noSuchUser } from './users.js';

/** The owner of a client, with the domain and the scopes that the owner must have. */
export interface Ownership {
  readonly owner: string | null;
  readonly domain: string | null;
  /** The scopes of the client and of each of its keys. */
  readonly scopes: readonly (readonly string[])[];
}

/** The actor that sets an owner, and the look-up of owners. */
export interface Owners {
  readonly actor: Actor;
  userById(id: string): Promise<User | undefined>;
}

/** Looks up owners within a change. */
export function ownersIn(records: Records, actor: Actor): Owners {
  return { actor, userById: (id) => records.get('user', id) };
}

/**
 * Checks that a client may belong to its owner. The owner must exist, be enabled, and have the client's scopes and
 * domain.
 * @returns the owner; undefined for nobody
 * @throws KeywrightError `not-found`, `refused`
 */
export async function requireOwnable(
  { actor, userById }: Owners,
  { owner, domain, scopes }: Ownership,
): Promise<User | undefined> {
  if (owner === null) {
    if (actor.kind === 'member') throw new KeywrightError('refused', 'a member’s clients are its own');
    return undefined;
  }
  const user = await userById(owner);
  if (user === undefined) throw noSuchUser(owner);
  if (user.disabledAt !== null) throw new KeywrightError('refused', `user ${owner} is disabled`);
  for (const each of scopes) {
    if (!mayGrant(user.scopes, each))
      throw cannotGrant(`its owner ${owner} holds`, { held: user.scopes, scopes: each });
  }
  if (domain !== null && !user.domains.includes(domain) && !user.domains.includes('*')) {
    throw new KeywrightError('refused', `its owner ${owner} does not belong to the domain ${domain}`, {
      hint: `${owner} has ${user.domains.join(', ') || 'no domain'}`,
    });
  }
  return user;
}
