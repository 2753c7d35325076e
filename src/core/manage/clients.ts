import { type HeldCertificate, isHeld } from '../model/certificate.js';
import { type Client, liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { ClientQuery, KeyStore } from '../ports/key-store.js';
import { type Actor, isTheirs } from './actor.js';
import type { Management } from './management.js';

/** A client with the certificates that it holds now. */
export interface ClientWithCertificates {
  readonly client: Client;
  readonly certificates: readonly HeldCertificate[];
}

/** Fetches a client. @throws KeywrightError `not-found` */
export async function requireClient(keyStore: KeyStore, clientId: string): Promise<Client> {
  const client = liveClient(await keyStore.clients.get(clientId));
  if (client === undefined) throw noSuchClient(clientId);
  return client;
}

/** Returns a client that exists and is the actor's to see. @throws KeywrightError `not-found` */
export function requireTheirs(
  current: Client | undefined,
  { clientId, actor }: { readonly clientId: string; readonly actor: Actor },
): Client {
  const client = liveClient(current);
  if (client && isTheirs(actor, client)) return client;
  throw noSuchClient(clientId);
}

/** Fetches the certificates of a client. */
export async function withCertificates(keyStore: KeyStore, client: Client): Promise<ClientWithCertificates> {
  return { client, certificates: (await keyStore.certificates.ofClients([client.id])).filter(isHeld) };
}

/** Lists the clients that are the actor's to see, in the order of their ids. */
export async function listClients(
  { keyStore, actor }: Pick<Management, 'keyStore' | 'actor'>,
  query: ClientQuery = {},
): Promise<ClientWithCertificates[]> {
  const owner = actor.kind === 'member' ? actor.userId : query.owner;
  const clients = (await keyStore.clients.page({ ...query, owner })).filter((each) => isTheirs(actor, each));
  const certificates = await keyStore.certificates.ofClients(clients.map(({ id }) => id));
  const byClient = new Map<string, HeldCertificate[]>();
  for (const each of certificates.filter(isHeld))
    byClient.set(each.holder.id, [...(byClient.get(each.holder.id) ?? []), each]);
  return clients.map((client) => ({ client, certificates: byClient.get(client.id) ?? [] }));
}

/** Says that somebody else changed a client between its being checked and its being changed. */
export function changedMeanwhile(clientId: string): KeywrightError {
  return new KeywrightError('store-busy', `client ${clientId} was changed by another command meanwhile`, {
    hint: 'nothing was replaced; try again',
  });
}

/** Says that a client does not exist, or is not for the caller to see. */
export function noSuchClient(clientId: string): KeywrightError {
  return new KeywrightError('not-found', `there is no client ${clientId}`, {
    hint: 'list the clients with: keywright key list',
  });
}
