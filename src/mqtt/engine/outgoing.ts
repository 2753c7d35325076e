import type { Link } from '../link.js';

// The octets of one write. A slow client gets fewer at once, so that it is seen to take something.
const WRITE_BYTES = 64 * 1024;
const SLOW_WRITE_BYTES = 16 * 1024;

/** The packets that leave for one client, put together into few writes. */
export class Outgoing {
  readonly #link: Link;
  /** Packets to be written, from an index on; the first of them from an octet on. */
  #pending: Buffer[] | undefined;
  #pendingFrom = 0;
  #offset = 0;
  #pendingBytes = 0;
  #isFlushing = false;
  #isSlow = false;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Octets that were sent and not yet taken. */
  get waitingBytes(): number {
    return this.#pendingBytes + this.#link.waitingBytes;
  }

  send(octets: Buffer): void {
    this.#pending ??= [];
    this.#pending.push(octets);
    this.#pendingBytes += octets.length;
    if (this.#isFlushing || this.#link.isWaiting) return;
    this.#isFlushing = true;
    flushSoon(this);
  }

  /** Goes on: the link took all that it was given. */
  drained(): void {
    this.#isSlow = this.#pendingBytes > 0;
    this.flush();
  }

  /** Ends the link behind all that was sent, and `last`. */
  end(last: Buffer | undefined): void {
    this.flush();
    // Behind half a packet nothing can be said.
    const isWhole = this.#offset === 0;
    this.#link.end(isWhole ? last : undefined);
  }

  /** Forgets all that was not written yet. */
  drop(): void {
    this.#pending = undefined;
    this.#pendingBytes = 0;
  }

  /** Writes as much as the link takes. */
  flush(): void {
    const most = this.#isSlow ? SLOW_WRITE_BYTES : WRITE_BYTES;
    while (this.#pendingBytes > 0 && !this.#link.isWaiting) {
      const octets = this.#take(most);
      this.#link.write(octets);
      // The slab may be filled again only when the system has taken all that was in it.
      if (octets.buffer === slab.buffer && this.#link.waitingBytes > 0)
        slab = Buffer.allocUnsafeSlow(WRITE_BYTES);
    }
  }

  /** Called once in the turn of the event loop after `send`. */
  flushDue(): void {
    this.#isFlushing = false;
    this.flush();
  }

  /** Takes the octets of one write: the first packet as it is if it is long or the only one, else as many as fit together. */
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

// All packets that are sent to one client in a turn of the event loop leave in one write.
let unflushed: Outgoing[] = [];

function flushSoon(outgoing: Outgoing): void {
  if (unflushed.length === 0) setImmediate(flushAll);
  unflushed.push(outgoing);
}

function flushAll(): void {
  const due = unflushed;
  unflushed = [];
  for (const outgoing of due) outgoing.flushDue();
}
