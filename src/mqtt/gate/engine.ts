import type { Principal } from '../../core/model/principal.js';
import type { Rights } from '../../core/verify/topic-rights.js';
import type { Link } from '../link.js';
import type { ConnectRefusal } from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';

/** The client or user whose sessions an engine keeps. */
export type Holder = Pick<Principal, 'kind' | 'id'>;

/** A connection that got past the gate, and waits for its CONNACK. */
export interface Handover {
  readonly link: Link;
  /** The owner of the session; undefined on a listener that asks for no credential. */
  readonly holder: Holder | undefined;
  /**
   * The id of the holder's session: the holder's own if its credential is for one client id only, else the one that the
   * client chose, or that was made up for it. A session is found by holder and id as two values: no id names a session of
   * another holder.
   */
  readonly clientId: string;
  /** The client left its id to the server. */
  readonly isAssigned: boolean;
  /** The topics that it may use, by its record as that stands when they are asked about. */
  readonly rights: Rights;
  /** Refuses the connection after all. */
  refuse(refusal: ConnectRefusal, cause: string): void;
  /** Tells that the client was refused a topic. */
  refusedTopic(verb: 'publish' | 'subscribe', topic: string, why: string): void;
  /** Tells that the connection ends although the client did not ask for that. */
  ended(reason: string): void;
  /** Tells that the connection is over. */
  closed(): void;
}

/** A connection of an engine that can be taken back. */
export interface Served {
  /** Ends the connection because its credential does not hold any more: nothing goes in or out from now on. */
  revoke(): void;
}

/** The server of the connections that the gate lets in. */
export interface Engine {
  /**
   * Takes a connection, and its link.
   * @param reader holds the octets behind the CONNECT, and takes those that follow
   * @returns the connection, to be revoked
   */
  handOver(handover: Handover, connect: Connect, reader: PacketReader): Served;
  /** Drops a holder's sessions, and all that is kept for them. */
  forget(whose: Holder): Promise<void>;
  /** Tells the clients that the server ends, and ends. */
  close(): Promise<void>;
}

/** The name of a holder at an engine: a client's id, or a user's id behind a sign that no client's id has. */
export function holderName(holder: Holder | undefined): string {
  if (holder === undefined) return '';
  return holder.kind === 'user' ? `~${holder.id}` : holder.id;
}

/** The name of a session in logs, and at a broker, which has but one name for it. No registered id has a colon. */
export function sessionName(holder: string, clientId: string): string {
  return holder === '' || holder === clientId ? clientId : `${holder}:${clientId}`;
}
