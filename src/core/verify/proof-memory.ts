import type { Principal } from '../model/principal.js';
import type { Timestamp } from '../model/time.js';

/** A credential whose secret was proved: who is accepted by it, unless it is revoked. */
export interface Proof {
  readonly principal: Principal;
  readonly revokedAt: Timestamp | null;
}

/** Something that was found out, and holds while what it was derived from is the same. */
export interface Remembered {
  isCurrent(): boolean;
}

/** What a text came to: null where it proved nothing. */
export interface RememberedProof extends Remembered {
  readonly proof: Proof | null;
}

/**
 * Remembers what something came to, good or bad, so that asking again costs nothing. Bad answers have room of their own:
 * no flood of them can drive out the good ones.
 */
export class Memory<T extends Remembered> {
  readonly #good: Map<string, T> = new Map();
  readonly #bad: Map<string, T> = new Map();
  readonly #capacity: { readonly good: number; readonly bad: number };

  constructor(capacity = { good: 200_000, bad: 20_000 }) {
    this.#capacity = capacity;
  }

  /** What was kept, if it still holds. */
  recall(key: string): T | undefined {
    const kept = this.#good.get(key) ?? this.#bad.get(key);
    return kept?.isCurrent() ? kept : undefined;
  }

  keep(key: string, value: T, { isGood }: { readonly isGood: boolean }): void {
    const [room, other] = isGood ? [this.#good, this.#bad] : [this.#bad, this.#good];
    other.delete(key);
    room.delete(key);
    room.set(key, value);
    if (room.size > (isGood ? this.#capacity.good : this.#capacity.bad)) forgetOldest(room);
  }
}

function forgetOldest<T>(room: Map<string, T>): void {
  const [oldest] = room.keys();
  if (oldest !== undefined) room.delete(oldest);
}
