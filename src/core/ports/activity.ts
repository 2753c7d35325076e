import type { Timestamp } from '../model/time.js';
import type { OpenConnection } from './connection-list.js';
import type { Change } from './key-store.js';

/** The verdicts of one minute. */
export interface VerdictMinute {
  /** Its beginning. */
  readonly at: Timestamp;
  readonly accepted: number;
  readonly refused: number;
}

/** A refusal as it is kept, for whoever may look into it. Nothing in here can be presented. */
export interface KeptRefusal {
  /** Unique, also over restarts. */
  readonly id: string;
  readonly at: Timestamp;
  readonly by: 'http' | 'mqtt' | 'callback' | 'proxy-protocol';
  readonly what: string | null;
  readonly address: string | null;
  readonly reason: string;
  readonly cause: string | null;
  /** The client that it was proved to be of, else the one that was named. */
  readonly client: string | null;
  readonly credential: string | null;
  readonly hint: string | null;
  readonly method: string | null;
  readonly path: string | null;
  readonly status: number | null;
}

/** A connection that was let in, or that ended, for a reason if the server ended it. */
export interface ConnectionChange {
  readonly what: 'opened' | 'closed';
  readonly connection: OpenConnection;
  readonly at: Timestamp;
  readonly reason: string | null;
}

/** Hears what happens at the server, as it happens. It returns at once and never throws. */
export interface ActivityListener {
  /** Gets the counts of the present minute, at most once a second and only if they have changed. */
  verdicts(minute: VerdictMinute): void;
  refused(refusal: KeptRefusal): void;
  /** Gets the number of refusals that were not kept in a second, because too many came. */
  suppressed(count: number): void;
  changed(changes: readonly Change[]): void;
  connection(change: ConnectionChange): void;
}

/** What happens at this server, and what happened lately. */
export interface Activity {
  /** The last sixty minutes, the oldest first. */
  minutes(): readonly VerdictMinute[];
  /** How often there was which reason of a refusal in these minutes, the most frequent first. */
  reasons(): readonly { readonly reason: string; readonly count: number }[];
  /** The kept refusals, the newest first. */
  refusals(): readonly KeptRefusal[];
  /** Has a listener hear everything from now on. @returns what ends that */
  listen(listener: ActivityListener): () => void;
}
