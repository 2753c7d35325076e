import { type Certificate, isHeld } from '../model/certificate.js';
import { apiKeysOf, type Client, liveClient } from '../model/client.js';
import type { Session } from '../model/session.js';
import type { User } from '../model/user.js';
import type { WithdrawnToken } from '../model/withdrawn-token.js';
import type { Collection, KeyStore } from '../ports/key-store.js';
import type { Facts } from './facts.js';
import type { ClientCertificates, FormerKeyOf, Registry, WantedRecords } from './registry.js';

export interface StoredRegistryOptions {
  readonly keyStore: KeyStore;
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly clockToleranceMs: number;
}

/** The records of one presentation, read from the key store: for a program that decides once and ends. */
export class StoredRegistry implements Registry {
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly clockToleranceMs: number;
  readonly #keyStore: KeyStore;
  readonly #clients = new Map<string, Client>();
  readonly #users = new Map<string, User>();
  readonly #sessions = new Map<string, Session>();
  readonly #withdrawnTokens = new Map<string, WithdrawnToken>();
  #certificates: readonly Certificate[] = [];

  constructor({ keyStore, hashSecret, facts, clockToleranceMs }: StoredRegistryOptions) {
    this.#keyStore = keyStore;
    this.hashSecret = hashSecret;
    this.facts = facts;
    this.clockToleranceMs = clockToleranceMs;
  }

  /** @throws KeywrightError if the key store cannot be read */
  readonly fetch = async (wanted: WantedRecords) => {
    const { clients = [], apiKey, users = [], sessions = [], withdrawnTokens = [] } = wanted;
    const stored = this.#keyStore;
    await read(stored.clients, clients, this.#clients);
    // Nothing in a key says whose it is.
    const holder = apiKey && (await this.#holderOf(this.facts.keyHash(apiKey, this)));
    if (holder) this.#clients.set(holder.id, holder);
    this.#certificates = await stored.certificates.ofClients([...this.#clients.keys()]);
    const owners = [...this.#clients.values()].map(({ owner }) => owner ?? '');
    await read(stored.users, [...users, ...owners], this.#users);
    await read(stored.sessions, sessions, this.#sessions);
    await read(stored.withdrawnTokens, withdrawnTokens, this.#withdrawnTokens);
  };

  clientById(id: string): Client | undefined {
    return liveClient(this.#clients.get(id));
  }

  deletedClientById(id: string): Client | undefined {
    return this.clientById(id) === undefined ? this.#clients.get(id) : undefined;
  }

  clientIdByKeyHash(keyHash: string): string | undefined {
    for (const client of this.#clients.values()) {
      const isHolder = apiKeysOf(client).some(({ hash }) => hash === keyHash);
      if (isHolder && liveClient(client) !== undefined) return client.id;
    }
    return undefined;
  }

  formerKeyByHash(keyHash: string): FormerKeyOf | undefined {
    for (const { id: clientId, formerKeys = [] } of this.#clients.values()) {
      const key = formerKeys.find(({ hash }) => hash === keyHash);
      if (key !== undefined) return { clientId, key };
    }
    return undefined;
  }

  certificatesOf(clientId: string): ClientCertificates {
    const all = this.#certificates.filter(({ holder }) => holder.kind === 'client' && holder.id === clientId);
    return { held: all.filter(isHeld), withdrawn: all.filter((each) => !isHeld(each)) };
  }

  /** Always: whoever asks about a password has named its client. */
  hasPasswordsAlone(): boolean {
    return true;
  }

  userById(id: string): User | undefined {
    return this.#users.get(id);
  }

  sessionById(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  withdrawnTokenById(id: string): WithdrawnToken | undefined {
    return this.#withdrawnTokens.get(id);
  }

  /** They were read when the registry was opened. */
  requireSigningKeys(): void {}

  async #holderOf(keyHash: string | undefined): Promise<Client | undefined> {
    return keyHash === undefined ? undefined : this.#keyStore.clients.byKeyHash(keyHash);
  }
}

async function read<T>(
  collection: Pick<Collection<T>, 'get'>,
  ids: readonly string[],
  into: Map<string, T>,
): Promise<void> {
  const wanted = [...new Set(ids)].filter((id) => id !== '' && !into.has(id));
  await Promise.all(
    wanted.map(async (id) => {
      const record = await collection.get(id);
      if (record !== undefined) into.set(id, record);
    }),
  );
}
