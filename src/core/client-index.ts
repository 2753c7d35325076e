import { type Client, liveClient } from './client.js';
import { KeywrightError } from './errors.js';
import type { Change, KeyStore, Subscription } from './ports.js';
import { ProofMemory } from './proof-memory.js';
import type { Registry } from './prove.js';

export interface IndexOptions {
  readonly keyStore: KeyStore;
  /** The keyed hash by which secrets are kept. */
  readonly hashSecret: (secret: string) => string;
  readonly onFailure: (error: unknown) => void;
}

/**
 * All live clients in memory, kept as the keystore stands. While the keystore cannot be followed it answers nothing:
 * a client that was revoked meanwhile must not get in.
 */
export class ClientIndex implements Registry {
  readonly proofs = new ProofMemory();
  readonly hashSecret: (secret: string) => string;
  readonly #clientIdsByKeyHash = new Map<string, string>();
  readonly #clients = new Map<string, Client>();
  readonly #listeners = new Set<(ids: readonly string[]) => void>();
  readonly #unannounced: string[] = [];
  #subscription: Subscription | undefined;
  #failure: unknown;

  private constructor(hashSecret: (secret: string) => string) {
    this.hashSecret = hashSecret;
  }

  static async follow({ keyStore, hashSecret, onFailure }: IndexOptions): Promise<ClientIndex> {
    const index = new ClientIndex(hashSecret);
    index.#subscription = await keyStore.clients.watch({
      changed: (changes) => index.#apply(changes),
      failed: (error) => {
        index.#failure ??= error;
        onFailure(error);
      },
      recovered: () => {
        index.#failure = undefined;
        index.#announce([]);
      },
    });
    return index;
  }

  get available(): boolean {
    return this.#failure === undefined;
  }

  get size(): number {
    return this.#clients.size;
  }

  clientById(id: string): Client | undefined {
    if (!this.available)
      throw new KeywrightError('io', 'the keystore cannot be followed', { cause: this.#failure });
    return this.#clients.get(id);
  }

  clientIdByKeyHash(keyHash: string): string | undefined {
    return this.#clientIdsByKeyHash.get(keyHash);
  }

  /** Calls back with the ids of clients that changed, after the index holds them. */
  onChange(listener: (ids: readonly string[]) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    this.#subscription?.stop();
  }

  #apply(changes: readonly Change<Client>[]): void {
    for (const { id, record } of changes) {
      const client = liveClient(record);
      for (const keyHash of keyHashes(this.#clients.get(id))) this.#clientIdsByKeyHash.delete(keyHash);
      for (const keyHash of keyHashes(client)) this.#clientIdsByKeyHash.set(keyHash, id);
      if (client === undefined) this.#clients.delete(id);
      else this.#clients.set(id, client);
    }
    this.#announce(changes.map((change) => change.id));
  }

  // Who is told of a change will look it up: while nothing can be looked up, it waits.
  #announce(ids: readonly string[]): void {
    for (const id of ids) this.#unannounced.push(id);
    if (!this.available) return;
    const changed = this.#unannounced.splice(0);
    if (changed.length === 0) return;
    for (const listener of this.#listeners) listener(changed);
  }
}

function keyHashes(client: Client | undefined): string[] {
  return (client?.credentials ?? []).flatMap((credential) =>
    credential.kind === 'api-key' ? [credential.hash] : [],
  );
}
