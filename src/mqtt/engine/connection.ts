import type { Handover } from '../gate/engine.js';
import { makeAcknowledgement } from '../packets/acknowledgement.js';
import { makeDisconnect } from '../packets/disconnect.js';
import { REASON } from '../packets/reason-code.js';
import type { Broker } from './broker.js';
import type { Message, Sending } from './message.js';
import type { Delivery, Outlet, Session } from './session.js';
import type { Will } from './will.js';
import type { Job } from './work.js';

/** The way that a connection's packets leave by. */
export interface Wire {
  /** Octets that were sent and not yet taken. */
  readonly waitingBytes: number;
  send(octets: Buffer): void;
  /** Ends behind all that was sent, and `last`. */
  end(last?: Buffer): void;
  /** Ends at once. */
  destroy(): void;
}

export interface ConnectionOptions {
  readonly broker: Broker;
  readonly session: Session;
  readonly handover: Handover;
  readonly wire: Wire;
  readonly protocolVersion: number;
  readonly isBridge: boolean;
  /** 0 for none. */
  readonly keepAliveMs: number;
  /** The number of unacknowledged deliveries that the client takes. */
  readonly receiveMaximum: number;
  readonly maximumPacketSize: number;
  readonly will: Will | undefined;
}

/** The state of the protocol between a client and this server, whatever carries it: packets come in, packets and effects go out. */
export class Connection implements Outlet {
  readonly broker: Broker;
  readonly session: Session;
  readonly handover: Handover;
  readonly protocolVersion: number;
  /** A broker is at the other end: retained messages stay retained, and it gets none of its own messages. */
  readonly isBridge: boolean;
  readonly keepAliveMs: number;
  readonly window: number;
  /** The message that is published if the client goes without a DISCONNECT. */
  will: Will | undefined;
  /** Work that must be done before the next packet is looked at. */
  job: Job | undefined;
  /** The time when something was received last, by the engine's clock. */
  heardAt: number;
  isOver = false;
  /** Another connection goes on with its session. */
  isContinued = false;
  /** The topics that the client's aliases stand for. MQTT 5 section 3.3.2.3.4. */
  aliases: Map<number, string> | undefined;
  readonly #wire: Wire;
  readonly #maximumPacketSize: number;

  constructor(options: ConnectionOptions) {
    this.broker = options.broker;
    this.session = options.session;
    this.handover = options.handover;
    this.protocolVersion = options.protocolVersion;
    this.isBridge = options.isBridge;
    this.keepAliveMs = options.keepAliveMs;
    this.window = Math.min(options.receiveMaximum, options.broker.limits.inFlight);
    this.will = options.will;
    this.#wire = options.wire;
    this.#maximumPacketSize = options.maximumPacketSize;
    this.heardAt = options.broker.now();
  }

  get isFive(): boolean {
    return this.protocolVersion === 5;
  }

  send(octets: Buffer): void {
    // [MQTT-3.1.2-24] An answer that is too long for the client must not be sent, and the client waits for it.
    if (octets.length > this.#maximumPacketSize) this.close();
    else this.#wire.send(octets);
  }

  /** Ends the connection, and tells a client of MQTT 5 why. @param why the reason for the log; undefined if the client asked for the end */
  end(reasonCode: number, why?: string): void {
    if (this.isOver) return;
    this.isOver = true;
    if (why !== undefined) this.handover.ended(why);
    this.#wire.end(this.isFive ? makeDisconnect(reasonCode) : undefined);
  }

  takeOver(isContinued: boolean): void {
    this.isContinued = isContinued;
    this.end(REASON.sessionTakenOver, 'another connection has its client id');
  }

  /** Ends the connection without a word: the client knows why. */
  close(): void {
    this.isOver = true;
    this.#wire.destroy();
  }

  hasRoomFor(bytes: number): boolean {
    const { waitingBytes } = this.#wire;
    return waitingBytes === 0 || waitingBytes + bytes <= this.broker.limits.waitingOctets;
  }

  sendOnce(
    message: Message,
    { retain, subscriptionIds }: Pick<Delivery, 'retain' | 'subscriptionIds'>,
  ): void {
    const now = this.#nowFor(message);
    const { protocolVersion } = this;
    this.#publish(message, {
      protocolVersion,
      qos: 0,
      retain,
      subscriptionIds,
      packetId: 0,
      isDuplicate: false,
      now,
    });
  }

  sendDelivery(delivery: Delivery, packetId: number, isDuplicate: boolean): boolean {
    const { message, qos, retain, subscriptionIds } = delivery;
    const now = this.#nowFor(message);
    const { protocolVersion } = this;
    return this.#publish(message, {
      protocolVersion,
      qos,
      retain,
      subscriptionIds,
      packetId,
      isDuplicate,
      now,
    });
  }

  sendRelease(packetId: number): void {
    this.send(makeAcknowledgement(6, packetId));
  }

  /** The time is asked for only if the message expires. */
  #nowFor({ expiresAt }: Message): number {
    return expiresAt === Number.POSITIVE_INFINITY ? 0 : this.broker.now();
  }

  #publish(message: Message, sending: Sending): boolean {
    const [head, payload] = message.encode(sending);
    // [MQTT-3.1.2-24]
    if (head.length + (payload?.length ?? 0) > this.#maximumPacketSize) return false;
    this.#wire.send(head);
    if (payload !== undefined) this.#wire.send(payload);
    return true;
  }
}
