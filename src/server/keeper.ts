import type { LastUses } from '../core/manage/last-uses.js';
import { pruneProvisioningKeys } from '../core/manage/provisioning-keys.js';
import { pruneSessions } from '../core/manage/sessions.js';
import type { Clock } from '../core/ports/clock.js';
import type { KeyStore } from '../core/ports/key-store.js';
import type { Failure, Observer } from '../core/ports/observer.js';
import type { UnitOfWork } from '../core/ports/unit-of-work.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';
import { ClockWatch } from './clock-watch.js';

const HOUR_MS = 3_600_000;
const SECOND_MS = 1_000;
// A clock that was set is noticed within a minute.
const LOOK_AT_CLOCK_MS = 15_000;

export interface KeeperOptions {
  readonly keyStore: KeyStore;
  readonly changes: UnitOfWork;
  readonly registry: Pick<LiveRegistry, 'clientById'>;
  readonly clock: Clock;
  readonly observer: Pick<Observer, 'changed' | 'failed'>;
  readonly uses: LastUses;
  /** Renews the server's certificate once it is due, months before it expires. */
  readonly renewCertificate: () => Promise<void>;
  readonly watchLicence: () => Promise<void>;
  /** Tells what ends soon. */
  readonly watchEnds?: () => Promise<void>;
}

/** Does the chores of a home. Each home has exactly one keeper process. */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #renewal: Promise<void> = Promise.resolve();
  readonly #running = new Set<Promise<void>>();

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  start(): void {
    const { uses, watchLicence, watchEnds, clock } = this.#options;
    const prune = () => this.#prune();
    const clockWatch = new ClockWatch(clock);
    this.#run('pruning', prune);
    this.#repeat('pruning', HOUR_MS, prune);
    this.#repeat('server-certificate', HOUR_MS, () => this.#renew());
    this.#repeat('server-certificate', LOOK_AT_CLOCK_MS, () => this.#lookAt(clockWatch));
    this.#repeat('licence', HOUR_MS, watchLicence);
    if (watchEnds) {
      this.#run('ends', watchEnds);
      this.#repeat('ends', HOUR_MS, watchEnds);
    }
    this.#repeat('last-uses', SECOND_MS, () => uses.handOver());
  }

  /** Stops after what is under way, and writes the uses that are not written yet. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await Promise.all(this.#running);
    const { uses, keyStore, observer } = this.#options;
    await uses
      .handOver()
      .then(() => keyStore.uses.flush())
      .catch((error) => observer.failed({ part: 'last-uses', error }));
  }

  async #lookAt(clockWatch: ClockWatch): Promise<void> {
    const jump = clockWatch.look();
    if (jump === undefined) return;
    this.#options.observer.changed({ what: 'clock', ...jump });
    const { watchLicence, watchEnds } = this.#options;
    this.#run('licence', watchLicence);
    if (watchEnds) this.#run('ends', watchEnds);
    await this.#renew();
  }

  // One renewal after the other: the second finds what the first has made.
  #renew(): Promise<void> {
    const { renewCertificate } = this.#options;
    this.#renewal = this.#renewal.then(renewCertificate, renewCertificate);
    return this.#renewal;
  }

  async #prune(): Promise<void> {
    const { keyStore, changes, clock, registry } = this.#options;
    await pruneSessions({ keyStore, changes }, clock.now());
    await pruneProvisioningKeys({ keyStore, changes }, clock.now());
    await keyStore.uses.keepOnly((id) => registry.clientById(id.slice(0, id.indexOf(':'))) !== undefined);
  }

  #repeat(part: Failure['part'], everyMs: number, chore: () => Promise<void>): void {
    const timer = setInterval(() => this.#run(part, chore), everyMs);
    timer.unref();
    this.#timers.push(timer);
  }

  #run(part: Failure['part'], chore: () => Promise<void>): void {
    const running = chore()
      .catch((error) => this.#options.observer.failed({ part, error }))
      .finally(() => this.#running.delete(running));
    this.#running.add(running);
  }
}
