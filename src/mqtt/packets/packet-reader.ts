import { type Packet, packetAt } from './packet.js';
import { PACKET } from './packet-type.js';

const NOTHING = Buffer.alloc(0);
const MAX_PIECES = 1_000;

/** Cuts received octets into packets, and holds no more than one half-received packet. MQTT 3.1.1 section 2.2. */
export class PacketReader {
  /** The most octets of a packet, with its header. A longer one is refused by its length, before it is received. */
  readonly #maxBytes: number;
  /** The same for a PUBLISH. */
  maxPublishBytes: number;
  #bytes: Buffer = NOTHING;
  #at = 0;
  /** The chunks that arrived behind `#bytes`, of a packet that goes on beyond it. */
  #more: Buffer[] | undefined;
  #moreBytes = 0;
  /** The chunks at the end of `#more` that were not put together yet. */
  #pieces = 0;
  #needed = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
    this.maxPublishBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    if (this.#at === this.#bytes.length && this.#more === undefined) {
      this.#bytes = chunk;
      this.#at = 0;
      return;
    }
    this.#more ??= [];
    this.#more.push(chunk);
    this.#moreBytes += chunk.length;
    this.#pieces += 1;
    if (this.#pieces < MAX_PIECES) return;
    // A packet that comes octet by octet is not kept as that many buffers.
    this.#more.push(Buffer.concat(this.#more.splice(-MAX_PIECES)));
    this.#pieces = 0;
  }

  /** Takes the next packet. */
  next(): Packet | 'incomplete' | 'invalid' | 'too long' {
    if (this.#more !== undefined && this.received >= this.#needed) this.#join();
    if (this.#at === this.#bytes.length) {
      this.#bytes = NOTHING;
      this.#at = 0;
      return 'incomplete';
    }
    const packet = packetAt(this.#bytes, this.#at);
    if (packet === 'invalid') return 'invalid';
    // The length is not known yet: one more octet is needed to look again.
    this.#needed = packet === 'incomplete' ? this.received + 1 : packet.end - this.#at;
    if (packet === 'incomplete') return 'incomplete';
    const isPublish = (this.#bytes[this.#at] ?? 0) >> 4 === PACKET.publish;
    if (this.#needed > (isPublish ? this.maxPublishBytes : this.#maxBytes)) return 'too long';
    if (packet.end > this.#bytes.length) return 'incomplete';
    this.#at = packet.end;
    this.#needed = 0;
    return packet;
  }

  /** Octets that were received and not yet taken. */
  get received(): number {
    return this.#bytes.length - this.#at + this.#moreBytes;
  }

  /** Takes a connection's first packet, which must begin with `head`: another is told by its first octet alone. */
  first(head: number): Packet | 'incomplete' | 'another' | 'too long' {
    if ((this.#bytes[this.#at] ?? this.#more?.[0]?.[0]) !== head) return 'another';
    const packet = this.next();
    return packet === 'invalid' ? 'another' : packet;
  }

  /** Takes all that was received. */
  rest(): Buffer {
    this.#join();
    const rest = this.#bytes.subarray(this.#at);
    this.#bytes = NOTHING;
    this.#at = 0;
    return rest;
  }

  #join(): void {
    if (this.#more === undefined) return;
    this.#bytes = Buffer.concat([this.#bytes.subarray(this.#at), ...this.#more]);
    this.#at = 0;
    this.#more = undefined;
    this.#moreBytes = 0;
    this.#pieces = 0;
  }
}
