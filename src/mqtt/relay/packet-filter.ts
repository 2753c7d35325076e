import { type PacketBounds, packetBounds } from '../packets/packet-length.js';

/** A packet as far as it has been received. */
export interface PartialPacket extends PacketBounds {
  readonly bytes: Buffer;
}

/**
 * What becomes of a packet, judged by its beginning: it passes, it is dropped, it ends the connection, another takes its
 * place, or so many of its octets must be seen first.
 */
export type Ruling = 'pass' | 'drop' | 'cut' | Buffer | number;

export interface PacketFilter {
  /** What is to be passed on for the octets that arrived, and whether the connection is to be cut behind that. */
  feed(chunk: Buffer): { readonly passed: readonly Buffer[]; readonly isCut: boolean };
  /** Puts a packet between the others. @returns what is to be passed on now: nothing while another packet is half-way through */
  insert(packet: Buffer): Buffer | undefined;
  /** Whether nothing is half-way through. */
  isBetweenPackets(): boolean;
  /** Octets that wait for the packet that is half-way through. */
  waitingBytes(): number;
}

// What a packet is judged by: a topic with its properties, or a whole SUBSCRIBE.
const MAX_HEAD_BYTES = 128 * 1024;

/** Follows packets through chunks of any size, without holding more of one than its judge must see. */
export function filterPackets(judge: (packet: PartialPacket) => Ruling): PacketFilter {
  // Of the packet that is being passed or dropped: how much is still to come.
  let left = 0;
  let isDropping = false;
  // The beginning of a packet that cannot be judged yet, and how long it must be for that.
  let held: Buffer[] = [];
  let heldBytes = 0;
  let needed = 0;
  let waiting: Buffer[] = [];

  const takeHeld = (chunk: Buffer): Buffer => {
    if (heldBytes === 0) return chunk;
    const all = Buffer.concat([...held, chunk]);
    held = [];
    heldBytes = 0;
    return all;
  };
  const hold = (rest: Buffer) => {
    held.push(rest);
    heldBytes += rest.length;
  };

  return {
    feed: (chunk) => {
      if (heldBytes > 0 && heldBytes + chunk.length < needed) {
        hold(chunk);
        return { passed: [], isCut: false };
      }
      const bytes = takeHeld(chunk);
      const passed: Buffer[] = [];
      let from = 0;
      let index = 0;
      const passUntilHere = () => {
        if (index > from) passed.push(bytes.subarray(from, index));
        from = index;
      };
      const advance = (end: number) => {
        left = Math.max(0, end - bytes.length);
        index = Math.min(end, bytes.length);
        if (isDropping) from = index;
        if (left > 0 || waiting.length === 0) return;
        passUntilHere();
        passed.push(...waiting);
        waiting = [];
      };
      if (left > 0) advance(left);
      while (index < bytes.length) {
        const bounds = packetBounds(bytes, index);
        const ruling =
          bounds === 'incomplete' ? 2 : bounds === 'invalid' ? 'cut' : judge({ ...bounds, bytes });
        if (ruling === 'cut' || (typeof ruling === 'number' && ruling > MAX_HEAD_BYTES)) {
          passUntilHere();
          return { passed, isCut: true };
        }
        if (typeof ruling === 'number' || typeof bounds === 'string') {
          passUntilHere();
          hold(bytes.subarray(index));
          needed = Number(ruling);
          return { passed, isCut: false };
        }
        isDropping = ruling !== 'pass';
        if (isDropping) passUntilHere();
        if (Buffer.isBuffer(ruling)) passed.push(ruling);
        advance(bounds.end);
      }
      passUntilHere();
      return { passed, isCut: false };
    },
    insert: (packet) => {
      if (left === 0 || isDropping) return packet;
      waiting.push(packet);
      return undefined;
    },
    isBetweenPackets: () => left === 0 || isDropping,
    waitingBytes: () => waiting.reduce((sum, { length }) => sum + length, 0),
  };
}
