import { type HeldCertificate, isHeld } from '../model/certificate.js';
import { type Client, liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { ClientQuery, KeyStore } from '../ports/key-store.js';
import { type Actor, isTheirs } from './actor.js';
import { type ClientState, type ClientWithCertificates, clientStanding } from './client-state.js';
import type { Management } from './management.js';

/** Fetches a client. @throws KeywrightError `not-found` */
export async function requireClient(keyStore: KeyStore, clientId: string): Promise<Client> {
  const client = liveClient(await keyStore.clients.get(clientId));
  if (client === undefined) throw noSuchClient(clientId);
  return client;
}

/** Returns the client if it exists and the actor may see it. @throws KeywrightError `not-found` */
export function requireTheirs(
  current: Client | undefined,
  { clientId, actor }: { readonly clientId: string; readonly actor: Actor },
): Client {
  const client = liveClient(current);
  if (client && isTheirs(actor, client)) return client;
  throw noSuchClient(clientId);
}

/** Fetches a client's certificates and its owner. */
export async function withCertificates(keyStore: KeyStore, client: Client): Promise<ClientWithCertificates> {
  const certificates = (await keyStore.certificates.ofClients([client.id])).filter(isHeld);
  const owner = client.owner === null ? undefined : await keyStore.users.get(client.owner);
  return { client, certificates, owner };
}

/** A filter for clients by their credentials. */
export interface ClientFilter extends ClientQuery {
  readonly state?: ClientState | undefined;
  /** Passes clients whose earliest end is this time or before. */
  readonly endingBy?: Timestamp | undefined;
}

/** Lists the clients that the actor may see, in the order of their ids. */
export async function listClients(
  { keyStore, clock, actor }: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  { state, endingBy = Number.POSITIVE_INFINITY, ...query }: ClientFilter = {},
): Promise<ClientWithCertificates[]> {
  const owner = actor.kind === 'member' ? actor.userId : query.owner;
  const clients = (await keyStore.clients.page({ ...query, owner })).filter((each) => isTheirs(actor, each));
  const certificates = await keyStore.certificates.ofClients(clients.map(({ id }) => id));
  const byClient = new Map<string, HeldCertificate[]>();
  for (const each of certificates.filter(isHeld))
    byClient.set(each.holder.id, [...(byClient.get(each.holder.id) ?? []), each]);
  const owners = await ownersOf(clients, keyStore);
  const now = clock.now();
  return clients
    .map((client) => ({
      client,
      certificates: byClient.get(client.id) ?? [],
      owner: owners.get(client.owner ?? ''),
    }))
    .filter((each) => {
      const standing = clientStanding(each, now);
      return (state === undefined || standing.state === state) && standing.expiresAt <= endingBy;
    });
}

/** Fetches the owners of clients, by their ids. */
async function ownersOf(
  clients: readonly Client[],
  { users }: Pick<KeyStore, 'users'>,
): Promise<ReadonlyMap<string, User>> {
  const ids = [...new Set(clients.flatMap(({ owner }) => owner ?? []))];
  const found = await Promise.all(ids.map((id) => users.get(id)));
  return new Map(found.flatMap((user) => (user === undefined ? [] : [[user.id, user]])));
}

/** Makes the error for a client that changed between its check and its change. */
export function changedMeanwhile(clientId: string): KeywrightError {
  return new KeywrightError('store-busy', `client ${clientId} was changed by another command meanwhile`, {
    hint: 'nothing was replaced; try again',
  });
}

/** Makes the error for a client that does not exist, or that the caller may not see. */
export function noSuchClient(clientId: string): KeywrightError {
  return new KeywrightError('not-found', `there is no client ${clientId}`, {
    hint: `list the clients with: keywright key list; make one with: keywright key gen ${clientId}`,
  });
}
