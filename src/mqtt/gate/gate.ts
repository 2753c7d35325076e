import { randomUUID } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { Principal, UsedCredential } from '../../core/model/principal.js';
import type { Clock } from '../../core/ports/clock.js';
import type { Attempts } from '../../core/verify/attempts.js';
import { verifyConnect } from '../../core/verify/connect.js';
import type { LiveConnections } from '../../core/verify/live-connections.js';
import { CONNECT_DEMAND } from '../../core/verify/presentation.js';
import { refusalCause } from '../../core/verify/refusal-cause.js';
import { type RevisedRegistry, type Rights, TopicRights } from '../../core/verify/topic-rights.js';
import { Deadlines } from '../deadlines.js';
import { Link, type Receiver } from '../link.js';
import {
  type ConnectRefusal,
  connectRefusal,
  refusalPacket,
  SERVER_UNAVAILABLE,
} from '../packets/connack.js';
import { type Connect, parseConnect } from '../packets/connect.js';
import { PacketReader } from '../packets/packet-reader.js';
import { type Engine, type Handover, holderName, type Served, sessionName } from './engine.js';
import { type MqttAuthentication, presentConnect } from './present.js';

export interface GateOptions {
  readonly registry: RevisedRegistry;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly live: Pick<LiveConnections, 'add' | 'delete'>;
  readonly connectTimeoutMs: number;
  /** Failed attempts of an address. */
  readonly attempts: Attempts;
  /** The key that an address is counted by. */
  readonly addressKey: (address: string) => string;
  /** Is told who got in, and from where. */
  readonly noteUse: (principal: Principal, from: string) => void;
  /** Is told of what an operator would look for when a device does not get through. */
  readonly report: (event: MqttEvent) => void;
}

/** A connection, a publish or a subscription that was refused, a session that was ended, or messages that were lost. */
export interface MqttEvent {
  readonly what:
    | 'connection refused'
    | 'publish refused'
    | 'subscription refused'
    | 'session ended'
    | 'messages dropped';
  /** Where the connection came from. */
  readonly address?: string;
  /** As the client gave it, cut short, with whose it is in front; missing where it gave none. */
  readonly clientId?: string;
  /** The protocol level. */
  readonly version?: number;
  readonly reason: string;
  /** What the client is not told; only for a credential that was refused. */
  readonly cause?: () => string;
}

/** How a connection comes in. */
export interface Arrival {
  readonly authentication: MqttAuthentication;
  /** Where it comes from; undefined for the address of its socket. */
  readonly address?: string;
}

// A CONNECT has five strings of up to 64 KiB, but devices that mean well stay far below in sum. Of what is no PUBLISH,
// no packet needs more.
const MAX_PACKET_BYTES = 128 * 1024;
const MAX_SHOWN = 80;
const CONNECT = 0x10;

/** Decides on connections by their CONNECT, before any engine sees them: a refusal costs no session. */
export class Gate {
  readonly options: GateOptions;
  /** Those of whoever is not asked who they are. */
  readonly openRights: Rights;
  readonly #waiting: Deadlines<Entrance>;

  constructor(options: GateOptions) {
    this.options = options;
    this.openRights = new TopicRights(undefined, options.registry, options.clock);
    this.#waiting = new Deadlines(options.connectTimeoutMs, (entrance) => entrance.tooLate());
  }

  /** Lets a connection in, or not. */
  admit(stream: Duplex, arrival: Arrival): void {
    this.#waiting.add(new Entrance(this, stream, arrival));
  }

  /** To be called when a connection has sent its CONNECT, or will not. */
  heard(entrance: Entrance): void {
    this.#waiting.delete(entrance);
  }

  close(): void {
    this.#waiting.close();
  }
}

/** One connection at the gate, and what the gate knows of it afterwards. */
class Entrance implements Receiver, Handover {
  readonly link: Link;
  readonly #gate: Gate;
  readonly #authentication: MqttAuthentication;
  /** Gone when the connection is handed over. */
  #reader: PacketReader | undefined = new PacketReader(MAX_PACKET_BYTES);
  #isDecided = false;
  #served: Served | undefined;
  #version: number | undefined;
  holder: Principal | undefined;
  clientId = '';
  isAssigned = false;
  rights: Rights;

  constructor(gate: Gate, stream: Duplex, { authentication, address }: Arrival) {
    this.#gate = gate;
    this.#authentication = authentication;
    this.rights = gate.openRights;
    this.link = new Link(stream, this, address);
  }

