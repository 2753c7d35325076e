import type { Served } from '../gate/engine.js';
import type { Link, Receiver } from '../link.js';
import type { PacketReader } from '../packets/packet-reader.js';
import { REASON } from '../packets/reason-code.js';
import type { Broker } from './broker.js';
import type { Connection, Wire } from './connection.js';
import { onClose } from './on-close.js';
import { receive } from './receive.js';
import { type Budget, type Job, SLICE_STEPS } from './work.js';

// One write carries so much. A peer that is slow gets less at once, so that it is seen to take something.
const WRITE_BYTES = 64 * 1024;
const SLOW_WRITE_BYTES = 16 * 1024;

// As much of a half-received packet any connection may have.
const UNCOUNTED_BYTES = 4_096;

/** Carries a connection's packets over a link: cut out of what arrives, and put together into few writes. */
export class Transport implements Receiver, Wire, Job, Served {
  readonly #link: Link;
  readonly #reader: PacketReader;
  readonly #broker: Broker;
  readonly #onOver: (transport: Transport) => void;
  #connection: Connection | undefined;
  /** What is to be written, from an index on, and of the first of that from an octet on. */
  #pending: Buffer[] | undefined;
  #pendingFrom = 0;
  #offset = 0;
  #pendingBytes = 0;
  #isFlushing = false;
  #isSlow = false;
  /** Whether packets wait for their turn. */
  #isWorking = false;
  /** Whether the client has to take what waits for it before more is read of it. */
  #isBlocked = false;
  #isOver = false;
  /** Octets of a half-received packet that are counted as its client's. */
  #heldBytes = 0;
  /** How much the client had taken when that was looked at last, and since when it is so much. */
  #takenBytes = 0;
  #takenAt = 0;

  constructor(options: {
    readonly link: Link;
    readonly reader: PacketReader;
    readonly broker: Broker;
    readonly onOver: (transport: Transport) => void;
  }) {
    this.#link = options.link;
    this.#reader = options.reader;
    this.#broker = options.broker;
    this.#onOver = options.onOver;
  }

  /** Takes over from whoever received before, and what they left. */
  start(connection: Connection): void {
    this.#connection = connection;
    this.#link.receiver = this;
    this.#goOn();
  }

  get waitingBytes(): number {
    return this.#pendingBytes + this.#link.waitingBytes;
  }

  received(chunk: Buffer): void {
    if (this.#connection !== undefined) this.#connection.heardAt = this.#broker.now();
    this.#reader.push(chunk);
    if (!this.#isWorking && !this.#isBlocked) this.#goOn();
  }

  drained(): void {
    if (this.#isOver) return;
    this.#isSlow = this.#pendingBytes > 0;
    this.#flush();
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
    if (this.#isOver) return;
    this.#pending ??= [];
    this.#pending.push(octets);
    this.#pendingBytes += octets.length;
    if (this.#isFlushing || this.#link.isWaiting) return;
    this.#isFlushing = true;
    flushSoon(this);
  }

  end(last?: Buffer): void {
    if (this.#isOver) return;
    this.#flush();
    // Behind half a packet nothing can be said.
    const isWhole = this.#offset === 0;
    this.#link.end(isWhole ? last : undefined);
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
          // A client that takes none of its answers gets to say no more.
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
      // Whatever fails ends this connection, and no other.
      this.#broker.onFailure(error);
      this.destroy();
    }
    if (this.#isWorking && !this.#isBlocked) this.#link.resume();
    this.#isWorking = false;
    return true;
  }

  /** Looks whether the client is still there. @param now by the engine's clock */
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
      // [MQTT-3.1.2-22], where it is read from
      connection.end(REASON.keepAliveTimeout, 'nothing was heard for one and a half times its keep-alive');
    }
  }

  /** Tells the client that the server ends. */
  farewell(): void {
    this.#connection?.end(REASON.shuttingDown);
  }

  flush(): void {
    this.#isFlushing = false;
    if (!this.#isOver) this.#flush();
  }

  /** Tells whether the client must take something first. The link is asked last: only if it waits, it tells when it goes on. */
  #isFull(connection: Connection): boolean {
    if (connection.hasRoomFor(0)) return false;
    this.#flush();
    return this.#link.isWaiting;
  }

  /** Counts a packet that is half-way through as its client's. @returns false where there is no room for it */
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
    this.#pending = undefined;
    this.#pendingBytes = 0;
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

  #flush(): void {
    const most = this.#isSlow ? SLOW_WRITE_BYTES : WRITE_BYTES;
    while (this.#pendingBytes > 0 && !this.#link.isWaiting) {
      const octets = this.#take(most);
      this.#link.write(octets);
      // The slab may be filled again when the system has taken all that was in it.
      if (octets.buffer === slab.buffer && this.#link.waitingBytes > 0)
        slab = Buffer.allocUnsafeSlow(WRITE_BYTES);
    }
  }

  /** Takes what one write carries: the first as it is where it is all, or long, and else as many as fit together. */
  #take(most: number): Buffer {
    const pending = this.#pending ?? [];
    const first = pending[this.#pendingFrom] ?? slab;
    const rest = first.length - this.#offset;
    if (rest === this.#pendingBytes || rest >= most / 2) {
      const part = first.subarray(this.#offset, this.#offset + most);
      this.#taken(part.length);
      return part;
    }
    let filled = 0;
    while (this.#pendingBytes > 0) {
      const next = pending[this.#pendingFrom] ?? slab;
      if (next.length - this.#offset > most - filled) break;
      const copied = next.copy(slab, filled, this.#offset);
      filled += copied;
      this.#taken(copied);
    }
    return slab.subarray(0, filled);
  }

  #taken(bytes: number): void {
    const pending = this.#pending ?? [];
    this.#pendingBytes -= bytes;
    this.#offset += bytes;
    if (this.#offset < (pending[this.#pendingFrom]?.length ?? 0)) return;
    this.#offset = 0;
    this.#pendingFrom += 1;
    if (this.#pendingBytes === 0) {
      this.#pending = undefined;
      this.#pendingFrom = 0;
    } else if (this.#pendingFrom > 1_000 && this.#pendingFrom > pending.length / 2) {
      pending.splice(0, this.#pendingFrom);
      this.#pendingFrom = 0;
    }
  }
}

let slab = Buffer.allocUnsafeSlow(WRITE_BYTES);

// All that is sent to one peer in a turn of the event loop leaves in one write.
let unflushed: Transport[] = [];

function flushSoon(transport: Transport): void {
  if (unflushed.length === 0) setImmediate(flushAll);
  unflushed.push(transport);
}

function flushAll(): void {
  const transports = unflushed;
  unflushed = [];
  for (const transport of transports) transport.flush();
}
