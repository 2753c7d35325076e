import type { Principal } from '../core/model/principal.js';
import type { Timestamp } from '../core/model/time.js';
import type {
  Activity,
  ActivityListener,
  ConnectionChange,
  KeptRefusal,
  VerdictMinute,
} from '../core/ports/activity.js';
import type { Clock } from '../core/ports/clock.js';
import type { Change } from '../core/ports/key-store.js';
import type { ObservedRefusal, RefusedCredential } from '../core/ports/observer.js';
import { LineLimit } from '../limits/line-limit.js';
import { keptRefusal, reasonOf } from './kept-refusal.js';

const MINUTE_MS = 60_000;
const MINUTES = 60;
const KEPT = 200;
// As many as the log writes: those of each kind have a limit of their own, so that no flood hides the others.
const KEPT_PER_SECOND = 20;
const TELL_EVERY_MS = 1_000;
// Reasons are few; what a peer can vary must not fill the memory.
const MAX_REASONS = 100;

interface Bucket {
  readonly at: Timestamp;
  accepted: number;
  refused: number;
  readonly reasons: Map<string, number>;
}

/** Counts verdicts, keeps the last refusals, and tells listeners what happens. */
export class ServerActivity implements Activity {
  readonly #clock: Clock;
  readonly #listeners = new Set<ActivityListener>();
  readonly #limits: Readonly<Record<ObservedRefusal['by'], LineLimit>>;
  readonly #timer: NodeJS.Timeout;
  readonly #begunAt: string;
  #buckets: Bucket[];
  #current: Bucket;
  #told = 0;
  #refusals: KeptRefusal[] = [];
  #refusalCount = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#begunAt = clock.now().toString(36);
    this.#current = bucketAt(clock.now());
    this.#buckets = [this.#current];
    const limit = () => {
      const onHeldBack = (count: number) => this.#tell((listener) => listener.suppressed(count));
      return new LineLimit({ perSecond: KEPT_PER_SECOND, onHeldBack });
    };
    this.#limits = { http: limit(), mqtt: limit(), callback: limit(), 'proxy-protocol': limit() };
    this.#timer = setInterval(() => {
      this.#turn();
      this.#tellVerdicts();
    }, TELL_EVERY_MS);
    this.#timer.unref();
  }

  accepted({ credential }: Principal): void {
    // What the console asks by itself is nobody's traffic.
    if (credential.kind !== 'session-cookie') this.#current.accepted += 1;
  }

  /** @returns the explanation of the refusal, if it was asked for here */
  refused(refusal: ObservedRefusal): RefusedCredential | undefined {
    this.#current.refused += 1;
    const reason = reasonOf(refusal);
    const { reasons } = this.#current;
    if (reasons.has(reason) || reasons.size < MAX_REASONS)
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    let explanation: RefusedCredential | undefined;
    this.#limits[refusal.by].pass(() => {
      explanation = 'explain' in refusal ? refusal.explain?.() : undefined;
      this.#refusalCount += 1;
      const id = `${this.#begunAt}-${this.#refusalCount}`;
      const kept = keptRefusal(refusal, explanation, { id, at: this.#clock.now() });
      if (this.#refusals.push(kept) > 2 * KEPT) this.#refusals = this.#refusals.slice(-KEPT);
      this.#tell((listener) => listener.refused(kept));
    });
    return explanation;
  }

  changed(changes: readonly Change[]): void {
    this.#tell((listener) => listener.changed(changes));
  }

  connection(change: Omit<ConnectionChange, 'at'>): void {
    if (this.#listeners.size === 0) return;
    const at = this.#clock.now();
    this.#tell((listener) => listener.connection({ ...change, at }));
  }

  minutes(): readonly VerdictMinute[] {
    this.#turn();
    const last = this.#current.at;
    const byTime = new Map(this.#buckets.map((bucket) => [bucket.at, bucket]));
    return Array.from({ length: MINUTES }, (_, index) => {
      const at = last - (MINUTES - 1 - index) * MINUTE_MS;
      const { accepted = 0, refused = 0 } = byTime.get(at) ?? {};
      return { at, accepted, refused };
    });
  }

  reasons(): readonly { readonly reason: string; readonly count: number }[] {
    this.#turn();
    const all = new Map<string, number>();
    for (const { reasons } of this.#buckets)
      for (const [reason, count] of reasons) all.set(reason, (all.get(reason) ?? 0) + count);
    return [...all]
      .map(([reason, count]) => ({ reason, count }))
      .sort((one, other) => other.count - one.count || (one.reason < other.reason ? -1 : 1));
  }

  refusals(): readonly KeptRefusal[] {
    return this.#refusals.slice(-KEPT).reverse();
  }

  listen(listener: ActivityListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const limit of Object.values(this.#limits)) limit.close();
  }

  #tell(tell: (listener: ActivityListener) => void): void {
    for (const listener of this.#listeners) tell(listener);
  }

  #tellVerdicts(): void {
    const { at, accepted, refused } = this.#current;
    if (accepted + refused === this.#told) return;
    this.#told = accepted + refused;
    this.#tell((listener) => listener.verdicts({ at, accepted, refused }));
  }

  /** Begins a minute, once the one before is over. */
  #turn(): void {
    const next = bucketAt(this.#clock.now());
    if (next.at === this.#current.at) return;
    // The last ones of a minute are told although it is over.
    this.#tellVerdicts();
    const oldest = next.at - MINUTES * MINUTE_MS;
    // A clock that was set back makes minutes anew.
    this.#buckets = this.#buckets.filter(({ at }) => at > oldest && at < next.at);
    this.#buckets.push(next);
    this.#current = next;
    this.#told = 0;
  }
}

function bucketAt(now: Timestamp): Bucket {
  return { at: now - (now % MINUTE_MS), accepted: 0, refused: 0, reasons: new Map() };
}
