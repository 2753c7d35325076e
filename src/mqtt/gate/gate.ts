// Longer than most files: a gate and an entrance to it are one thing, and neither can be read without the other.

import type { Duplex } from 'node:stream';
import type { Principal } from '../../core/model/principal.js';
import type { Clock } from '../../core/ports/clock.js';
import type { MqttRefusal, Observer } from '../../core/ports/observer.js';
import type { Attempts } from '../../core/verify/attempts.js';
import { verifyConnect } from '../../core/verify/connect.js';
import { explainLimit, explainRefusal, RATE_LIMITED } from '../../core/verify/explain-refusal.js';
import type { LiveConnections } from '../../core/verify/live-connections.js';
import { CONNECT_DEMAND } from '../../core/verify/presentation.js';
import { type RevisedRegistry, type Rights, TopicRights } from '../../core/verify/topic-rights.js';
import { Deadlines } from '../../network/deadlines.js';
import { Link, type Receiver } from '../link.js';
import {
  type ConnectRefusal,
  connectRefusal,
  refusalPacket,
  SERVER_UNAVAILABLE,
} from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import { PacketReader } from '../packets/packet-reader.js';
import { brokenRule } from './connect-rules.js';
import type { Engine, Handover, Served } from './engine.js';
import { type MqttAuthentication, presentConnect } from './present.js';
import { readConnect } from './read-connect.js';
import { sessionIdOf } from './session-id.js';
import { shownConnection } from './shown-connection.js';

export interface GateOptions {
  readonly registry: RevisedRegistry;
  readonly clock: Clock;
  readonly engine: Engine;
  readonly live: Pick<LiveConnections, 'add' | 'delete'>;
  readonly connectTimeoutMs: number;
  /** Failed attempts of an address. */
  readonly attempts: Attempts;
  /** The key that an address is counted under. */
  readonly addressKey: (address: string) => string;
  readonly observer: Pick<Observer, 'accepted' | 'refused' | 'connection' | 'failed'>;
}

/** The way that a connection comes in. */
export interface Arrival {
  readonly authentication: MqttAuthentication;
  /** The address that it comes from; undefined for the address of its socket. */
  readonly address?: string;
}

// A CONNECT may have five strings of 64 KiB, but no honest device needs as much; nor does any packet but a PUBLISH.
const MAX_PACKET_BYTES = 128 * 1024;

/** Decides on connections by their CONNECT, before any engine sees them: a refusal costs no session. */
export class Gate {
  readonly options: GateOptions;
  /** The rights of clients on a listener that asks for no credential. */
  readonly openRights: Rights;
  /** Tells of a failure that ended a connection. */
  readonly failed: (error: unknown) => void;
  readonly #waiting: Deadlines<Entrance>;

  constructor(options: GateOptions) {
    this.options = options;
    this.failed = (error) => options.observer.failed({ part: 'mqtt-connection', error });
    this.openRights = new TopicRights(undefined, options.registry, options.clock);
    this.#waiting = new Deadlines(options.connectTimeoutMs, (entrance) => entrance.tooLate());
  }

  /** Waits for a connection's CONNECT, and decides on it. */
  admit(stream: Duplex, arrival: Arrival): void {
    this.#waiting.add(new Entrance(this, stream, arrival));
  }

  /** Ends the wait for a connection's CONNECT: it came, or never will. */
  heard(entrance: Entrance): void {
    this.#waiting.delete(entrance);
  }

  close(): void {
    this.#waiting.close();
  }
}

/** A client whose credential holds; without a principal on a listener that asks for no credential. */
interface Accepted {
  readonly principal?: Principal;
  readonly passwordId?: string | null | undefined;
}

/** One connection at the gate, and what the gate tells the engine of it afterwards. */
class Entrance implements Receiver, Handover {
  readonly link: Link;
  readonly #gate: Gate;
  readonly #authentication: MqttAuthentication;
  /** undefined as soon as the connection is decided on. */
  #reader: PacketReader | undefined = new PacketReader(MAX_PACKET_BYTES);
  #isDecided = false;
  #served: Served | undefined;
  #version: number | undefined;
  /** Why the engine ends it; undefined if its client does. */
  #endReason: string | undefined;
  holder: Principal | undefined;
  clientId = '';
  isAssigned = false;
  rights: Rights;

  constructor(gate: Gate, stream: Duplex, { authentication, address }: Arrival) {
    this.#gate = gate;
    this.#authentication = authentication;
    this.rights = gate.openRights;
    this.link = new Link(stream, this, { address, onFailure: gate.failed });
  }

