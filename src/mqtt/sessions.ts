import type { Duplex } from 'node:stream';
import type { Clock } from '../core/ports.js';
import type { Registry } from '../core/prove.js';
import { type Accepted, stillHolds } from '../core/verify.js';

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
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #byClient = new Map<string, Map<Duplex, Accepted>>();
  readonly #onEnd: SessionsOptions['onEnd'];
  readonly #sweep: NodeJS.Timeout;

  constructor({ registry, clock, onEnd }: SessionsOptions) {
    this.#registry = registry;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#sweep = setInterval(() => this.#closeExpired(), SWEEP_EVERY_MS);
    this.#sweep.unref();
  }

  add(stream: Duplex, accepted: Accepted): void {
    const { clientId } = accepted.principal;
    const streams = this.#byClient.get(clientId) ?? new Map<Duplex, Accepted>();
    this.#byClient.set(clientId, streams.set(stream, accepted));
    stream.once('close', () => {
      streams.delete(stream);
      if (streams.size === 0 && this.#byClient.get(clientId) === streams) this.#byClient.delete(clientId);
    });
  }

  /** Closes those sessions of changed clients whose credential does not hold any more. */
  recheck(clientIds: readonly string[]): void {
    const now = this.#clock.now();
    for (const id of clientIds) {
      for (const [stream, accepted] of this.#byClient.get(id) ?? []) {
        if (stillHolds(accepted, this.#registry, now)) continue;
        this.#onEnd(id, 'its credential does not hold any more');
        stream.destroy();
      }
    }
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const streams of this.#byClient.values()) {
      for (const stream of streams.keys()) stream.destroy();
    }
  }

  #closeExpired(): void {
    const now = this.#clock.now();
    for (const [id, streams] of this.#byClient) {
      for (const [stream, { principal }] of streams) {
        if (now < principal.expiresAt) continue;
        this.#onEnd(id, 'its credential has expired');
        stream.destroy();
      }
    }
  }
}
