import type { Packet } from '../packets/packet.js';
import { packetAt } from '../packets/packet.js';

/**
 * What becomes of a packet, judged by its beginning: it passes, it is dropped, it ends the connection, another takes its
 * place, or so many of its octets must be seen first.
 */
export type Ruling = 'pass' | 'drop' | 'cut' | Buffer | number;

/** Decides on packets, of which the end may be still to come. */
export interface Judge {
  judge(packet: Packet): Ruling;
}

/** What is to be passed on for octets that arrived, and whether the connection is to be cut behind that. */
export interface Filtered {
  readonly passed: readonly Buffer[];
  readonly isCut: boolean;
}

// What a packet is judged by: a topic with its properties, or a whole SUBSCRIBE.
const MAX_HEAD_BYTES = 128 * 1024;

const NOTHING: Filtered = { passed: [], isCut: false };

/** Follows packets through chunks of any size, without holding more of one than its judge must see. */
export class PacketFilter {
  readonly #judge: Judge;
  /** Of the packet that is being passed or dropped: how much is still to come. */
  #left = 0;
  #isDropping = false;
  /** The beginning of a packet that cannot be judged yet, and how long it must be for that. */
  #held: Buffer[] | undefined;
  #heldBytes = 0;
  #needed = 0;
  #waiting: Buffer[] | undefined;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** Whether nothing is half-way through. */
  get isBetweenPackets(): boolean {
    return this.#left === 0 || this.#isDropping;
  }

  /** Octets that wait for the packet that is half-way through. */
  get waitingBytes(): number {
    return this.#waiting?.reduce((sum, { length }) => sum + length, 0) ?? 0;
  }

  /** Puts a packet between the others. @returns what is to be passed on now: nothing while another packet is half-way through */
  insert(packet: Buffer): Buffer | undefined {
    if (this.isBetweenPackets) return packet;
    this.#waiting ??= [];
    this.#waiting.push(packet);
    return undefined;
  }

  feed(chunk: Buffer): Filtered {
    if (this.#heldBytes > 0 && this.#heldBytes + chunk.length < this.#needed) {
      this.#hold(chunk);
      return NOTHING;
    }
    const bytes = this.#takeHeld(chunk);
    const passed: Buffer[] = [];
    let from = 0;
    let index = 0;
    const passUntil = (end: number) => {
      if (end > from) passed.push(bytes.subarray(from, end));
      from = end;
    };
    const advance = (end: number) => {
      this.#left = Math.max(0, end - bytes.length);
      index = Math.min(end, bytes.length);
      if (this.#isDropping) from = index;
      if (this.#left > 0 || this.#waiting === undefined) return;
      passUntil(index);
      passed.push(...this.#waiting);
      this.#waiting = undefined;
    };
    if (this.#left > 0) advance(this.#left);
    while (index < bytes.length) {
      const packet = packetAt(bytes, index);
      const ruling = typeof packet === 'string' ? RULINGS[packet] : this.#judge.judge(packet);
      if (ruling === 'cut' || (typeof ruling === 'number' && ruling > MAX_HEAD_BYTES)) {
        passUntil(index);
        return { passed, isCut: true };
      }
      if (typeof ruling === 'number' || typeof packet === 'string') {
        passUntil(index);
        this.#hold(bytes.subarray(index));
        this.#needed = Number(ruling);
        return { passed, isCut: false };
      }
      this.#isDropping = ruling !== 'pass';
      if (this.#isDropping) passUntil(index);
      if (Buffer.isBuffer(ruling)) passed.push(ruling);
      advance(packet.end);
    }
    passUntil(index);
    return { passed, isCut: false };
  }

  #takeHeld(chunk: Buffer): Buffer {
    if (this.#held === undefined) return chunk;
    const all = Buffer.concat([...this.#held, chunk]);
    this.#held = undefined;
    this.#heldBytes = 0;
    return all;
  }

  #hold(rest: Buffer): void {
    this.#held ??= [];
    this.#held.push(rest);
    this.#heldBytes += rest.length;
  }
}

const RULINGS = { incomplete: 2, invalid: 'cut' } as const;
