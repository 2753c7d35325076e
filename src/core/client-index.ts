import { type Client, liveClient } from './client.js';
import { KeywrightError } from './errors.js';
import type { Change, KeyStore, Subscription } from './ports.js';
import { ProofMemory } from './proof-memory.js';
import type { Registry } from './verify.js';

/**
 * All live clients in memory, kept as the keystore stands. While the keystore cannot be followed it answers nothing:
 * a client that was revoked meanwhile must not get in.
 */
export class ClientIndex implements Registry {
  readonly proofs = new ProofMemory();
  readonly #clients = new Map<string, Client>();
  readonly #listeners = new Set<(ids: readonly string[]) => void>();
  readonly #unannounced: string[] = [];
  #subscription: Subscription | undefined;
  #failure: unknown;

  static async follow(store: KeyStore, onFailure: (error: unknown) => void): Promise<ClientIndex> {
    const index = new ClientIndex();
    index.#subscription = await store.clients.watch({
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
