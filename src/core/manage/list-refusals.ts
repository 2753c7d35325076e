import type { Client } from '../model/client.js';
import { parseClientId } from '../model/client-id.js';
import type { Activity, KeptRefusal } from '../ports/activity.js';
import { type Actor, isTheirs } from './actor.js';
import { MAX_PAGE, parseLimit } from './lists.js';

interface Watched {
  readonly actor: Actor;
  readonly activity: Pick<Activity, 'refusals'>;
  readonly clientById: (id: string) => Client | undefined;
}

/**
 * Lists the refusals that were kept and that the actor may see, the newest first.
 * @throws KeywrightError `invalid-input`
 */
export function listRefusals(
  { activity, ...seen }: Watched,
  { client, limit = MAX_PAGE }: { readonly client?: string | undefined; readonly limit?: number | string },
): KeptRefusal[] {
  const most = parseLimit(limit);
  const id = client === undefined ? undefined : parseClientId(client);
  return activity
    .refusals()
    .filter((each) => (id === undefined || each.client === id) && isTheirRefusal(seen, each))
    .slice(0, most);
}

/** Tells if the actor may see a refusal: a member those of its clients. */
function isTheirRefusal(
  { actor, clientById }: Omit<Watched, 'activity'>,
  { client: id }: KeptRefusal,
): boolean {
  if (actor.kind !== 'member') return true;
  const client = id === null ? undefined : clientById(id);
  return client !== undefined && isTheirs(actor, client);
}
