import {
  apiKeysOf,
  type CertificateCredential,
  type Client,
  certificatesOf,
  liveClient,
} from '../model/client.js';
import type { Session } from '../model/session.js';
import type { User } from '../model/user.js';
import type { Collection, KeyStore } from '../ports/key-store.js';
import type { Facts } from './facts.js';
import type { Registry, WantedRecords } from './registry.js';

export interface StoredRegistryOptions {
  readonly keyStore: KeyStore;
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
}

/** The records of one presentation, read from the keystore: for a program that decides once and ends. */
export class StoredRegistry implements Registry {
  readonly hashSecret: (secret: string) => string;
  readonly facts: Facts;
  readonly #keyStore: KeyStore;
  readonly #clients = new Map<string, Client>();
  readonly #users = new Map<string, User>();
  readonly #sessions = new Map<string, Session>();

  constructor({ keyStore, hashSecret, facts }: StoredRegistryOptions) {
    this.#keyStore = keyStore;
    this.hashSecret = hashSecret;
    this.facts = facts;
  }

  /** @throws KeywrightError if the keystore cannot be read */
  readonly fetch = async ({ clients = [], apiKey, users = [], sessions = [] }: WantedRecords) => {
    const { clients: stored, users: storedUsers, sessions: storedSessions } = this.#keyStore;
    // Nothing in a key says whose it is.
    if (apiKey !== undefined) for (const client of await stored.list()) this.#clients.set(client.id, client);
    await read(stored, clients, this.#clients);
    const keyHash = apiKey && this.facts.keyHash(apiKey, this);
    const holder = keyHash && this.clientIdByKeyHash(keyHash);
    const owners = [...clients, holder ?? ''].map((id) => this.#clients.get(id)?.owner ?? '');
    await read(storedUsers, [...users, ...owners], this.#users);
    await read(storedSessions, sessions, this.#sessions);
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

  certificatesOf(client: Client): readonly CertificateCredential[] {
    return certificatesOf(client);
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
