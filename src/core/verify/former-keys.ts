import type { Client } from '../model/client.js';
import type { FormerKeyOf } from './registry.js';

/** The deleted API keys of all clients, by their keyed hash. */
export class FormerKeys {
  readonly #byHash = new Map<string, FormerKeyOf>();

  of(keyHash: string): FormerKeyOf | undefined {
    return this.#byHash.get(keyHash);
  }

  apply(before: Client | undefined, after: Client | undefined): void {
    for (const { hash } of before?.formerKeys ?? []) this.#byHash.delete(hash);
    for (const key of after?.formerKeys ?? []) this.#byHash.set(key.hash, { clientId: after?.id ?? '', key });
  }
}
