import { parseClientId } from '../model/client-id.js';
import type { Activity, KeptRefusal } from '../ports/activity.js';
import { MAX_PAGE, parseLimit } from './lists.js';
import { type Sight, seesRefusal } from './sight.js';

interface Watched extends Sight {
  readonly activity: Pick<Activity, 'refusals'>;
}

/**
 * Lists the refusals that were kept and that the actor may see, the newest first.
 * @throws KeywrightError `invalid-input`
 */
export function listRefusals(
  { activity, ...sight }: Watched,
  { client, limit = MAX_PAGE }: { readonly client?: string | undefined; readonly limit?: number | string },
): KeptRefusal[] {
  const most = parseLimit(limit);
  const id = client === undefined ? undefined : parseClientId(client);
  return activity
    .refusals()
    .filter((each) => (id === undefined || each.client === id) && seesRefusal(sight, each))
    .slice(0, most);
}
