import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Actor } from '../core/manage/actor.js';
import { countOverview, type Overview } from '../core/manage/overview.js';
import type { Clock } from '../core/ports/clock.js';
import type { KeyUses } from '../core/ports/key-store.js';
import type { LiveRegistry } from '../core/verify/live-registry.js';

const KEPT_MS = 10_000;
const MAX_KEPT = 200;
// Counting takes no more than a fifth of the time, however often records change.
const REST = 4;

export interface OverviewsOptions {
  readonly registry: LiveRegistry;
  readonly uses: Pick<KeyUses, 'all'>;
  readonly clock: Clock;
  readonly clockToleranceMs: number;
}

interface Kept {
  readonly revision: number;
  readonly atMs: number;
  readonly overview: Promise<Overview>;
}

/** Counts what each caller may see, one after the other, and keeps the counts for a while, until a record changes. */
export class Overviews {
  readonly #options: OverviewsOptions;
  readonly #kept = new Map<string, Kept>();
  #last: Promise<unknown> = Promise.resolve();
  #restUntilMs = 0;

  constructor(options: OverviewsOptions) {
    this.#options = options;
  }

  of(actor: Actor): Promise<Overview> {
    const { registry } = this.#options;
    const key = actor.kind === 'member' ? `${actor.userId} ${actor.since}` : '';
    const kept = this.#kept.get(key);
    const atMs = performance.now();
    if (kept?.revision === registry.revision && atMs - kept.atMs < KEPT_MS) return kept.overview;
    const overview = this.#last.then(() => this.#count(actor));
    this.#last = overview.catch(() => this.#kept.delete(key));
    this.#kept.delete(key);
    this.#kept.set(key, { revision: registry.revision, atMs, overview });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MAX_KEPT && oldest !== undefined) this.#kept.delete(oldest);
    return overview;
  }

  async #count(actor: Actor): Promise<Overview> {
    const { registry, uses, clock, clockToleranceMs } = this.#options;
    const restMs = this.#restUntilMs - performance.now();
    if (restMs > 0) await sleep(restMs, undefined, { ref: false });
    const begun = performance.now();
    const overview = await countOverview({
      ...{ actor, uses, moment: { now: clock.now(), clockToleranceMs } },
      clients: registry.all('client'),
      certificatesOf: (id) => registry.certificatesOf(id).held,
      userById: (id) => registry.userById(id),
      breathe: () => setImmediate(),
    });
    const ended = performance.now();
    this.#restUntilMs = ended + REST * (ended - begun);
    return overview;
  }
}
