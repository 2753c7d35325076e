import type { Principal } from '../model/principal.js';
import type { Timestamp } from '../model/time.js';

/**
 * Is told what happens in a running server, to count it or to write it down. Its methods return at once and never throw:
 * they are called in the middle of requests and packets.
 */
export interface Observer {
  /** A credential was accepted that was presented from an address. */
  accepted(principal: Principal, from: string): void;
  refused(refusal: ObservedRefusal): void;
  /** A connection lost something, by no wish of its client. */
  connection(event: ConnectionEvent): void;
  /** The server changed something by itself, or noticed that it did. */
  changed(change: ObservedChange): void;
  failed(failure: Failure): void;
}

/** Something that a device or a broker wanted and did not get. */
export type ObservedRefusal = MqttRefusal | CallbackRefusal | ProxyRefusal;

export interface MqttRefusal extends MqttClient {
  readonly by: 'mqtt';
  readonly what: 'connection' | 'publish' | 'subscription';
  readonly reason: string;
  /** Explains why a credential was refused; the client is not told. */
  readonly cause?: () => string;
}

interface CallbackRefusal {
  readonly by: 'callback';
  readonly path: string;
  /** As the client gave it, cut short. */
  readonly clientId: string;
  readonly outcome: 'deny' | 'unavailable';
  readonly reason: string;
}

interface ProxyRefusal {
  readonly by: 'proxy-protocol';
  readonly from: string;
  readonly because: string;
}

/** A connection that the server ended, or whose messages it dropped. */
export interface ConnectionEvent extends MqttClient {
  readonly protocol: 'http' | 'mqtt';
  readonly what: 'ended' | 'messages dropped';
  readonly reason: string;
}

export interface MqttClient {
  /** The address that the connection came from. */
  readonly address?: string;
  /** As the client gave it, cut short, behind its holder's name; missing if it gave none. */
  readonly clientId?: string;
  /** The protocol level. */
  readonly version?: number;
}

export type ObservedChange =
  | { readonly what: 'server-certificate'; readonly notAfter: Timestamp }
  | { readonly what: 'licence'; readonly restrictedBecause: string }
  | {
      readonly what: 'licence';
      readonly restrictedBecause: null;
      /** null for any number of clients. */
      readonly deviceLimit: number | null;
      readonly expiresAt: Timestamp;
      readonly used: number;
    };

/** Something that does not work, though the server goes on. */
export interface Failure {
  readonly part:
    | 'keystore'
    | 'last-uses'
    | 'pruning'
    | 'server-certificate'
    | 'licence'
    | 'http-upstream'
    | 'mqtt-connection';
  readonly error: unknown;
}
