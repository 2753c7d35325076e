import type { Certificate } from '../../core/model/certificate.js';
import { type Client, liveClient } from '../../core/model/client.js';
import type { KeywrightError } from '../../core/model/errors.js';
import type { Certificates, ClientsPart } from '../../core/ports/key-store.js';
import { leavingOut, type StoreFiles } from './files.js';
import { KINDS, type Place, shardName } from './kinds.js';

/** Reads the certificates of some clients, withdrawn ones included. */
export async function certificatesOf(
  files: StoreFiles,
  clientIds: readonly string[],
  unreadable?: Parameters<Certificates['ofClients']>[1],
): Promise<Certificate[]> {
  const wanted = new Set(clientIds);
  const found: Certificate[] = [];
  for (const [place, ids] of byPlace(clientIds)) {
    const lost = (error: KeywrightError) => unreadable?.(error, ids);
    await leavingOut(unreadable && lost, async () => {
      const all = (await files.read(place)).all('certificate');
      found.push(...all.filter(({ holder }) => holder.kind === 'client' && wanted.has(holder.id)));
    });
  }
  return found;
}

/** Reads those of some clients that there are, deleted ones included. */
export async function clientsOf(files: StoreFiles, clientIds: readonly string[]): Promise<Client[]> {
  const found: Client[] = [];
  for (const [place, ids] of byPlace(clientIds)) {
    const shard = await files.read(place);
    found.push(...ids.flatMap((id) => shard.get('client', id) ?? []));
  }
  return found;
}

/** Reads all live clients, file by file. */
export async function* clientParts(files: StoreFiles): AsyncGenerator<ClientsPart, void> {
  for await (const shard of files.shards('client')) {
    const certificates = shard.certificatesByClient();
    const clients = shard.all('client').filter((client) => liveClient(client) !== undefined);
    yield { clients, certificatesOf: (id) => certificates.get(id) ?? [] };
  }
}

/** Finds the client that has a key by this hash; else the one, perhaps deleted, that had it. */
export async function clientByKeyHash(files: StoreFiles, hash: string): Promise<Client | undefined> {
  const hasKey = ({ credentials }: Client) =>
    credentials.some((credential) => credential.kind === 'api-key' && credential.hash === hash);
  const hadKey = ({ formerKeys = [] }: Client) => formerKeys.some((former) => former.hash === hash);
  let unreadable: unknown;
  let former: Client | undefined;
  for (const place of await files.placesIn(KINDS.client.directory)) {
    try {
      const all = (await files.read(place)).all('client');
      const found = all.find((client) => liveClient(client) !== undefined && hasKey(client));
      if (found !== undefined) return found;
      former ??= all.find(hadKey);
    } catch (error) {
      unreadable ??= error;
    }
  }
  // The key may be one of those in a damaged file.
  if (unreadable !== undefined) throw unreadable;
  return former;
}

/** Sorts clients, by their ids, into the files that they are in. */
function byPlace(clientIds: readonly string[]): Map<Place, string[]> {
  const byName = new Map<string, string[]>();
  for (const id of clientIds) {
    const name = shardName(id);
    const ids = byName.get(name);
    if (ids === undefined) byName.set(name, [id]);
    else ids.push(id);
  }
  const { directory } = KINDS.client;
  return new Map([...byName].map(([name, ids]) => [{ directory, name }, ids]));
}
