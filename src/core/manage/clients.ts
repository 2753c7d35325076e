import { isHeld } from '../model/certificate.js';
import { type Client, liveClient } from '../model/client.js';
import { KeywrightError } from '../model/errors.js';
import type { KeyStore } from '../ports/key-store.js';
import { type Actor, isTheirs } from './actor.js';
import type { ClientWithCertificates } from './client-state.js';

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
