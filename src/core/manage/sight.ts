import type { Client } from '../model/client.js';
import type { KeptRefusal } from '../ports/activity.js';
import type { OpenConnection } from '../ports/connection-list.js';
import type { Change } from '../ports/key-store.js';
import { type Actor, isTheirs } from './actor.js';

/** Who looks at what happens. */
export interface Sight {
  readonly actor: Actor;
  /** Finds a client as it is now: it may have got another owner meanwhile. */
  readonly clientById: (id: string) => Client | undefined;
}

/** Tells if the actor may see a client of that id. */
function seesClient({ actor, clientById }: Sight, id: string): boolean {
  if (actor.kind !== 'member') return true;
  const client = clientById(id);
  return client !== undefined && isTheirs(actor, client);
}

/** Tells if the actor may see a connection: of one of its clients, or its own. */
export function seesConnection(sight: Sight, { principal: { kind, id } }: OpenConnection): boolean {
  const { actor } = sight;
  if (kind === 'user') return actor.kind !== 'member' || id === actor.userId;
  return seesClient(sight, id);
}

/** Tells if the actor may see a refusal: a member those of its clients. */
export function seesRefusal(sight: Sight, { client }: KeptRefusal): boolean {
  return sight.actor.kind !== 'member' || (client !== null && seesClient(sight, client));
}

/** Tells if the actor may see that a record has changed: a member those of its own, as they are or were. */
export function seesChange(sight: Sight, { kind, id, before, after }: Change): boolean {
  const { actor } = sight;
  if (actor.kind !== 'member') return true;
  switch (kind) {
    case 'client':
      return [before, after].some((client) => client !== undefined && isTheirs(actor, client));
    case 'certificate':
      return [before, after].some(
        (each) => each?.holder.kind === 'client' && seesClient(sight, each.holder.id),
      );
    case 'user':
      return id === actor.userId;
    case 'session':
      return [before, after].some((session) => session?.userId === actor.userId);
    case 'provisioning-key':
      return [before, after].some((key) => key?.owner === actor.userId);
    case 'signing-keys':
    case 'withdrawn-token':
      return false;
  }
}
