import { setImmediate } from 'node:timers/promises';
import { inPieces } from '../core/manage/in-pieces.js';
import type { Certificate } from '../core/model/certificate.js';
import { liveClient } from '../core/model/client.js';
import type { ClientQuery, KeyStore, PageQuery, RecordTypes } from '../core/ports/key-store.js';
import { PagePicker } from '../core/ports/page-picker.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import { SortedIds } from './sorted-ids.js';

/** The key store, of which lists come out of memory: a page of a great many clients takes no reading of all their files. */
export function listedInMemory(keyStore: KeyStore, registry: LiveRegistry): KeyStore {
  const { certificates, sessions, withdrawnTokens, signingKeys, provisioningKeys, uses } = keyStore;
  const clients = new PagesOf(registry, 'client');
  const users = new PagesOf(registry, 'user');
  return {
    ...{ sessions, withdrawnTokens, signingKeys, provisioningKeys, uses },
    clients: {
      get: keyStore.clients.get,
      ofIds: keyStore.clients.ofIds,
      inParts: keyStore.clients.inParts,
      partOf: keyStore.clients.partOf,
      byKeyHash: keyStore.clients.byKeyHash,
      async count() {
        registry.requireReadable('client');
        return registry.size;
      },
      page: ({ owner, where, ...query }: ClientQuery = {}) =>
        clients.page(query, (client) => {
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
      page: (query = {}) => users.page(query, (user) => query.where?.(user) ?? true),
    },
    keepsSecrets: () => keyStore.keepsSecrets(),
    watch: (watcher) => keyStore.watch(watcher),
  };
}

function certificatesOf(registry: LiveRegistry, clientId: string): readonly Certificate[] {
  const { held, withdrawn } = registry.certificatesOf(clientId);
  return withdrawn.length === 0 ? held : [...held, ...withdrawn];
}

/** The records of a kind, of which pages are picked. Their order is found out when a page first goes by it. */
class PagesOf<Kind extends 'client' | 'user'> {
  readonly #registry: LiveRegistry;
  readonly #kind: Kind;
  #inOrder: Promise<SortedIds> | undefined;

  constructor(registry: LiveRegistry, kind: Kind) {
    this.#registry = registry;
    this.#kind = kind;
  }

  async page(
    query: Omit<PageQuery<RecordTypes[Kind]>, 'where'>,
    isWanted: (record: RecordTypes[Kind]) => boolean,
  ): Promise<RecordTypes[Kind][]> {
    // What cannot be read now may have changed.
    this.#registry.requireReadable(this.#kind);
    if (query.order === undefined && query.isWhole !== true) return this.#walk(query, isWanted);
    const picker = new PagePicker<RecordTypes[Kind]>(query);
    const pause = inPieces(() => setImmediate());
    for (const record of this.#registry.all(this.#kind)) {
      const paused = pause();
      if (paused !== undefined) await paused;
      if (isWanted(record)) picker.offer(record);
    }
    return picker.page();
  }

  /** Goes from record to record in the order of their ids, no further than the page. */
  async #walk(
    { after = '', limit = Number.POSITIVE_INFINITY }: Omit<PageQuery<RecordTypes[Kind]>, 'where'>,
    isWanted: (record: RecordTypes[Kind]) => boolean,
  ): Promise<RecordTypes[Kind][]> {
    this.#inOrder ??= this.#putInOrder();
    const inOrder = await this.#inOrder;
    const pause = inPieces(() => setImmediate());
    const found: RecordTypes[Kind][] = [];
    for (let ids = inOrder.after(after); ids.length > 0; ids = inOrder.after(ids.at(-1) ?? ''))
      for (const id of ids) {
        if (found.length >= limit) return found;
        const paused = pause();
        if (paused !== undefined) await paused;
        const record = this.#registry.recordById(this.#kind, id);
        if (record !== undefined && isWanted(record)) found.push(record);
      }
    return found;
  }

  async #putInOrder(): Promise<SortedIds> {
    const ids = new SortedIds();
    this.#registry.onChange((changes) => {
      for (const { kind, id, after } of changes)
        if (kind === this.#kind) {
          if (after === undefined) ids.delete(id);
          else ids.add(id);
        }
    });
    const pause = inPieces(() => setImmediate());
    for (const { id } of this.#registry.all(this.#kind)) {
      const paused = pause();
      if (paused !== undefined) await paused;
      ids.add(id);
    }
    return ids;
  }
}
