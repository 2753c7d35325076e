import type { Handover } from '../gate/engine.js';
import type { Link, Receiver } from '../link.js';
import { DISCONNECT, makeDisconnect } from '../packets/disconnect.js';
import { REASON } from '../packets/reason-code.js';
import { FromBroker } from './from-broker.js';
import { FromClient } from './from-client.js';
import { type Judge, PacketFilter } from './packet-filter.js';
import { PartlyRefused } from './subscribe.js';

export interface RelayOptions {
  readonly handover: Handover;
  readonly broker: Link;
  readonly protocolVersion: number;
  readonly topicAliasMaximum: number;
  /** The topic of the client's will; undefined if it has none. */
  readonly willTopic: string | undefined;
  readonly onOver: () => void;
}

// The gate's own packets that wait for one that is half passed on: only a slow reader, and many refusals, make so many.
const MAX_WAITING_BYTES = 64 * 1024;

/** Passes on the packets of a client and the broker, as far as the client's scopes go, until one of the two ends. */
export class Relay {
  readonly #handover: Handover;
  readonly #protocolVersion: number;
  readonly #willTopic: string | undefined;
  readonly #onOver: () => void;
  readonly #client: Side;
  readonly #broker: Side;
  #isOver = false;

  constructor({ handover, broker, protocolVersion, topicAliasMaximum, willTopic, onOver }: RelayOptions) {
    this.#onOver = onOver;
    this.#handover = handover;
    this.#protocolVersion = protocolVersion;
    this.#willTopic = willTopic;
    const partlyRefused = new PartlyRefused();
    const shared = { protocolVersion, partlyRefused };
    const toClient: Buffer[] = [];
    const fromClient = new FromClient({ ...shared, handover, topicAliasMaximum, answers: toClient });
    this.#client = new Side({ relay: this, link: handover.link, judge: fromClient, answers: toClient });
    const toBroker: Buffer[] = [];
    const fromBroker = new FromBroker({ ...shared, rights: handover.rights, answers: toBroker });
    this.#broker = new Side({ relay: this, link: broker, judge: fromBroker, answers: toBroker });
  }

  /** Begins. @param received the octets that each side has sent already */
  start(received: { readonly ofBroker: Buffer; readonly ofClient: Buffer }): void {
    for (const side of [this.#client, this.#broker]) side.link.receiver = side;
    this.take(this.#broker, received.ofBroker);
    this.take(this.#client, received.ofClient);
    // A link that ended before this listened does not tell it again.
    if (this.#client.link.isOver || this.#broker.link.isOver) this.end();
  }

  /** Ends both connections, and tells a client of MQTT 5 why. */
  endWith(reasonCode: number): void {
    if (this.#protocolVersion === 5) this.#tellClient(makeDisconnect(reasonCode));
    this.end();
  }

  /** Takes octets that a side sends. */
  take(from: Side, chunk: Buffer): void {
    if (this.#isOver || chunk.length === 0) return;
    const to = this.otherOf(from);
    const { passed, isCut } = from.filter.feed(chunk);
    if (passed.length > 0) to.link.writeAll(passed);
    if (to.link.isWaiting) from.waitForOther();
    if (from.answers.length > 0) this.#answer(from, to);
    if (isCut) this.#cut(from);
  }

  otherOf(side: Side): Side {
    return side === this.#client ? this.#broker : this.#client;
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // The broker publishes the will unless it gets a DISCONNECT: it must not if the client has lost that right.
    const isWillClosed =
      this.#willTopic !== undefined && !this.#handover.rights.may('publish', this.#willTopic);
    this.#broker.link.end(isWillClosed && this.#client.filter.isBetweenPackets ? DISCONNECT : undefined);
    this.#client.link.end();
    this.#onOver();
  }

  #answer(from: Side, to: Side): void {
    const now = to.filter.insert(Buffer.concat(from.answers.splice(0)));
    if (now !== undefined) from.link.write(now);
    if (from.link.isWaiting) from.waitForOwn();
    if (to.filter.waitingBytes > MAX_WAITING_BYTES) this.end();
  }

  /** A side broke the rules of MQTT. */
  #cut(from: Side): void {
    if (from === this.#broker) this.#handover.ended('the upstream broker sent what MQTT does not allow');
    else {
      this.#handover.ended('it sent what MQTT does not allow');
      this.endWith(REASON.protocolError);
    }
    this.end();
  }

  #tellClient(packet: Buffer): void {
    if (!this.#isOver && this.#broker.filter.isBetweenPackets) this.#client.link.write(packet);
  }
}

/** The client, or the broker. */
class Side implements Receiver {
  readonly link: Link;
  /** Decides which of its packets the other side gets. */
  readonly filter: PacketFilter;
  /** The gate's own answers to its packets. */
  readonly answers: Buffer[];
  readonly #relay: Relay;
  #waitsForOther = false;
  #waitsForOwn = false;

  constructor(options: {
    readonly relay: Relay;
    readonly link: Link;
    readonly judge: Judge;
    readonly answers: Buffer[];
  }) {
    this.#relay = options.relay;
    this.link = options.link;
    this.filter = new PacketFilter(options.judge);
    this.answers = options.answers;
  }

  received(chunk: Buffer): void {
    this.#relay.take(this, chunk);
  }

  drained(): void {
    this.#waitsForOwn = false;
    this.#goOn();
    const other = this.#relay.otherOf(this);
    other.#waitsForOther = false;
    other.#goOn();
  }

  gone(): void {
    this.#relay.end();
  }

  /** Reads no more of it until the other side has taken all that it was given. */
  waitForOther(): void {
    this.#waitsForOther = true;
    this.link.pause();
  }

  /** Reads no more of it until it has taken all that it was given itself. */
  waitForOwn(): void {
    this.#waitsForOwn = true;
    this.link.pause();
  }

  #goOn(): void {
    if (!this.#waitsForOther && !this.#waitsForOwn) this.link.resume();
  }
}
