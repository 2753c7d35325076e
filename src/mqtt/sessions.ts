import type { Duplex } from 'node:stream';
import type { Clock } from '../core/ports.js';
import type { Registry } from '../core/prove.js';
import { type Accepted, restsOn, stillHolds } from '../core/verify.js';

// A session ends within a second of its credential.
const SWEEP_EVERY_MS = 500;

export interface SessionsOptions {
  readonly registry: Registry;
  readonly clock: Clock;
  /** Is told of each session that is ended here. */
  readonly onEnd: (clientId: string, reason: string) => void;
}

/** The live sessions, and why each was let in: one whose reason is gone is closed. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #all = new Map<Duplex, Accepted>();
  /** By what they rest on: a client, its owner, a login. */
  readonly #byReason = new Map<string, Set<Duplex>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#closeExpired(), SWEEP_EVERY_MS);
    this.#sweep.unref();
  }

  add(stream: Duplex, accepted: Accepted): void {
    this.#all.set(stream, accepted);
    const reasons = restsOn(accepted.principal);
    for (const reason of reasons) {
      this.#byReason.set(reason, (this.#byReason.get(reason) ?? new Set<Duplex>()).add(stream));
    }
    stream.once('close', () => {
      this.#all.delete(stream);
      for (const reason of reasons) {
        const streams = this.#byReason.get(reason);
        streams?.delete(stream);
        if (streams?.size === 0) this.#byReason.delete(reason);
      }
    });
  }

  /** Closes those sessions that rest on one of these, and whose credential does not hold any more. */
  recheck(reasons: readonly string[]): void {
    const now = this.#options.clock.now();
    for (const reason of reasons) {
      for (const stream of this.#byReason.get(reason) ?? []) {
        const accepted = this.#all.get(stream);
        if (accepted === undefined || stillHolds(accepted, this.#options.registry, now)) continue;
        this.#end(stream, accepted, 'its credential does not hold any more');
      }
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const stream of this.#all.keys()) stream.destroy();
  }

  #closeExpired(): void {
    const { registry, clock } = this.#options;
    const now = clock.now();
    for (const [stream, accepted] of this.#all) {
      const { expiresAt, credential } = accepted.principal;
      // A token also ends with the key that signed it, which has a time of its own.
      const isOver = credential.kind === 'access-token' && !registry.slow.isTrusted(credential.claims.keyId);
      if (now >= expiresAt || isOver) this.#end(stream, accepted, 'its credential has expired');
    }
  }

  #end(stream: Duplex, { principal }: Accepted, reason: string): void {
    // Its close comes later: until then nobody is told twice.
    this.#all.delete(stream);
    this.#options.onEnd(principal.id, reason);
    stream.destroy();
  }
}
