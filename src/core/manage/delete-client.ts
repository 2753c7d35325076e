import { type Client, deletedClient } from '../model/client.js';
import type { Timestamp } from '../model/time.js';
import type { Records } from '../ports/unit-of-work.js';
import { withdrawAll } from './certificates.js';
import { requireTheirs } from './clients.js';
import type { Managing } from './management.js';

/** Deletes a client. Its credentials stop working. @throws KeywrightError `not-found` */
export async function deleteClient({ changes, clock, actor }: Managing, clientId: string): Promise<void> {
  await changes.change({ action: 'key.del', target: clientId }, async (records) => {
    const client = requireTheirs(await records.get('client', clientId), { clientId, actor });
    await removeClient(records, client, clock.now());
  });
}

/** Removes a client and withdraws its certificates, as part of a change. */
export async function removeClient(records: Records, client: Client, now: Timestamp): Promise<void> {
  await withdrawAll(records, { kind: 'client', id: client.id }, { at: now, reason: 'deleted' });
  records.put('client', deletedClient(client, now));
}
