import type { Principal } from '../../core/model/principal.js';
import type { Rights } from '../../core/verify/topic-rights.js';
import type { Link } from '../link.js';
import type { ConnectRefusal } from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';

/** Somebody whose sessions an engine keeps. */
export type Holder = Pick<Principal, 'kind' | 'id'>;

/** A connection that got past the gate, and waits for its CONNACK. */
export interface Handover {
  readonly link: Link;
  /** Whose sessions these are; undefined where the listener was left open. */
  readonly holder: Holder | undefined;
  /**
   * Under which id the holder has this session: the holder's own where its credential is for one client id only, else as
   * the client chose it, or made up for it. A session is found by holder and id as two values: no id names another's.
   */
  readonly clientId: string;
  /** Whether the client left its id to the server. */
  readonly isAssigned: boolean;
  /** What it may publish and subscribe to, as its record stands at each time. */
  readonly rights: Rights;
  /** Refuses the connection after all. */
  refuse(refusal: ConnectRefusal, cause: string): void;
  /** To be called when the client was refused a topic. */
  refusedTopic(verb: 'publish' | 'subscribe', topic: string, why: string): void;
  /** To be called when the connection ends by no wish of the client's. */
  ended(reason: string): void;
  /** To be called when the connection is over. */
  closed(): void;
}

/** A connection of an engine that can be taken back. */
export interface Served {
  /** Ends the connection because its credential does not hold any more: nothing goes in or out from now on. */
  revoke(): void;
}

/** What serves the connections that the gate lets in. */
export interface Engine {
  /**
   * Takes a connection, and its link.
   * @param reader what was received behind the CONNECT, and whatever follows
   * @returns what ends it when it is revoked
   */
  handOver(handover: Handover, connect: Connect, reader: PacketReader): Served;
  /** Drops somebody's sessions, and all that is kept for them. */
  forget(whose: Holder): Promise<void>;
  /** Tells the clients that it ends, and ends. */
  close(): Promise<void>;
}

/** By which name somebody is known to an engine: a client by its id, and a user so that it cannot be a client's. */
export function holderName(holder: Holder | undefined): string {
  if (holder === undefined) return '';
  return holder.kind === 'user' ? `~${holder.id}` : holder.id;
}

/** How a session is shown, and known to a broker that has but one name for it. No registered id has a colon. */
export function sessionName(holder: string, clientId: string): string {
  return holder === '' || holder === clientId ? clientId : `${holder}:${clientId}`;
}
