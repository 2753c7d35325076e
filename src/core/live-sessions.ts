import type { RegistryChange } from './live-registry.js';
import type { Clock } from './ports.js';
import type { Registry } from './prove.js';
import { type Accepted, restsOn, stillHolds } from './verify.js';

// A session ends within a second of its credential.
const SWEEP_EVERY_MS = 500;

export interface LiveSessionsOptions {
  readonly registry: Registry & {
    onChange(listener: (changes: readonly RegistryChange[]) => void): void;
  };
  readonly clock: Clock;
  /** Is told of each session that is ended here. */
  readonly onEnd: (clientId: string, reason: string) => void;
}

/** What lives on after it was let in: a connection, a stream. */
interface Session {
  destroy(): unknown;
  once(event: 'close', listener: () => void): unknown;
}

/** The live sessions, and why each was let in: one whose reason is gone is closed. */
export class LiveSessions {
  readonly #options: LiveSessionsOptions;
  readonly #all = new Map<Session, Accepted>();
  /** By what they rest on: a client, its owner, a login. */
  readonly #byReason = new Map<string, Set<Session>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: LiveSessionsOptions) {
    this.#options = options;
    options.registry.onChange((changes) => {
      this.#recheck(changes.map(({ what, id }) => (what === 'signing-keys' ? what : `${what} ${id}`)));
    });
    this.#sweep = setInterval(() => this.#closeExpired(), SWEEP_EVERY_MS);
    this.#sweep.unref();
  }

  add(session: Session, accepted: Accepted): void {
    this.#all.set(session, accepted);
    const reasons = restsOn(accepted.principal);
    for (const reason of reasons) {
      this.#byReason.set(reason, (this.#byReason.get(reason) ?? new Set<Session>()).add(session));
    }
    session.once('close', () => {
      this.#all.delete(session);
      for (const reason of reasons) {
        const sessions = this.#byReason.get(reason);
        sessions?.delete(session);
        if (sessions?.size === 0) this.#byReason.delete(reason);
      }
    });
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const session of this.#all.keys()) session.destroy();
  }

  /** Closes those sessions that rest on one of these, and whose credential does not hold any more. */
  #recheck(reasons: readonly string[]): void {
    const now = this.#options.clock.now();
    for (const reason of reasons) {
      for (const session of this.#byReason.get(reason) ?? []) {
        const accepted = this.#all.get(session);
        if (accepted === undefined || stillHolds(accepted, this.#options.registry, now)) continue;
        this.#end(session, accepted, 'its credential does not hold any more');
      }
    }
  }

  #closeExpired(): void {
    const { registry, clock } = this.#options;
    const now = clock.now();
    for (const [session, accepted] of this.#all) {
      const { expiresAt, credential } = accepted.principal;
      // A token also ends with the key that signed it, which has a time of its own.
      const isOver = credential.kind === 'access-token' && !registry.slow.isTrusted(credential.claims.keyId);
      if (now >= expiresAt || isOver) this.#end(session, accepted, 'its credential has expired');
    }
  }

  #end(session: Session, { principal }: Accepted, reason: string): void {
    // Its close comes later: until then nobody is told twice.
    this.#all.delete(session);
    this.#options.onEnd(principal.id, reason);
    session.destroy();
  }
}
