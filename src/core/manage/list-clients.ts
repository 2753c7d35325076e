import { type Certificate, type HeldCertificate, isHeld } from '../model/certificate.js';
import type { Client } from '../model/client.js';
import type { User } from '../model/user.js';
import { isTheirs } from './actor.js';
import { CLIENT_STATES, type ClientWithCertificates, clientStanding } from './client-state.js';
import { isListed, type ListRequest, oneMore, type Page, pageOf, parseListRequest } from './lists.js';
import { type Looking, momentOf } from './management.js';

/**
 * Lists the clients that the actor may see, in the order of their ids.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listClients(
  services: Looking,
  request: ListRequest = {},
): Promise<Page<ClientWithCertificates>> {
  const { keyStore, actor } = services;
  const query = await parseListRequest(services, request, CLIENT_STATES);
  const moment = momentOf(services);
  const users = byId(await keyStore.users.page());
  const ownerOf = ({ owner }: Client) => users.get(owner ?? '');
  const isAskedFor = (client: Client, certificatesOf: () => readonly Certificate[]) => {
    // Most lists ask for none of that, which takes long to find out for many clients.
    if (query.state === undefined && query.endingBy === undefined) return isListed(query, client);
    const certificates = certificatesOf().filter(isHeld);
    const standing = clientStanding({ client, certificates, owner: ownerOf(client) }, moment);
    return isListed(query, { ...client, ...standing });
  };
  const { items, next } = pageOf(
    await keyStore.clients.page({
      ...{ owner: query.owner, after: query.after, limit: oneMore(query) },
      where: (client, certificates) => isTheirs(actor, client) && isAskedFor(client, certificates),
    }),
    query,
    ({ id }) => id,
  );
  const certificates = byClient(await keyStore.certificates.ofClients(items.map(({ id }) => id)));
  const withAll = (client: Client) => ({
    client,
    certificates: certificates.get(client.id) ?? [],
    owner: ownerOf(client),
  });
  return { items: items.map(withAll), next };
}

function byId(users: readonly User[]): ReadonlyMap<string, User> {
  return new Map(users.map((user) => [user.id, user]));
}

function byClient(certificates: readonly Certificate[]): ReadonlyMap<string, HeldCertificate[]> {
  const found = new Map<string, HeldCertificate[]>();
  for (const each of certificates.filter(isHeld)) {
    const ofClient = found.get(each.holder.id) ?? [];
    ofClient.push(each);
    found.set(each.holder.id, ofClient);
  }
  return found;
}