  received(chunk: Buffer): void {
    const reader = this.#reader;
    if (reader === undefined) return;
    reader.push(chunk);
    if (!this.#isDecided) this.#readConnect(reader);
    // Octets behind the CONNECT wait for the verdict.
    else if (reader.received > MAX_PACKET_BYTES) this.link.pause();
  }

  drained(): void {}

  gone(): void {
    const isRefused = !this.#isDecided && (this.#reader?.received ?? 0) > 0;
    this.#decided();
    this.closed();
    if (isRefused) this.#reportRefusal('connection', 'the connection ended within its CONNECT');
  }

  /** The CONNECT did not come in time. */
  tooLate(): void {
    this.#drop('no CONNECT in time');
  }

  #readConnect(reader: PacketReader): void {
    const read = readConnect(reader);
    if (read === 'incomplete') return;
    const { protocolVersion, clientId } = read.outcome === 'connect' ? read.connect : read;
    this.#version = protocolVersion;
    this.clientId = clientId;
    this.#isDecided = true;
    this.#gate.heard(this);
    // A failure in here lets nobody in, and ends no other connection.
    if (read.outcome === 'connect')
      this.#decide(read.connect, reader).catch((error) => {
        this.#gate.failed(error);
        this.#drop('it could not be decided on');
      });
    else if (read.refusal === undefined) this.#drop(read.cause);
    else this.refuse(read.refusal, read.cause);
  }

  /** Credential, session, rules, and then the engine. */
  async #decide(connect: Connect, reader: PacketReader): Promise<void> {
    const accepted = this.#authentication === 'open' ? {} : await this.#verify(connect, this.#authentication);
    // Nobody waits for an answer that cannot come.
    if (accepted === undefined || this.link.isOver) return;
    this.#nameSession(connect, accepted);
    const broken = brokenRule(connect, this.rights);
    if (broken !== undefined) return this.refuse(broken.refusal, broken.cause);
    this.#decided();
    this.#endWithCredential(accepted);
    // The engine may pause the connection for reasons of its own: the gate lets it go before.
    this.link.resume();
    this.#served = this.#gate.options.engine.handOver(this, connect, reader);
  }

  #nameSession(connect: Connect, { principal }: Accepted): void {
    const { registry, clock } = this.#gate.options;
    const { clientId, isAssigned } = sessionIdOf(principal, connect.clientId);
    this.holder = principal;
    this.clientId = clientId;
    this.isAssigned = isAssigned;
    if (principal !== undefined) this.rights = new TopicRights(principal, registry, clock);
  }

  /** From here on the connection ends as soon as its credential does not hold any more. */
  #endWithCredential({ principal, passwordId }: Accepted): void {
    if (principal !== undefined)
      this.#gate.options.live.add(
        this,
        { principal, demand: CONNECT_DEMAND, passwordId },
        { address: this.link.address },
      );
  }

  async #verify(
    connect: Connect,
    authentication: Exclude<MqttAuthentication, 'open'>,
  ): Promise<Accepted | undefined> {
    const { registry, clock, attempts, addressKey, observer } = this.#gate.options;
    const { presentation, isPassword } = presentConnect(connect, this.link.stream, authentication);
    const countAs = addressKey(this.link.address);
    const verdict = await verifyConnect(presentation, { registry, clock, attempts, countAs });
    if (verdict.outcome === 'limited') {
      const { reason } = verdict;
      const explain = () => explainLimit({ presentation, reason, registry, now: clock.now() });
      this.refuse(SERVER_UNAVAILABLE, RATE_LIMITED, explain);
      return undefined;
    }
    if (verdict.outcome !== 'accepted') {
      const { reason } = verdict;
      const explain = () => explainRefusal({ presentation, reason, registry, now: clock.now() });
      this.refuse(connectRefusal(reason, { isPassword }), reason, explain);
      return undefined;
    }
    const { principal, passwordId } = verdict;
    observer.accepted(principal, this.link.address);
    return { principal, passwordId };
  }

  refuse(refusal: ConnectRefusal, reason: string, explain?: MqttRefusal['explain']): void {
    this.#decided();
    this.link.end(refusalPacket(refusal, this.#version ?? 4));
    this.#reportRefusal('connection', reason, explain);
  }

  refusedTopic(verb: 'publish' | 'subscribe', topic: string, why: string): void {
    const what = verb === 'publish' ? 'publish' : 'subscription';
    this.#reportRefusal(what, `${why} for ${topic.slice(0, 120)}`);
  }

  ended(reason: string): void {
    const { observer } = this.#gate.options;
    observer.connection({ protocol: 'mqtt', what: 'ended', ...this.#shown(), reason });
    this.#endReason = reason;
  }

  closed(): void {
    this.#gate.options.live.delete(this, this.#endReason);
  }

  /** Ends a connection whose credential does not hold any more. */
  destroy(): void {
    if (this.#served === undefined) this.link.destroy();
    else this.#served.revoke();
  }

  /** Ends the connection without a word. */
  #drop(reason: string): void {
    this.#decided();
    this.#reportRefusal('connection', reason);
    this.link.destroy();
  }

  #decided(): void {
    this.#isDecided = true;
    this.#reader = undefined;
    this.#gate.heard(this);
  }

  #reportRefusal(what: MqttRefusal['what'], reason: string, explain?: MqttRefusal['explain']): void {
    const { observer } = this.#gate.options;
    const holder = this.holder?.kind === 'client' ? this.holder.id : undefined;
    observer.refused({ by: 'mqtt', what, ...this.#shown(), holder, reason, explain });
  }

  #shown() {
    const { holder, clientId } = this;
    return { address: this.link.address, ...shownConnection({ holder, clientId, version: this.#version }) };
  }
}
