import type { Packet } from '../packets/packet.js';
import { packetAt } from '../packets/packet.js';

/**
 * The fate of a packet, judged by its beginning: it passes, it is dropped, it ends the connection, or another takes its
 * place. A number says how many of its octets must be there before it can be judged.
 */
export type Ruling = 'pass' | 'drop' | 'cut' | Buffer | number;

/** Judges packets whose end may be still to come. */
export interface Judge {
  judge(packet: Packet): Ruling;
}

/** The octets to be passed on for those that arrived. If `isCut`, the connection ends behind them. */
export interface Filtered {
  readonly passed: readonly Buffer[];
  readonly isCut: boolean;
}

// A packet is judged by a topic with its properties, or by a whole SUBSCRIBE.
const MAX_HEAD_BYTES = 128 * 1024;

type State =
  | { readonly name: 'between packets' }
  /** Within a packet that was judged, with so many octets of it still to come. */
  | { readonly name: 'passing' | 'dropping'; readonly left: number }
  /** At the beginning of a packet that needs so many octets to be judged. */
  | { readonly name: 'holding'; readonly chunks: Buffer[]; bytes: number; readonly needed: number };

const BETWEEN_PACKETS: State = { name: 'between packets' };
const NOTHING: Filtered = { passed: [], isCut: false };

/** Follows packets through chunks of any size, holding no more of a packet than its judge must see. */
export class PacketFilter {
  readonly #judge: Judge;
  #state = BETWEEN_PACKETS;
  /** The gate's own packets that wait until the packet that is passing is through. */
  #waiting: Buffer[] | undefined;

  constructor(judge: Judge) {
    this.#judge = judge;
  }

  /** True unless a packet is half passed on. */
  get isBetweenPackets(): boolean {
    return this.#state.name !== 'passing';
  }

  /** Octets of the packets that wait. */
  get waitingBytes(): number {
    return this.#waiting?.reduce((sum, { length }) => sum + length, 0) ?? 0;
  }

  /** Puts a packet between the others. @returns the octets to be passed on now; undefined while another packet is half passed on */
  insert(packet: Buffer): Buffer | undefined {
    if (this.isBetweenPackets) return packet;
    this.#waiting ??= [];
    this.#waiting.push(packet);
    return undefined;
  }

  feed(chunk: Buffer): Filtered {
    const state = this.#state;
    if (state.name === 'holding' && state.bytes + chunk.length < state.needed) {
      state.chunks.push(chunk);
      state.bytes += chunk.length;
      return NOTHING;
    }
    const bytes = state.name === 'holding' ? Buffer.concat([...state.chunks, chunk]) : chunk;
    const passed: Buffer[] = [];
    // Octets from here on pass, and are not in `passed` yet.
    let from = 0;
    const passUntil = (end: number) => {
      if (end > from) passed.push(bytes.subarray(from, end));
      from = end;
    };
    const goThrough = (name: 'passing' | 'dropping', end: number) => {
      const reached = Math.min(end, bytes.length);
      if (name === 'dropping') from = reached;
      this.#state = end > bytes.length ? { name, left: end - bytes.length } : BETWEEN_PACKETS;
      if (this.isBetweenPackets && this.#waiting !== undefined) {
        passUntil(reached);
        passed.push(...this.#waiting);
        this.#waiting = undefined;
      }
      return reached;
    };
    let index = 'left' in state ? goThrough(state.name, state.left) : 0;
    while (index < bytes.length) {
      const packet = packetAt(bytes, index);
      const ruling = typeof packet === 'string' ? RULINGS[packet] : this.#judge.judge(packet);
      if (ruling === 'cut' || (typeof ruling === 'number' && ruling > MAX_HEAD_BYTES)) {
        passUntil(index);
        return { passed, isCut: true };
      }
      if (typeof ruling === 'number' || typeof packet === 'string') {
        passUntil(index);
        const rest = bytes.subarray(index);
        this.#state = { name: 'holding', chunks: [rest], bytes: rest.length, needed: Number(ruling) };
        return { passed, isCut: false };
      }
      if (ruling !== 'pass') passUntil(index);
      if (Buffer.isBuffer(ruling)) passed.push(ruling);
      index = goThrough(ruling === 'pass' ? 'passing' : 'dropping', packet.end);
    }
    passUntil(index);
    return { passed, isCut: false };
  }
}

// A fixed header has two octets at least.
const RULINGS = { incomplete: 2, invalid: 'cut' } as const;
