import { createHash } from 'node:crypto';
import { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { Timestamp } from '../model/time.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';

const WRITE_EVERY_MS = 60_000;

export interface LastUsesOptions {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  /** Tells if a client is registered: uses of others are forgotten. */
  readonly isClient: (id: string) => boolean;
  readonly onFailure: (error: unknown) => void;
}

/**
 * Remembers which API keys are used, and writes it down: many keys share a record, and each record is written at most
 * once a minute, so that it costs the same however many there are. Kept apart from the clients, for whom nothing changes.
 */
export class LastUses {
  readonly #options: LastUsesOptions;
  readonly #noted = new Map<Principal, LastUse>();
  readonly #waiting = new Map<string, Map<string, LastUse>>();
  readonly #writtenAt = new Map<string, Timestamp>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: LastUsesOptions) {
    this.#options = options;
  }

  /** Notes that somebody got in; only API keys are remembered. */
  note(principal: Principal, from: string): void {
    if (principal.credential.kind !== 'api-key') return;
    // To the second is exact enough: what was noted is looked through as often.
    if (this.#noted.get(principal)?.from === from) return;
    this.#noted.set(principal, { at: this.#options.clock.now(), from });
  }

  /** Writes down the uses that are due. To be called every second or so. */
  writeDue(): Promise<void> {
    return this.#write(this.#options.clock.now() - WRITE_EVERY_MS);
  }

  /** Writes down all uses that were not yet. */
  writeAll(): Promise<void> {
    return this.#write(Number.POSITIVE_INFINITY);
  }

  #write(ifWrittenBefore: Timestamp): Promise<void> {
    for (const [{ id, credential }, use] of this.#noted) {
      const key = `${id}:${credential.id}`;
      const record = recordOf(key);
      this.#waiting.set(record, (this.#waiting.get(record) ?? new Map()).set(key, use));
    }
    this.#noted.clear();
    this.#writing = this.#writing.then(async () => {
      for (const [record, uses] of this.#waiting) {
        if ((this.#writtenAt.get(record) ?? 0) > ifWrittenBefore) continue;
        this.#waiting.delete(record);
        this.#writtenAt.set(record, this.#options.clock.now());
        await this.#merge(record, uses).catch(this.#options.onFailure);
      }
    });
    return this.#writing;
  }

  async #merge(record: string, uses: ReadonlyMap<string, LastUse>): Promise<void> {
    const { keyStore, isClient } = this.#options;
    await keyStore.uses.update(record, (current) => {
      const kept = Object.entries(current ?? {}).filter(([key]) => isClient(key.slice(0, key.indexOf(':'))));
      const merged: Record<string, LastUse> = Object.fromEntries(kept);
      for (const [key, use] of uses) if (use.at >= (merged[key]?.at ?? 0)) merged[key] = use;
      return merged;
    });
  }
}

/** When a key was used last, as far as it was written down. */
export async function lastUse(keyStore: KeyStore, apiKeyId: string): Promise<LastUse | undefined> {
  return (await keyStore.uses.get(recordOf(apiKeyId)).catch(unlessDamaged))?.[apiKeyId];
}

/** The last uses of all keys. */
export async function allLastUses(keyStore: KeyStore): Promise<ReadonlyMap<string, LastUse>> {
  const records = (await keyStore.uses.list().catch(unlessDamaged)) ?? [];
  return new Map(records.flatMap((record) => Object.entries(record)));
}

// Nobody gets in by it: a damaged file must not keep anybody from managing keys.
function unlessDamaged(error: unknown): undefined {
  if (error instanceof KeywrightError && error.code === 'store-corrupt') return undefined;
  throw error;
}

function recordOf(apiKeyId: string): string {
  return createHash('sha256').update(apiKeyId).digest('hex').slice(0, 2);
}
