import type { Principal } from '../model/principal.js';
import type { Timestamp } from '../model/time.js';

/**
 * Learns of events in a running server, to count them or to log them. Its methods return at once and never throw,
 * because they run in the middle of requests and packets.
 */
export interface Observer {
  /** Notes an accepted credential and the address that it came from. */
  accepted(principal: Principal, from: string): void;
  refused(refusal: ObservedRefusal): void;
  /** Notes a connection that the server ended, or whose messages it dropped. */
  connection(event: ConnectionEvent): void;
  /** Notes a change that the server made or noticed by itself. */
  changed(change: ObservedChange): void;
  failed(failure: Failure): void;
}

/** A refusal of something that a caller, a device or a broker asked for. */
export type ObservedRefusal = HttpRefusal | MqttRefusal | CallbackRefusal | ProxyRefusal;

/** A refused credential, for the operator: its caller is told less. Nothing in here can be presented. */
export interface RefusedCredential {
  /** Its kind, by its shape. */
  readonly credential?: string;
  /** A key's prefix and the beginning of a hash, or a serial number: enough to recognise it. */
  readonly hint?: string;
  /** The client that it names. */
  readonly client?: string;
  /** The client that it was proved to be of, or was of. */
  readonly holder?: string;
  readonly cause: string;
}

interface ExplainedRefusal {
  readonly reason: string;
  /** Explains the refusal. To be asked only where somebody reads it, and after the caller has its answer. */
  readonly explain?: (() => RefusedCredential) | undefined;
}

export interface HttpRefusal extends ExplainedRefusal {
  readonly by: 'http';
  readonly what: 'request' | 'connection';
  readonly address: string;
  readonly method?: string | undefined;
  /** The path without its query; what looks like a credential is left out. */
  readonly path?: string | undefined;
  readonly status?: number;
}

export interface MqttRefusal extends MqttClient, ExplainedRefusal {
  readonly by: 'mqtt';
  /** The client that had been let in before. */
  readonly holder?: string | undefined;
  readonly what: 'connection' | 'publish' | 'subscription';
}

interface CallbackRefusal extends ExplainedRefusal {
  readonly by: 'callback';
  readonly path: string;
  /** The client id from the request, cut short. */
  readonly clientId: string;
  readonly outcome: 'deny' | 'unavailable';
  /** The address of the device if its broker names it, else of the broker. */
  readonly address: string;
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
  /** The client id from the client, cut short, behind its holder's name; missing if the client gave none. */
  readonly clientId?: string;
  /** The protocol level. */
  readonly version?: number;
}

export type ObservedChange =
  /** Something that ends soon: a credential, or something that the home itself has. */
  | { readonly what: 'ending'; readonly name: string; readonly at: Timestamp; readonly isReplaced: boolean }
  | { readonly what: 'server-certificate'; readonly notAfter: Timestamp }
  /** The clock of this machine was set: by `byMs`, which is negative for back, to `now`. */
  | { readonly what: 'clock'; readonly byMs: number; readonly now: Timestamp }
  /** A part of the keystore can be read again; `was` is the trouble it had. */
  | { readonly what: 'keystore-readable'; readonly was: string }
  | { readonly what: 'licence'; readonly restrictedBecause: string }
  | {
      readonly what: 'licence';
      readonly restrictedBecause: null;
      /** The number of clients that the licence allows; null for any number. */
      readonly deviceLimit: number | null;
      readonly expiresAt: Timestamp;
      readonly used: number;
    };

/** A part of the server that does not work, while the server goes on. */
export interface Failure {
  readonly part:
    | 'keystore'
    | 'last-uses'
    | 'pruning'
    | 'server-certificate'
    | 'licence'
    | 'ends'
    | 'http-request'
    | 'http-upstream'
    | 'mqtt-connection';
  readonly error: unknown;
}
