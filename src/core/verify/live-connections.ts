import type { Timestamp } from '../model/time.js';
import type { Clock } from '../ports/clock.js';
import type { OpenConnection } from '../ports/connection-list.js';
import type { Change } from '../ports/key-store.js';
import type { Observer } from '../ports/observer.js';
import type { OpenConnections } from './open-connections.js';
import type { Registry } from './registry.js';
import { type Accepted, restsOn, standingOf, stillHolds } from './verify.js';

// A connection ends within a second of its credential.
const SWEEP_EVERY_MS = 500;

export interface LiveConnectionsOptions {
  readonly registry: Registry & {
    onChange(listener: (changes: readonly Change[]) => void): void;
  };
  readonly clock: Clock;
  readonly protocol: 'http' | 'mqtt';
  readonly observer: Pick<Observer, 'connection'>;
  /** Lists them together with those of other listeners; left out for what is not listed. */
  readonly connections?: OpenConnections | undefined;
}

/** Where a connection came from. */
interface Origin {
  readonly address: string;
  /** True for one request and its answer: it is listed while it is there, and nobody is told of it. */
  readonly isBrief?: boolean;
}

/** A connection, or a stream, that lives on after it was let in. */
interface Connection {
  destroy(): unknown;
}

interface Entry {
  readonly connection: Connection;
  readonly accepted: Accepted;
  readonly isBrief: boolean;
  readonly shown: OpenConnection;
  /** The end of its credential as that is now. */
  expiresAt: Timestamp;
}

/** The live connections, and why each was let in: one whose reason is gone is closed. */
export class LiveConnections {
  readonly #options: LiveConnectionsOptions;
  readonly #all = new Map<Connection, Entry>();
  /** The entries by what they rest on; the entry itself if there is only one, as is common. */
  readonly #byReason = new Map<string, Entry | Set<Entry>>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: LiveConnectionsOptions) {
    this.#options = options;
    options.connections?.join(this);
    options.registry.onChange((changes) => {
      for (const reason of new Set(changes.map(reasonOf))) this.#recheck(reason);
    });
    this.#sweep = setInterval(() => this.#closeExpired(), SWEEP_EVERY_MS);
    this.#sweep.unref();
  }

  add(connection: Connection, accepted: Accepted, { address, isBrief = false }: Origin): void {
    const { principal } = accepted;
    const { protocol, clock, connections } = this.#options;
    const shown: OpenConnection = { principal, protocol, address, since: clock.now() };
    const entry = { connection, accepted, isBrief, shown, expiresAt: principal.expiresAt };
    if (!isBrief) connections?.opened(shown);
    this.#all.set(connection, entry);
    for (const reason of restsOn(principal)) {
      const others = this.#byReason.get(reason);
      if (others === undefined) this.#byReason.set(reason, entry);
      else if (others instanceof Set) others.add(entry);
      else this.#byReason.set(reason, new Set([others, entry]));
    }
  }

  /**
   * To be called when a connection has ended.
   * @param reason why the server ended it; undefined if it did not
   */
  delete(connection: Connection, reason?: string): void {
    const entry = this.#all.get(connection);
    if (entry === undefined) return;
    this.#all.delete(connection);
    if (!entry.isBrief) this.#options.connections?.closed(entry.shown, reason);
    for (const record of restsOn(entry.accepted.principal)) {
      const others = this.#byReason.get(record);
      if (others instanceof Set) others.delete(entry);
      if (others === entry || (others instanceof Set && others.size === 0)) this.#byReason.delete(record);
    }
  }

  /** Lists the connections that are open, or those of one client. */
  open(clientId?: string): OpenConnection[] {
    const entries = clientId === undefined ? this.#all.values() : this.#restingOn(`client ${clientId}`);
    return Array.from(entries, ({ shown }) => shown);
  }

  close(): void {
    clearInterval(this.#sweep);
    for (const connection of this.#all.keys()) connection.destroy();
  }

  /** Closes those connections that rest on a record, and whose credential does not hold any more. */
  #recheck(reason: string): void {
    const found = this.#restingOn(reason);
    if (found.length === 0) return;
    const now = this.#options.clock.now();
    for (const entry of found) {
      if (this.#holds(entry, now)) this.#followEnd(entry);
      else this.#end(entry, 'its credential does not hold any more');
    }
  }

  #restingOn(reason: string): readonly Entry[] {
    const found = this.#byReason.get(reason);
    if (found === undefined) return [];
    return found instanceof Set ? [...found] : [found];
  }

  // A rotation or a replacement brings the end of the old credential forward.
  #followEnd(entry: Entry): void {
    const { principal } = entry.accepted;
    entry.expiresAt = standingOf(principal, this.#options.registry)?.expiresAt ?? entry.expiresAt;
  }

  // What cannot be known does not hold.
  #holds({ accepted }: Entry, now: Timestamp): boolean {
    try {
      return stillHolds(accepted, this.#options.registry, now);
    } catch {
      return false;
    }
  }

  #closeExpired(): void {
    const { registry, clock } = this.#options;
    const now = clock.now();
    for (const entry of this.#all.values()) {
      const { credential } = entry.accepted.principal;
      // A token also ends with the key that signed it, which has a time of its own.
      const isOver = credential.kind === 'access-token' && !registry.facts.isTrusted(credential.claims.keyId);
      if (now >= entry.expiresAt || isOver) this.#end(entry, 'its credential has expired');
    }
  }

  #end({ connection, accepted }: Entry, reason: string): void {
    // Its close comes later: until then nobody is told twice.
    this.delete(connection, reason);
    const { observer, protocol } = this.#options;
    observer.connection({ protocol, what: 'ended', clientId: accepted.principal.id, reason });
    connection.destroy();
  }
}

/** The reason, as `restsOn` names it, that a change may have taken away. */
function reasonOf({ kind, id, before, after }: Change): string {
  if (kind === 'certificate') return `client ${(after ?? before)?.holder.id}`;
  return kind === 'signing-keys' ? kind : `${kind} ${id}`;
}
