import type { Served } from '../gate/engine.js';
import type { Link, Receiver } from '../link.js';
import type { PacketReader } from '../packets/packet-reader.js';
import { REASON } from '../packets/reason-code.js';
import type { Broker } from './broker.js';
import type { Connection, Wire } from './connection.js';
import { onClose } from './on-close.js';
import { Outgoing } from './outgoing.js';
import { receive } from './receive.js';
import { type Budget, type Job, SLICE_STEPS } from './work.js';

// Any connection may have so much of a packet half received.
const UNCOUNTED_BYTES = 4_096;

/** Carries a connection's packets over a link: cuts them out of the octets that arrive, and hands on those that leave. */
export class Transport implements Receiver, Wire, Job, Served {
  readonly #link: Link;
  readonly #reader: PacketReader;
  readonly #broker: Broker;
  readonly #onOver: (transport: Transport) => void;
  #connection: Connection | undefined;
  readonly #outgoing: Outgoing;
  /** Packets wait for their turn. */
  #isWorking = false;
  /** The client must take what waits for it before it is read from again. */
  #isBlocked = false;
  #isOver = false;
  /** Octets of a half-received packet that are counted as its client's. */
  #heldBytes = 0;
  /** The octets that the client had taken at the last sweep, and the time since when it has taken no more. */
  #takenBytes = 0;
  #takenAt = 0;

  constructor(options: {
    readonly link: Link;
    readonly reader: PacketReader;
    readonly broker: Broker;
    readonly onOver: (transport: Transport) => void;
  }) {
    this.#link = options.link;
    this.#outgoing = new Outgoing(options.link);
    this.#reader = options.reader;
    this.#broker = options.broker;
    this.#onOver = options.onOver;
  }

  /** Takes over from the receiver before, with the packets that it left. */
  start(connection: Connection): void {
    this.#connection = connection;
    this.#link.receiver = this;
    this.#goOn();
  }

  get waitingBytes(): number {
    return this.#outgoing.waitingBytes;
  }

  received(chunk: Buffer): void {
    if (this.#connection !== undefined) this.#connection.heardAt = this.#broker.now();
    this.#reader.push(chunk);
    if (!this.#isWorking && !this.#isBlocked) this.#goOn();
  }

  drained(): void {
    if (this.#isOver) return;
    this.#outgoing.drained();
    this.#connection?.session.goOn(this.#broker.now());
    if (!this.#isBlocked || this.#connection === undefined || this.#isFull(this.#connection)) return;
    this.#isBlocked = false;
    this.#link.resume();
    if (!this.#isWorking) this.#goOn();
  }

  gone(): void {
    this.#over();
  }

  send(octets: Buffer): void {
    if (!this.#isOver) this.#outgoing.send(octets);
  }

  end(last?: Buffer): void {
    if (this.#isOver) return;
    this.#outgoing.end(last);
    this.#over();
  }

  destroy(): void {
    this.#link.destroy();
    this.#over();
  }

  revoke(): void {
    this.#connection?.end(REASON.administrativeAction);
  }

  /** Goes on with the packets that wait. */
  run(budget: Budget): boolean {
    const connection = this.#connection;
    try {
      while (connection !== undefined && !this.#isOver) {
        if (connection.job !== undefined && !connection.job.run(budget)) return false;
        connection.job = undefined;
        if (budget.left <= 0) return false;
        if (this.#isFull(connection)) {
          // A client that takes none of its answers is not read from.
          this.#isBlocked = true;
          this.#link.pause();
          break;
        }
        const packet = this.#reader.next();
        if (packet === 'incomplete') {
          if (!this.#holdUnfinished(connection))
            connection.end(
              REASON.quotaExceeded,
              'no room for what it and others of its client have half sent',
            );
          break;
        }
        budget.left -= 1;
        if (packet === 'invalid') connection.end(REASON.malformed, 'a packet without a length');
        else if (packet === 'too long') connection.end(REASON.packetTooLarge, 'a packet that is too long');
        else receive(connection, packet, budget);
      }
    } catch (error) {
      // A failure ends this connection, and no other.
      this.#broker.onFailure(error);
      this.destroy();
    }
    if (this.#isWorking && !this.#isBlocked) this.#link.resume();
    this.#isWorking = false;
    return true;
  }

  /** Ends the connection if the client is not there any more. @param now by the engine's clock */
  sweep(now: number): void {
    const connection = this.#connection;
    if (connection === undefined || this.#isOver) return;
    const { keepAliveMs, heardAt } = connection;
    const stalledMs = this.#broker.limits.stalledSeconds * 1_000;
    const { takenBytes } = this.#link;
    if (this.waitingBytes === 0 || takenBytes !== this.#takenBytes || this.#takenAt === 0) {
      this.#takenBytes = takenBytes;
      this.#takenAt = now;
    }
    if (now - this.#takenAt > stalledMs) {
      connection.handover.ended(`it took nothing for ${stalledMs / 1_000} seconds`);
      this.destroy();
    } else if (keepAliveMs > 0 && now - heardAt > keepAliveMs * 1.5 && !this.#isWorking && !this.#isBlocked) {
      // [MQTT-3.1.2-22], unless it is the server that does not read
      connection.end(REASON.keepAliveTimeout, 'nothing was heard for one and a half times its keep-alive');
    }
  }

  /** Tells the client that the server ends. */
  farewell(): void {
    this.#connection?.end(REASON.shuttingDown);
  }

  /** True if the client must take something first: then the link waits, and tells when it goes on. */
  #isFull(connection: Connection): boolean {
    if (connection.hasRoomFor(0)) return false;
    this.#outgoing.flush();
    return this.#link.isWaiting;
  }

  /** Counts a half-received packet as its client's. @returns false if there is no room for it */
  #holdUnfinished({ session: { account } }: Connection): boolean {
    const { received } = this.#reader;
    if (received <= UNCOUNTED_BYTES && this.#heldBytes === 0) return true;
    const more = received - this.#heldBytes;
    if (more > 0 && !account.hold(more)) return false;
    if (more < 0) account.release(-more);
    this.#heldBytes = received;
    return true;
  }

  #goOn(): void {
    if (this.run({ left: SLICE_STEPS }) || this.#isWorking) return;
    this.#isWorking = true;
    this.#link.pause();
    this.#broker.work.add(this);
  }

  #over(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#outgoing.drop();
    this.#broker.work.delete(this);
    const connection = this.#connection;
    if (connection === undefined) return;
    if (this.#heldBytes > 0) connection.session.account.release(this.#heldBytes);
    this.#heldBytes = 0;
    connection.isOver = true;
    onClose(connection);
    connection.handover.closed();
    this.#onOver(this);
  }
}
