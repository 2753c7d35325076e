import { setImmediate } from 'node:timers/promises';
import { inPieces } from '../core/manage/in-pieces.js';
import type { Certificate } from '../core/model/certificate.js';
import { liveClient } from '../core/model/client.js';
import type { ClientQuery, KeyStore, PageQuery, RecordTypes } from '../core/ports/key-store.js';
import { PagePicker } from '../core/ports/page-picker.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';

/** The key store, of which lists come out of memory: a page of a great many clients takes no reading of all their files. */
export function listedInMemory(keyStore: KeyStore, registry: LiveRegistry): KeyStore {
  const { certificates, sessions, withdrawnTokens, signingKeys, provisioningKeys, uses } = keyStore;
  return {
    ...{ sessions, withdrawnTokens, signingKeys, provisioningKeys, uses },
    clients: {
      get: keyStore.clients.get,
      byKeyHash: keyStore.clients.byKeyHash,
      async count() {
        registry.requireReadable('client');
        return registry.size;
      },
      page: ({ owner, where, ...query }: ClientQuery = {}) =>
        page(registry, 'client', query, (client) => {
          if (liveClient(client) === undefined || (owner !== undefined && client.owner !== owner))
            return false;
          return where?.(client, () => certificatesOf(registry, client.id)) ?? true;
        }),
    },
    certificates: {
      ...certificates,
      async ofClients(ids) {
        registry.requireReadable('certificate');
        return ids.flatMap((id) => certificatesOf(registry, id));
      },
    },
    users: {
      get: keyStore.users.get,
      page: (query = {}) => page(registry, 'user', query, (user) => query.where?.(user) ?? true),
    },
    keepsSecrets: () => keyStore.keepsSecrets(),
    watch: (watcher) => keyStore.watch(watcher),
  };
}

function certificatesOf(registry: LiveRegistry, clientId: string): readonly Certificate[] {
  const { held, withdrawn } = registry.certificatesOf(clientId);
  return withdrawn.length === 0 ? held : [...held, ...withdrawn];
}

async function page<Kind extends 'client' | 'user'>(
  registry: LiveRegistry,
  kind: Kind,
  query: Omit<PageQuery<RecordTypes[Kind]>, 'where'>,
  isWanted: (record: RecordTypes[Kind]) => boolean,
): Promise<RecordTypes[Kind][]> {
  // What cannot be read now may have changed.
  registry.requireReadable(kind);
  const picker = new PagePicker<RecordTypes[Kind]>(query);
  const mayPass = query.order === undefined && query.isWhole !== true;
  const pause = inPieces(() => setImmediate());
  for (const record of registry.all(kind)) {
    const paused = pause();
    if (paused !== undefined) await paused;
    if (mayPass && (record.id <= (query.after ?? '') || record.id > (picker.lastId ?? '\uffff'))) continue;
    if (isWanted(record)) picker.offer(record);
  }
  return picker.page();
}
