import { KeywrightError } from '../model/errors.js';
import { mayGrant } from '../model/scope.js';
import { cannotGrant } from './actor.js';
import type { Management } from './management.js';
import { requireUser } from './users.js';

/** Who is to own a client, and what it is to have. */
export interface Ownership {
  readonly owner: string | null;
  readonly domain: string | null;
  /** Of the client itself and of each of its keys. */
  readonly scopes: readonly (readonly string[])[];
}

/**
 * Whether a client may belong to its owner as it is: the owner exists, works, and has its scopes and its domain; a member
 * names no domain that is not its own.
 * @throws KeywrightError `not-found`, `refused`
 */
export async function requireOwnable(
  { keyStore, actor }: Pick<Management, 'keyStore' | 'actor'>,
  { owner, domain, scopes }: Ownership,
): Promise<void> {
  if (owner === null) {
    if (actor.kind === 'member') throw new KeywrightError('refused', 'a member’s clients are its own');
    return;
  }
  const user = await requireUser(keyStore, owner);
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
}
