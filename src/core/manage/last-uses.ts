import { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUses } from '../ports/key-store.js';

export interface LastUsesOptions {
  readonly uses: KeyUses;
  readonly clock: Clock;
}

/** Collects the last uses of API keys for the key store. */
export class LastUses {
  readonly #options: LastUsesOptions;
  #noted = new Map<Principal, LastUse>();

  constructor(options: LastUsesOptions) {
    this.#options = options;
  }

  /** Notes an accepted use; only API keys are remembered. */
  note(principal: Principal, from: string): void {
    if (principal.credential.kind !== 'api-key') return;
    // The time may be a second old: `handOver` runs about every second.
    if (this.#noted.get(principal)?.from === from) return;
    this.#noted.set(principal, { at: this.#options.clock.now(), from });
  }

  /** Passes the notes to the key store. Call it about every second. */
  handOver(): Promise<void> {
    const noted = this.#noted;
    this.#noted = new Map();
    return this.#options.uses.note(
      new Map([...noted].map(([{ id, credential }, use]) => [`${id}:${credential.id}`, use])),
    );
  }
}

/** Fetches the recorded last uses of API keys, by `<client-id>:<key-id>`. */
export async function lastUses(
  { uses }: Pick<KeyStore, 'uses'>,
  apiKeyIds: readonly string[],
): Promise<ReadonlyMap<string, LastUse>> {
  try {
    return await uses.of(apiKeyIds);
  } catch (error) {
    // Last uses decide nothing, so a damaged file must not stop the management of keys.
    if (error instanceof KeywrightError && error.code === 'store-corrupt') return new Map();
    throw error;
  }
}
