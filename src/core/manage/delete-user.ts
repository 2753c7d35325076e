import { type Client, liveClient } from '../model/client.js';
import { counted } from '../model/counted.js';
import { KeywrightError } from '../model/errors.js';
import { changedAt } from '../model/terms.js';
import type { KeyStore } from '../ports/key-store.js';
import { requireAdmin, requireGrantable } from './actor.js';
import { removeClient } from './delete-client.js';
import type { Managing } from './management.js';
import { requireUser, throwNoSuchUser } from './users.js';

/** The fate of a deleted user's clients. */
export type ClientsOfDeleted = 'none' | 'delete' | { readonly giveTo: string };

/**
 * Deletes a user. It disables the user first, which stops everything at once: an interruption leaves a disabled user,
 * never a working client without its owner.
 * @throws KeywrightError `not-found`; `refused` if the user has clients and `clients` is `none`
 */
export async function deleteUser(services: Managing, id: string, clients: ClientsOfDeleted): Promise<void> {
  const { keyStore, changes, clock, actor } = services;
  requireAdmin(actor);
  const owned = await checkDeletion(keyStore, id, clients);
  await changes.change({ action: 'user.del', target: id }, async (records) => {
    const user = (await records.get('user', id)) ?? throwNoSuchUser(id);
    requireGrantable(actor, user.scopes);
    records.put('user', { ...user, disabledAt: user.disabledAt ?? clock.now() });
  });
  // A disabled user gets no more clients, so the loop ends. It also finds clients that were registered just before.
  for (let left = owned; left.length > 0; left = await keyStore.clients.page({ owner: id })) {
    for (const client of left) await part(services, client.id, { from: id, clients });
  }
  const keys = (await keyStore.provisioningKeys.page()).filter(({ owner }) => owner === id);
  await changes.change(null, async (records) => {
    for (const key of keys) records.delete('provisioning-key', key.id);
    records.delete('user', id);
  });
}

/**
 * Checks that the fate of a user's clients can be theirs.
 * @returns the user's clients
 * @throws KeywrightError `not-found`; `refused` if the user has clients and `clients` is `none`
 */
export async function checkDeletion(
  keyStore: KeyStore,
  id: string,
  clients: ClientsOfDeleted,
): Promise<readonly Client[]> {
  await requireUser(keyStore, id);
  if (typeof clients === 'object') {
    if (clients.giveTo === id)
      throw new KeywrightError('invalid-input', `user ${id} cannot inherit from itself`);
    await requireUser(keyStore, clients.giveTo);
  }
  const owned = await keyStore.clients.page({ owner: id });
  if (owned.length > 0 && clients === 'none') {
    throw new KeywrightError(
      'refused',
      `user ${id} has ${counted(owned.length, 'client')}: ${names(owned)}`,
      {
        hint: 'say what becomes of them: --with-clients deletes them, --give-to USER hands them on',
      },
    );
  }
  return owned;
}

/** Deletes a client or gives it away, if the owner is still the same. */
async function part(
  { changes, clock }: Managing,
  clientId: string,
  { from, clients }: { readonly from: string; readonly clients: ClientsOfDeleted },
): Promise<void> {
  await changes.change(null, async (records) => {
    const client = liveClient(await records.get('client', clientId));
    if (client?.owner !== from) return;
    const now = clock.now();
    if (typeof clients === 'object') {
      const owner = (await records.get('user', clients.giveTo)) ?? throwNoSuchUser(clients.giveTo);
      const updatedAt = changedAt(client, { now, owner });
      records.put('client', { ...client, owner: owner.id, updatedAt });
    } else {
      await removeClient(records, client, now);
    }
  });
}

function names(clients: readonly Client[]): string {
  const shown = clients.slice(0, 5).map(({ id }) => id);
  return [...shown, ...(clients.length > shown.length ? ['…'] : [])].join(', ');
}
