import { generate, type IConnackPacket } from 'mqtt-packet';
import type { Handover, Served } from '../gate/engine.js';
import type { Receiver } from '../link.js';
import { SERVER_UNAVAILABLE } from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';
import { REASON } from '../packets/reason-code.js';
import { type BrokerAddress, type BrokerAnswer, OpeningSession } from './open-session.js';
import { Relay } from './relay.js';

export interface PassageOptions {
  readonly handover: Handover;
  readonly reader: PacketReader;
  /** All passages that are not over. */
  readonly passages: Set<Passage>;
}

export interface PassageRequest {
  /** The client's CONNECT, and the one that the broker gets in its place. */
  readonly connect: Connect;
  readonly upstreamConnect: Buffer;
  readonly onAccepted: () => void;
}

// A client may send so many octets while the broker is asked.
const MAX_WAITING_BYTES = 128 * 1024;

/** A client's way to the broker: first its session there is opened, and then the packets of both are passed on. */
export class Passage implements Receiver, Served {
  readonly #handover: Handover;
  readonly #passages: Set<Passage>;
  /** undefined as soon as the broker has answered. */
  #reader: PacketReader | undefined;
  #opening: OpeningSession | undefined;
  #relay: Relay | undefined;

  constructor({ handover, reader, passages }: PassageOptions) {
    this.#handover = handover;
    this.#reader = reader;
    this.#passages = passages;
    passages.add(this);
    handover.link.receiver = this;
  }

  /** Asks the broker for the session. */
  open(address: BrokerAddress, { connect, upstreamConnect, onAccepted }: PassageRequest): void {
    if (this.#handover.link.isOver) return;
    const { protocolVersion } = connect;
    this.#opening = new OpeningSession(address, {
      connect: upstreamConnect,
      protocolVersion,
      onAnswer: (answer) => {
        if (answer.outcome === 'failed') return this.#handover.refuse(SERVER_UNAVAILABLE, answer.because);
        onAccepted();
        this.#begin(answer, connect);
      },
    });
  }

  received(chunk: Buffer): void {
    this.#reader?.push(chunk);
    if ((this.#reader?.received ?? 0) > MAX_WAITING_BYTES) this.#handover.link.pause();
  }

  drained(): void {}

  gone(): void {
    this.#opening?.cancel();
    this.#over();
  }

  revoke(): void {
    this.end(REASON.administrativeAction);
  }

  /** Ends both connections, and tells a client of MQTT 5 why. */
  end(reasonCode: number): void {
    this.#opening?.cancel();
    if (this.#relay === undefined) this.#handover.link.destroy();
    else this.#relay.endWith(reasonCode);
    this.#over();
  }

  #begin(answer: Extract<BrokerAnswer, { outcome: 'accepted' }>, { protocolVersion, will }: Connect): void {
    const { link } = this.#handover;
    const { bytes, rest, packet } = answer;
    const broker = this.#opening?.link;
    const reader = this.#reader;
    if (broker === undefined || reader === undefined || link.isOver) {
      this.gone();
      return;
    }
    this.#opening = undefined;
    this.#reader = undefined;
    this.#relay = new Relay({
      ...{ handover: this.#handover, broker, protocolVersion },
      topicAliasMaximum: packet?.properties?.topicAliasMaximum ?? 0,
      willTopic: will?.topic,
      onOver: () => this.#over(),
    });
    const { isAssigned, clientId } = this.#handover;
    link.write(packet && isAssigned ? withAssignedId(packet, clientId) : bytes);
    this.#relay.start({ ofBroker: rest, ofClient: reader.rest() });
    link.resume();
  }

  #over(): void {
    this.#passages.delete(this);
    this.#handover.closed();
  }
}

function withAssignedId(connack: IConnackPacket, assignedClientIdentifier: string): Buffer {
  const properties = { ...connack.properties, assignedClientIdentifier };
  return generate({ ...connack, properties }, { protocolVersion: 5 });
}
