import { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUses } from '../ports/key-store.js';

export interface LastUsesOptions {
  readonly uses: KeyUses;
  readonly clock: Clock;
}

/** Gathers which API keys are used, until that is handed to the key store. */
export class LastUses {
  readonly #options: LastUsesOptions;
  #noted = new Map<Principal, LastUse>();

  constructor(options: LastUsesOptions) {
    this.#options = options;
  }

  /** Notes that somebody got in; only API keys are remembered. */
  note(principal: Principal, from: string): void {
    if (principal.credential.kind !== 'api-key') return;
    // To the second is exact enough: what was noted is handed over as often.
    if (this.#noted.get(principal)?.from === from) return;
    this.#noted.set(principal, { at: this.#options.clock.now(), from });
  }

  /** Hands over what was noted. To be called every second or so. */
  handOver(): Promise<void> {
    const noted = this.#noted;
    this.#noted = new Map();
    return this.#options.uses.note(
      new Map([...noted].map(([{ id, credential }, use]) => [`${id}:${credential.id}`, use])),
    );
  }
}

/** Fetches when API keys were used last, as far as it was written down, by `<client-id>:<key-id>`. */
export async function lastUses(
  { uses }: Pick<KeyStore, 'uses'>,
  apiKeyIds: readonly string[],
): Promise<ReadonlyMap<string, LastUse>> {
  try {
    return await uses.of(apiKeyIds);
  } catch (error) {
    // Nobody gets in by it: a damaged file must not keep anybody from managing keys.
    if (error instanceof KeywrightError && error.code === 'store-corrupt') return new Map();
    throw error;
  }
}
