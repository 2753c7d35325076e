import type { Client } from '../model/client.js';
import { parseClientId } from '../model/client-id.js';
import type { ConnectionList, OpenConnection } from '../ports/connection-list.js';
import { type Actor, isTheirs } from './actor.js';
import { MAX_PAGE, parseLimit } from './lists.js';

interface Connected {
  readonly actor: Actor;
  readonly connections: ConnectionList;
  /** Finds a client as it is now: it may have got another owner since it was let in. */
  readonly clientById: (id: string) => Client | undefined;
}

/**
 * Lists the open connections that the actor may see, the newest first.
 * @throws KeywrightError `invalid-input`
 */
export function listConnections(
  { connections, ...seen }: Connected,
  { client, limit = MAX_PAGE }: { readonly client?: string | undefined; readonly limit?: number | string },
): OpenConnection[] {
  const most = parseLimit(limit);
  const found: OpenConnection[] = [];
  for (const each of connections.open(client === undefined ? undefined : parseClientId(client))) {
    if (found.length === most) break;
    if (isTheirConnection(seen, each)) found.push(each);
  }
  return found;
}

/** Tells if the actor may see a connection: of one of its clients, or its own. */
function isTheirConnection(
  { actor, clientById }: Omit<Connected, 'connections'>,
  { principal }: OpenConnection,
): boolean {
  if (actor.kind !== 'member') return true;
  if (principal.kind === 'user') return principal.id === actor.userId;
  const client = clientById(principal.id);
  return client !== undefined && isTheirs(actor, client);
}
