import { KeywrightError } from '../model/errors.js';
import { parseUserName } from '../model/user.js';
import { sessionOf } from './actor.js';
import { listSessions } from './list-sessions.js';
import type { Managing } from './management.js';
import { revokeSession } from './sessions.js';

/**
 * Ends all sessions of a user, the actor by default, but for the one by which the actor acts.
 * @returns how many ended
 * @throws KeywrightError `invalid-input` if the actor is no user and names none; `not-found`
 */
export async function endSessions(services: Managing, owner: string | undefined): Promise<number> {
  const { actor } = services;
  const self = actor.kind === 'operator' ? null : actor.userId;
  const userId = owner === undefined ? self : parseUserName(owner);
  if (userId === null) throw new KeywrightError('invalid-input', 'say whose sessions are to end: owner');
  const { items } = await listSessions(services, { owner: userId });
  const others = items.filter(({ id }) => id !== sessionOf(actor));
  for (const { id } of others) await revokeSession(services, id);
  return others.length;
}
