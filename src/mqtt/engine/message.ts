import { encodeNumber, PROPERTY } from '../packets/properties.js';
import type { Account } from './account.js';

/** The form in which a message is sent to one subscriber. */
export interface Sending {
  readonly protocolVersion: number;
  readonly qos: number;
  readonly retain: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly isDuplicate: boolean;
  /** MQTT 5 section 3.3.2.3.8; undefined for none. */
  readonly subscriptionIds: readonly number[] | undefined;
  /** The time by the engine's clock. */
  readonly now: number;
}

// The memory that a message takes beside its octets, about.
const OVERHEAD_BYTES = 128;

// A payload of this size or more is sent from where it is, and not copied for each subscriber.
const LARGE_BYTES = 4_096;

/** The parts that a message is made of. */
export type MessageParts = Pick<
  Message,
  'topic' | 'payload' | 'qos' | 'retain' | 'properties' | 'expiresAt' | 'publisher' | 'account'
>;

/** A message on its way: kept once, however many sessions it waits for. */
export class Message {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  /** The properties that go on to subscribers as they are, without their length. MQTT 5 section 3.3.2.3. */
  readonly properties: Buffer;
  /** The time from which on it is not delivered any more, by the engine's clock; Infinity for never. */
  readonly expiresAt: number;
  /** The session that published it. */
  readonly publisher: object;
  /** The account that it is kept on. */
  readonly account: Account;
  #payload: Buffer;
  #isOwned = false;
  #holders = 0;
  /** The packet that most subscribers get: at QoS 0, without the retain flag; before MQTT 5, and in it. */
  #plain: Buffer | undefined;
  #plainFive: Buffer | undefined;

  constructor(parts: MessageParts) {
    this.topic = parts.topic;
    this.qos = parts.qos;
    this.retain = parts.retain;
    this.properties = parts.properties;
    this.expiresAt = parts.expiresAt;
    this.publisher = parts.publisher;
    this.account = parts.account;
    this.#payload = parts.payload;
  }

  get payload(): Buffer {
    return this.#payload;
  }

  /** Octets that it takes while it is kept, about. */
  get size(): number {
    return this.topic.length + this.#payload.length + this.properties.length + OVERHEAD_BYTES;
  }

  /** Keeps it for one more session. @returns false if there is no room for it */
  hold(): boolean {
    if (this.#holders === 0 && !this.account.hold(this.size)) return false;
    this.#holders += 1;
    this.own();
    return true;
  }

  release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.account.release(this.size);
  }

  /** Copies the payload out of the chunk that it was received in, which would be kept with it. */
  own(): void {
    if (this.#isOwned) return;
    this.#isOwned = true;
    const copy = Buffer.allocUnsafeSlow(this.#payload.length);
    this.#payload.copy(copy);
    this.#payload = copy;
  }

  /** Its PUBLISH: one part, or its head and its payload. */
  encode(sending: Sending): readonly [Buffer] | readonly [Buffer, Buffer] {
    const { protocolVersion, qos, retain, subscriptionIds } = sending;
    if (this.#payload.length >= LARGE_BYTES) {
      // A payload that is sent later must not change with the chunk, nor keep it.
      this.own();
      return [this.#head(sending, 0), this.#payload];
    }
    const isPlain = qos === 0 && !retain && subscriptionIds === undefined;
    if (!isPlain) return [this.#head(sending, this.#payload.length)];
    if (protocolVersion !== 5) {
      this.#plain ??= this.#head(sending, this.#payload.length);
      return [this.#plain];
    }
    if (this.expiresAt !== Number.POSITIVE_INFINITY) return [this.#head(sending, this.#payload.length)];
    this.#plainFive ??= this.#head(sending, this.#payload.length);
    return [this.#plainFive];
  }

  /** The octets in front of the payload, and the payload itself if it has `payloadBytes`. @param payloadBytes all of them, or 0 */
  #head(sending: Sending, payloadBytes: number): Buffer {
    const { protocolVersion, qos, retain, packetId, isDuplicate } = sending;
    const properties = protocolVersion === 5 ? this.#propertiesFor(sending) : undefined;
    const topicBytes = Buffer.byteLength(this.topic);
    const variableBytes = 2 + topicBytes + (qos > 0 ? 2 : 0) + (properties?.length ?? 0);
    const length = variableBytes + this.#payload.length;
    const lengthBytes = length < 128 ? 1 : length < 16_384 ? 2 : length < 2_097_152 ? 3 : 4;
    const bytes = Buffer.allocUnsafe(1 + lengthBytes + variableBytes + payloadBytes);
    bytes[0] = 0x30 | (isDuplicate ? 0x08 : 0) | (qos << 1) | (retain ? 0x01 : 0);
    let at = 1;
    for (let left = length; ; left >>>= 7) {
      bytes[at++] = left < 128 ? left : (left & 0x7f) | 0x80;
      if (left < 128) break;
    }
    bytes.writeUInt16BE(topicBytes, at);
    at += 2 + bytes.write(this.topic, at + 2);
    if (qos > 0) at = bytes.writeUInt16BE(packetId, at);
    if (properties) at += properties.copy(bytes, at);
    if (payloadBytes > 0) this.#payload.copy(bytes, at);
    return bytes;
  }

  #propertiesFor({ subscriptionIds, now }: Sending): Buffer {
    if (this.properties.length === 0 && subscriptionIds === undefined && this.expiresAt === Infinity)
      return NO_PROPERTIES;
    const own: number[] = [];
    if (this.expiresAt !== Infinity) {
      // [MQTT-3.3.2-6] less the time that it waited here
      const seconds = Math.max(0, Math.ceil((this.expiresAt - now) / 1_000));
      own.push(
        PROPERTY.messageExpiry,
        seconds >>> 24,
        (seconds >> 16) & 0xff,
        (seconds >> 8) & 0xff,
        seconds & 0xff,
      );
    }
    for (const id of subscriptionIds ?? []) own.push(PROPERTY.subscriptionIdentifier, ...encodeNumber(id));
    const length = encodeNumber(own.length + this.properties.length);
    return Buffer.concat([Buffer.from([...length, ...own]), this.properties]);
  }
}

const NO_PROPERTIES = Buffer.of(0);
