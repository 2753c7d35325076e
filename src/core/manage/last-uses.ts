import { KeywrightError } from '../model/errors.js';
import type { LastUse } from '../model/last-use.js';
import type { Principal } from '../model/principal.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore, KeyUses } from '../ports/key-store.js';

const NOTE_EVERY_MS = 1_000;

export interface LastUsesOptions {
  readonly uses: KeyUses;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

/** Gathers which API keys are used, and hands that to the key store once a second. */
export class LastUses {
  readonly #options: LastUsesOptions;
  #noted = new Map<Principal, LastUse>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: LastUsesOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#handOver().catch(options.onFailure), NOTE_EVERY_MS);
    this.#timer.unref();
  }

  /** To be told of everybody who gets in; only API keys are remembered. */
  note(principal: Principal, from: string): void {
    if (principal.credential.kind !== 'api-key') return;
    // To the second is exact enough: what was noted is handed over as often.
    if (this.#noted.get(principal)?.from === from) return;
    this.#noted.set(principal, { at: this.#options.clock.now(), from });
  }

  /** Has written what was not yet, and ends. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#handOver()
      .then(() => this.#options.uses.flush())
      .catch(this.#options.onFailure);
  }

  #handOver(): Promise<void> {
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
