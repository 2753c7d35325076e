import type { Credential } from '../core/model/client.js';
import type { KeyStore } from '../core/ports/key-store.js';

/** Tells whether any client, a deleted one included, holds a credential of a kind. */
export async function anyCredential(keyStore: KeyStore, wanted: Credential['kind']): Promise<boolean> {
  const clients = await keyStore.clients.list();
  return clients.some(({ credentials }) => credentials.some(({ kind }) => kind === wanted));
}
