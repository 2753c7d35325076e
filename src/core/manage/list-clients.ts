import { type Certificate, type HeldCertificate, isHeld } from '../model/certificate.js';
import { apiKeysOf, type Client } from '../model/client.js';
import type { KeywrightError } from '../model/errors.js';
import { isTheirs } from './actor.js';
import { CLIENT_STATES, type ClientWithCertificates, clientStanding } from './client-state.js';
import { allLastUses, latestUse, NO_USES } from './last-uses.js';
import type { SortKey } from './list-sort.js';
import {
  isListed,
  isNarrowed,
  type ListRequest,
  type Page,
  pageOf,
  pageQuery,
  parseListRequest,
  type Reading,
} from './lists.js';
import { type Looking, momentOf } from './management.js';
import { readOwners } from './owners.js';

/**
 * Lists the clients that the actor may see, in the order of their ids unless another one is asked for.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listClients(
  services: Looking,
  request: ListRequest = {},
  { isCounted = false, unreadable }: Reading = {},
): Promise<Page<ClientWithCertificates>> {
  const { keyStore, actor } = services;
  const query = await parseListRequest(services, request, {
    ...{ states: CLIENT_STATES, sorts: ['id', 'createdAt', 'expiresAt', 'lastUsedAt'] },
  });
  const moment = momentOf(services);
  const owners = await readOwners(keyStore, unreadable);
  const uses = query.sort?.by === 'lastUsedAt' ? await allLastUses(keyStore) : NO_USES;
  const withAll = (client: Client, certificates: readonly Certificate[]): ClientWithCertificates => ({
    ...{ client, certificates: certificates.filter(isHeld), owner: owners.of(client.owner) },
  });
  // Most lists ask for none of that, which takes long to find out for many clients.
  const needsStanding = query.states !== undefined || query.endingBy !== undefined;
  const isAskedFor = (client: Client, certificatesOf: () => readonly Certificate[]) => {
    const names = query.search === undefined ? [] : [client.id, ...apiKeysOf(client).map(({ hint }) => hint)];
    const standing = needsStanding ? clientStanding(withAll(client, certificatesOf()), moment) : undefined;
    const { owner, label } = client;
    // A copy of the whole client for each of a great many takes most of the time.
    return isListed(query, { owner, label, names, state: standing?.state, expiresAt: standing?.expiresAt });
  };
  const rankOf = (by: SortKey, held: ClientWithCertificates): number => {
    if (by === 'createdAt') return held.client.createdAt;
    return by === 'expiresAt' ? clientStanding(held, moment).expiresAt : (latestUse(held, uses)?.at ?? 0);
  };
  let total = 0;
  let certificatesOfLast: () => readonly Certificate[] = () => [];
  // A list of all has all certificates: reading them again takes as long as the list.
  const certificatesOfAll = query.limit === undefined ? new Map<string, readonly Certificate[]>() : undefined;
  // The number of all counts what cannot be read, too.
  const hasTotal = !isNarrowed(query) && unreadable === undefined;
  const read = await keyStore.clients.page({
    ...pageQuery<Client>(query, (by) => (client) => rankOf(by, withAll(client, certificatesOfLast()))),
    ...{ owner: query.owner, isWhole: isCounted && !hasTotal, unreadable },
    where(client, certificatesOf) {
      if (!isTheirs(actor, client) || !owners.isKnown(client.owner)) return false;
      if (!isAskedFor(client, certificatesOf)) return false;
      certificatesOfLast = certificatesOf;
      certificatesOfAll?.set(client.id, certificatesOf());
      total += 1;
      return true;
    },
  });
  const lost = new Set<string>();
  const lose =
    unreadable &&
    ((error: KeywrightError, ids: readonly string[]) => {
      for (const id of ids) lost.add(id);
      unreadable(error);
    });
  const ids = read.map(({ id }) => id);
  const certificates = certificatesOfAll ?? byClient(await keyStore.certificates.ofClients(ids, lose));
  const { items, next } = pageOf(
    read.map((client) => withAll(client, certificates.get(client.id) ?? [])),
    query,
    (held, by) => ({ value: by === 'id' ? 0 : rankOf(by, held), id: held.client.id }),
  );
  const page = { items: items.filter(({ client }) => !lost.has(client.id)), next };
  if (!isCounted) return page;
  return { ...page, total: hasTotal ? await keyStore.clients.count() : total };
}

function byClient(certificates: readonly Certificate[]): ReadonlyMap<string, readonly Certificate[]> {
  const found = new Map<string, HeldCertificate[]>();
  for (const each of certificates.filter(isHeld)) {
    const ofClient = found.get(each.holder.id) ?? [];
    ofClient.push(each);
    found.set(each.holder.id, ofClient);
  }
  return found;
}
