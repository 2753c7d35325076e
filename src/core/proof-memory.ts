import type { Client } from './client.js';
import type { Principal } from './presentation.js';
import type { Timestamp } from './time.js';

/** A credential whose secret was proved: the client that holds it, and who is accepted by it while both hold. */
export interface Proof {
  readonly client: Client;
  readonly principal: Principal;
  readonly revokedAt: Timestamp | null;
}

/** What a token came to, for one state of its client. */
export interface RememberedProof {
  readonly clientId: string;
  /** The client as it was looked up; undefined where there was none. */
  readonly client: Client | undefined;
  /** null where the token proved nothing. */
  readonly proof: Proof | null;
}

/**
 * Remembers by its hash what a token came to, good or bad, so that a repeated token costs no signature check.
 * Bad answers have room of their own: no flood of them can drive out the good ones.
 */
export class ProofMemory {
  readonly #good: Map<string, RememberedProof> = new Map();
  readonly #bad: Map<string, RememberedProof> = new Map();
  readonly #capacity: { readonly good: number; readonly bad: number };

  constructor(capacity = { good: 200_000, bad: 20_000 }) {
    this.#capacity = capacity;
  }

  recall(tokenHash: string): RememberedProof | undefined {
    return this.#good.get(tokenHash) ?? this.#bad.get(tokenHash);
  }

  keep(tokenHash: string, remembered: RememberedProof): void {
    const isGood = remembered.proof !== null;
    const [room, other] = isGood ? [this.#good, this.#bad] : [this.#bad, this.#good];
    other.delete(tokenHash);
    room.delete(tokenHash);
    room.set(tokenHash, remembered);
    if (room.size > (isGood ? this.#capacity.good : this.#capacity.bad)) forgetOldest(room);
  }
}

function forgetOldest(room: Map<string, RememberedProof>): void {
  const [oldest] = room.keys();
  if (oldest !== undefined) room.delete(oldest);
}
