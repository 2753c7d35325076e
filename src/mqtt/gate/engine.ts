import type { Duplex } from 'node:stream';
import type { Principal } from '../../core/presentation.js';
import type { TopicVerb } from '../../core/scope.js';
import type { ConnectRefusal } from '../packets/connack.js';
import type { ReceivedConnect } from './read-connect.js';

/** A connection that got past the gate, and waits for its CONNACK. */
export interface Admission {
  readonly stream: Duplex;
  /** The CONNECT as the client said it, and what was received behind it. */
  readonly first: ReceivedConnect;
  /** undefined where the listener was left open. */
  readonly principal: Principal | undefined;
  /** In place of the client id of the CONNECT: under this the engine keeps the session. */
  readonly sessionId: string;
  /** Whether the client may use a topic now. */
  mayUse(verb: TopicVerb, topic: string): boolean;
  /** To be called when the client was refused a topic. */
  refused(verb: TopicVerb, topic: string): void;
  /** Refuses the connection after all. */
  refuse(refusal: ConnectRefusal, reason: string): void;
  /** To be called when the session ends by no wish of the client's. */
  ended(reason: string): void;
}

/** What serves the connections that the gate lets in. */
export interface Engine {
  /** Protocol levels it speaks: 3 for MQTT 3.1, 4 for 3.1.1, 5. */
  readonly protocolVersions: ReadonlySet<number>;
  admit(admission: Admission): void;
  /** Drops what is kept of somebody's sessions beyond their connections. */
  forget(whose: Pick<Principal, 'kind' | 'id'>): Promise<void>;
  close(): Promise<void>;
}