  received(chunk: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    reader.push(chunk);
    if (!this.#isDecided) this.#readConnect(reader);
    // What comes behind the CONNECT waits for the verdict.
    else if (reader.received > MAX_PACKET_BYTES) this.link.pause();
  }

  drained(): void {}

  gone(): void {
    const isRefused = !this.#isDecided && (this.#reader?.received ?? 0) > 0;
    this.#decided();
    this.closed();
    if (isRefused) this.#report('connection refused', 'the connection ended within its CONNECT');
  }

  /** Its CONNECT did not come in time. */
  tooLate(): void {
    this.#drop('no CONNECT in time');
  }

  /** The connection's first packet must be a CONNECT. [MQTT-3.1.0-1] */
  #readConnect(reader: PacketReader): void {
    if (reader.nextType !== CONNECT) {
      this.#drop('the first packet is not a CONNECT');
      return;
    }
    const packet = reader.next();
    if (packet === 'incomplete') return;
    if (packet === 'invalid') {
      this.#drop('the first packet is not a CONNECT');
      return;
    }
    if (packet === 'too long') {
      this.#drop('the CONNECT is too long');
      return;
    }
    this.#isDecided = true;
    this.#gate.heard(this);
    const parsed = parseConnect(packet);
    this.#version = parsed.outcome === 'connect' ? parsed.connect.protocolVersion : parsed.protocolVersion;
    if (parsed.outcome === 'connect') {
      this.clientId = parsed.connect.clientId;
      this.#decide(parsed.connect, reader).catch(() => {
        // Whatever fails in here lets nobody in, and ends nobody else.
        this.#drop('it could not be decided on');
      });
      return;
    }
    this.clientId = parsed.clientId;
    if (parsed.refusal === undefined) this.#drop(parsed.cause);
    else this.refuse(parsed.refusal, parsed.cause);
  }

  /** In this order: its credential, whose session it is, and the engine. */
  async #decide(connect: Connect, reader: PacketReader): Promise<void> {
    const accepted = this.#authentication === 'open' ? {} : await this.#verify(connect, this.#authentication);
    // Nobody waits for an answer that cannot come.
    if (accepted === undefined || this.link.isOver) return;
    const { registry, clock, engine, live } = this.#gate.options;
    const { principal, passwordId } = accepted;
    this.holder = principal;
    if (principal !== undefined) this.rights = new TopicRights(principal, registry, clock);
    this.#nameSession(connect);
    this.#decided();
    // What is ended for its credential is ended from here on.
    if (principal !== undefined) live.add(this, { principal, demand: CONNECT_DEMAND, passwordId });
    // Before the engine has it, which may pause it for reasons of its own.
    this.link.resume();
    this.#served = engine.handOver(this, connect, reader);
  }

  async #verify(
    connect: Connect,
    authentication: Exclude<MqttAuthentication, 'open'>,
  ): Promise<
    { readonly principal?: Principal; readonly passwordId?: string | null | undefined } | undefined
  > {
    const { registry, clock, attempts, addressKey, noteUse } = this.#gate.options;
    const { presentation, isPassword } = presentConnect(connect, this.link.stream, authentication);
    const countAs = addressKey(this.link.address);
    const verdict = await verifyConnect(presentation, { registry, clock, attempts, countAs });
    if (verdict.outcome === 'limited') {
      const reason = verdict.reason ?? 'too many wrong credentials from its address';
      this.refuse(SERVER_UNAVAILABLE, reason, () => 'too many wrong credentials from its address');
      return undefined;
    }
    if (verdict.outcome !== 'accepted') {
      const { reason } = verdict;
      const cause = () => refusalCause({ presentation, reason, registry, now: clock.now() });
      this.refuse(connectRefusal(reason, { isPassword }), reason, cause);
      return undefined;
    }
    const { principal, passwordId } = verdict;
    noteUse(principal, this.link.address);
    return { principal, passwordId };
  }

  /** Who chooses its own ids chooses among its own sessions; a credential for one client id has the one session. */
  #nameSession({ clientId }: Connect): void {
    const { holder } = this;
    const isBound = holder?.kind === 'client' && !CHOOSING.has(holder.credential.kind);
    this.isAssigned = !isBound && clientId === '';
    if (isBound) this.clientId = holder.id;
    else if (this.isAssigned) this.clientId = randomUUID();
  }

  refuse(refusal: ConnectRefusal, reason: string, cause?: () => string): void {
    this.#decided();
    this.#report('connection refused', reason, cause);
    this.link.end(refusalPacket(refusal, this.#version ?? 4));
  }

  refusedTopic(verb: 'publish' | 'subscribe', topic: string, why: string): void {
    const what = verb === 'publish' ? 'publish refused' : 'subscription refused';
    this.#report(what, `${why} for ${topic.slice(0, 120)}`);
  }

  ended(reason: string): void {
    this.#report('session ended', reason);
  }

  closed(): void {
    this.#gate.options.live.delete(this);
  }

  /** Ends a connection whose credential does not hold any more. */
  destroy(): void {
    if (this.#served === undefined) this.link.destroy();
    else this.#served.revoke();
  }

  /** Ends the connection without a word. */
  #drop(reason: string): void {
    this.#decided();
    this.#report('connection refused', reason);
    this.link.destroy();
  }

  #decided(): void {
    this.#isDecided = true;
    this.#reader = undefined;
    this.#gate.heard(this);
  }

  #report(what: MqttEvent['what'], reason: string, cause?: () => string): void {
    const shown = sessionName(holderName(this.holder), this.clientId).slice(0, MAX_SHOWN);
    this.#gate.options.report({
      what,
      address: this.link.address,
      ...(shown !== '' && { clientId: shown }),
      ...(this.#version !== undefined && { version: this.#version }),
      reason,
      ...(cause !== undefined && { cause }),
    });
  }
}

// Their holders tell their connections apart by client ids of their own.
const CHOOSING: ReadonlySet<UsedCredential['kind']> = new Set(['api-key', 'access-token', 'password']);
