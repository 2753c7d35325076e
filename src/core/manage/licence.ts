import { counted } from '../model/counted.js';
import { KeywrightError } from '../model/errors.js';
import { formatTime, type Timestamp } from '../model/time.js';
import type { Clock } from '../ports/clock.js';
import type { KeyStore } from '../ports/key-store.js';
import type { Licence } from '../ports/licence.js';

/** The terms of a licence. */
export interface LicenceTerms {
  /** The number of clients that the licence allows; null for any number. */
  readonly deviceLimit: number | null;
  readonly features: readonly string[];
  readonly notBefore: Timestamp;
  readonly expiresAt: Timestamp;
}

/** The licence in the environment: not needed, verified, or unusable for a reason. */
export type GivenLicence =
  | { readonly kind: 'not-needed' }
  | {
      readonly kind: 'verified';
      readonly terms: LicenceTerms;
      /** How far the clock of whoever issued it may be ahead of ours; none if left out. */
      readonly clockToleranceMs?: number;
    }
  | { readonly kind: 'unusable'; readonly reason: string };

/** The state of the licence. If it is restricted, existing clients go on, and new ones are refused. */
export interface LicenceStatus {
  readonly state: 'unrestricted' | 'valid' | 'restricted';
  /** The reason for the restriction. */
  readonly reason: string | null;
  readonly terms: LicenceTerms | null;
  /** The number of clients. */
  readonly used: number;
}

export interface ClientLicenceOptions {
  readonly keyStore: KeyStore;
  readonly clock: Clock;
  /** Reads the licence from the environment. It is called once. @throws KeywrightError `invalid-input` */
  readonly read: () => Promise<GivenLicence>;
  /** Runs one work at a time, across processes. */
  readonly exclusively: <T>(work: () => Promise<T>) => Promise<T>;
}

const LICENCE = 'licence';

// Other processes register fewer clients than this before a running server sees them.
const MARGIN = 100;

/** The licence of a home: it limits the number of clients. */
export class ClientLicence implements Licence {
  readonly #options: ClientLicenceOptions;
  #given: Promise<GivenLicence> | undefined;
  #countSeen: (() => number) | undefined;

  constructor(options: ClientLicenceOptions) {
    this.#options = options;
  }

  /** Takes the client count from memory instead of the files while the limit is far. */
  countBy(seen: () => number): void {
    this.#countSeen = seen;
  }

  async requireSeat(): Promise<void> {
    const limit = await this.#limit();
    if (limit !== null && (await this.#used(limit)) >= limit) throw restricted(full(limit));
  }

  async seatsLeft(): Promise<number> {
    try {
      const limit = await this.#limit();
      return limit === null ? Number.POSITIVE_INFINITY : Math.max(0, limit - (await this.#used(limit)));
    } catch (error) {
      if (error instanceof KeywrightError && error.reason === LICENCE) return 0;
      throw error;
    }
  }

  async takeSeats<T>(count: number, write: () => Promise<T>): Promise<T> {
    const limit = await this.#limit();
    if (limit === null) return write();
    return this.#options.exclusively(async () => {
      if ((await this.#used(limit, count)) + count > limit) throw restricted(full(limit));
      return write();
    });
  }

  /** Reads the present state. @throws KeywrightError `invalid-input` if the public key is unreadable */
  async status(): Promise<LicenceStatus> {
    const given = await this.#read();
    const used = this.#countSeen?.() ?? (await this.#options.keyStore.clients.count());
    if (given.kind === 'not-needed') return { state: 'unrestricted', reason: null, terms: null, used };
    const terms = given.kind === 'verified' ? given.terms : null;
    const limit = terms?.deviceLimit ?? Number.POSITIVE_INFINITY;
    const reason = faultOf(given, this.#options.clock.now()) ?? (used >= limit ? full(limit) : null);
    return { state: reason === null ? 'valid' : 'restricted', reason, terms, used };
  }

  #read(): Promise<GivenLicence> {
    this.#given ??= this.#options.read();
    return this.#given;
  }

  /**
   * Reads the allowed number of clients; null for any.
   * @throws KeywrightError `refused` if the licence does not hold now
   */
  async #limit(): Promise<number | null> {
    const given = await this.#read();
    if (given.kind === 'not-needed') return null;
    const fault = faultOf(given, this.#options.clock.now());
    if (fault !== undefined) throw restricted(fault);
    return given.kind === 'verified' ? given.terms.deviceLimit : null;
  }

  async #used(limit: number, count = 1): Promise<number> {
    const seen = this.#countSeen?.() ?? Number.POSITIVE_INFINITY;
    return seen + count + MARGIN < limit ? seen : this.#options.keyStore.clients.count();
  }
}

function faultOf(given: Exclude<GivenLicence, { kind: 'not-needed' }>, now: Timestamp): string | undefined {
  if (given.kind === 'unusable') return given.reason;
  const { notBefore, expiresAt } = given.terms;
  if (now + (given.clockToleranceMs ?? 0) < notBefore)
    return `the licence begins at ${formatTime(notBefore)}`;
  return now >= expiresAt ? `the licence expired at ${formatTime(expiresAt)}` : undefined;
}

function full(limit: number): string {
  return `the licence is full: it is for ${counted(limit, 'client')}`;
}

function restricted(reason: string): KeywrightError {
  return new KeywrightError('refused', `no new client is registered: ${reason}`, {
    hint: 'existing clients go on; see: keywright license show',
    reason: LICENCE,
  });
}
