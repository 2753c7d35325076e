import type { Subscribe } from '../packets/filters.js';
import type { Packet } from '../packets/packet.js';
import { makePacket } from '../packets/packet.js';
import { readNumber } from '../packets/properties.js';

/** What the gate answers for each filter of a SUBSCRIBE, and what it leaves to the broker: undefined. */
export type Refusals = readonly (number | undefined)[];

// More SUBSCRIBEs than that wait for no answer.
const MAX_PARTLY_REFUSED = 1_000;

/** SUBSCRIBEs of which the gate refused a part, and the broker is asked for the rest. */
export class PartlyRefused {
  #byPacketId: Map<number, Refusals> | undefined;

  get isEmpty(): boolean {
    return this.#byPacketId === undefined || this.#byPacketId.size === 0;
  }

  has(packetId: number): boolean {
    return this.#byPacketId?.has(packetId) === true;
  }

  /** @returns false where too many wait */
  add(packetId: number, refusals: Refusals): boolean {
    this.#byPacketId ??= new Map();
    if (this.#byPacketId.size >= MAX_PARTLY_REFUSED) return false;
    this.#byPacketId.set(packetId, refusals);
    return true;
  }

  take(packetId: number): Refusals | undefined {
    const refusals = this.#byPacketId?.get(packetId);
    this.#byPacketId?.delete(packetId);
    return refusals;
  }
}

/** A broker's SUBACK, in parts that can be put together again. MQTT 5 section 3.9. */
interface Suback {
  readonly packetId: number;
  /** As they are, with their length; empty before MQTT 5. */
  readonly properties: Buffer;
  readonly codes: Buffer;
}

/** The same SUBSCRIBE with only those filters that the broker is asked for. */
export function withoutRefused({ packetId, propertyBytes, requests }: Subscribe, refusals: Refusals): Buffer {
  const asked = requests.filter((_, index) => refusals[index] === undefined);
  return makePacket(0x82, [octets(packetId), propertyBytes, ...asked.map(({ bytes }) => bytes)]);
}

/** Reads a SUBACK; a number says how many of its octets must be seen for that: all. */
export function readSuback(packet: Packet, protocolVersion: number): Suback | number | 'malformed' {
  const { bytes, start, body, end } = packet;
  if (bytes.length < end) return end - start;
  if (end < body + 2) return 'malformed';
  const packetId = bytes.readUInt16BE(body);
  const length = protocolVersion === 5 ? readNumber(bytes, body + 2, end) : { value: 0, end: body + 2 };
  if (packetId === 0 || length === undefined || length.end + length.value > end) return 'malformed';
  const codesAt = length.end + length.value;
  return { packetId, properties: bytes.subarray(body + 2, codesAt), codes: bytes.subarray(codesAt, end) };
}

/** A SUBACK for the SUBSCRIBE as the client sent it; undefined where the broker answered another number of filters. */
export function withRefusals(
  { packetId, properties, codes }: Suback,
  refusals: Refusals,
): Buffer | undefined {
  const granted = [...codes];
  const all = refusals.map((refusal) => refusal ?? granted.shift());
  if (granted.length > 0 || all.includes(undefined)) return undefined;
  return makePacket(0x90, [octets(packetId), properties, Uint8Array.from(all, (code) => code ?? 0x80)]);
}

function octets(packetId: number): Uint8Array {
  return Uint8Array.of(packetId >> 8, packetId & 0xff);
}
