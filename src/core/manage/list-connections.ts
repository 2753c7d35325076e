import { parseClientId } from '../model/client-id.js';
import type { ConnectionList, OpenConnection } from '../ports/connection-list.js';
import { MAX_PAGE, parseLimit } from './lists.js';
import { type Sight, seesConnection } from './sight.js';

interface Connected extends Sight {
  readonly connections: ConnectionList;
}

/**
 * Lists the open connections that the actor may see, the newest first.
 * @throws KeywrightError `invalid-input`
 */
export function listConnections(
  { connections, ...sight }: Connected,
  { client, limit = MAX_PAGE }: { readonly client?: string | undefined; readonly limit?: number | string },
): OpenConnection[] {
  const most = parseLimit(limit);
  const found: OpenConnection[] = [];
  for (const each of connections.open(client === undefined ? undefined : parseClientId(client))) {
    if (found.length === most) break;
    if (seesConnection(sight, each)) found.push(each);
  }
  return found;
}
