import type { LastUses } from '../core/manage/last-uses.js';
import { pruneProvisioningKeys } from '../core/manage/provisioning-keys.js';
import { pruneSessions } from '../core/manage/sessions.js';
import type { Clock } from '../core/ports/clock.js';
import type { KeyStore } from '../core/ports/key-store.js';
import type { Failure, Observer } from '../core/ports/observer.js';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;

export interface KeeperOptions {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  readonly observer: Pick<Observer, 'failed'>;
  readonly uses: LastUses;
  /** Renews the server's certificate once it is due, which is months before its end. */
  readonly renewCertificate: () => Promise<void>;
  readonly watchLicence: () => Promise<void>;
}

/** Does the chores of a home. Exactly one process of a home keeps it. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #timers: NodeJS.Timeout[] = [];

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { uses, renewCertificate, watchLicence } = this.#options;
    const prune = () => this.#prune();
    this.#run('pruning', prune);
    this.#repeat('pruning', HOUR_MS, prune);
    this.#repeat('server-certificate', HOUR_MS, renewCertificate);
    this.#repeat('licence', HOUR_MS, watchLicence);
    this.#repeat('last-uses', SECOND_MS, () => uses.writeDue());
  }

  /** Stops, and writes down the uses that were not yet. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#options.uses.writeAll();
  }

  async #prune(): Promise<void> {
    const { keyStore, clock } = this.#options;
    await Promise.all([pruneSessions(keyStore, clock.now()), pruneProvisioningKeys(keyStore, clock.now())]);
  }

  #repeat(part: Failure['part'], everyMs: number, chore: () => Promise<void>): void {
    const timer = setInterval(() => this.#run(part, chore), everyMs);
    timer.unref();
    this.#timers.push(timer);
  }

  #run(part: Failure['part'], chore: () => Promise<void>): void {
    chore().catch((error) => this.#options.observer.failed({ part, error }));
  }
}
