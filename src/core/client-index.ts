import { type Client, liveClient } from './client.js';
import { KeywrightError } from './errors.js';
import type { Change, KeyStore, Subscription } from './ports.js';
import { ProofMemory } from './proof-memory.js';
import type { Registry } from './prove.js';

/** A client that changed. */
export interface ClientChange {
  readonly id: string;
  /** Whether the id is nobody's now, or somebody else's: deleted, or deleted and made anew. */
  readonly isAnother: boolean;
}

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
  readonly #listeners = new Set<(changes: readonly ClientChange[]) => void>();
  readonly #unannounced: ClientChange[] = [];
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

  /** Calls back with the clients that changed, after the index holds them. */
  onChange(listener: (changes: readonly ClientChange[]) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    this.#subscription?.stop();
  }

  #apply(changes: readonly Change<Client>[]): void {
    const announced: ClientChange[] = [];
    for (const { id, record } of changes) {
      const client = liveClient(record);
      const before = this.#clients.get(id);
      announced.push({ id, isAnother: before !== undefined && before.createdAt !== client?.createdAt });
      for (const keyHash of keyHashes(before)) this.#clientIdsByKeyHash.delete(keyHash);
      for (const keyHash of keyHashes(client)) this.#clientIdsByKeyHash.set(keyHash, id);
      if (client === undefined) this.#clients.delete(id);
      else this.#clients.set(id, client);
    }
    this.#announce(announced);
  }

  // Who is told of a change will look it up: while nothing can be looked up, it waits.
  #announce(changes: readonly ClientChange[]): void {
    for (const change of changes) this.#unannounced.push(change);
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
