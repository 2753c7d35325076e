import type { Subscribe } from '../packets/filters.js';
import type { Packet } from '../packets/packet.js';
import { makePacket } from '../packets/packet.js';
import { readNumber } from '../packets/properties.js';

/** The gate's refusal of each filter of a SUBSCRIBE; undefined for a filter that the broker is asked for. */
export type Refusals = readonly (number | undefined)[];

// No honest client has so many SUBSCRIBEs without an answer.
const MAX_PARTLY_REFUSED = 1_000;

/** SUBSCRIBEs that the gate refused in part, until the broker answers the rest. */
export class PartlyRefused {
  #byPacketId: Map<number, Refusals> | undefined;

  get isEmpty(): boolean {
    return this.#byPacketId === undefined || this.#byPacketId.size === 0;
  }

  has(packetId: number): boolean {
    return this.#byPacketId?.has(packetId) === true;
  }

  /** @returns false if too many wait */
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
  /** The properties in the octets that they were sent in, with their length; empty before MQTT 5. */
  readonly properties: Buffer;
  readonly codes: Buffer;
}

/** The same SUBSCRIBE with only those filters that the broker is asked for. */
export function withoutRefused({ packetId, propertyBytes, requests }: Subscribe, refusals: Refusals): Buffer {
  const asked = requests.filter((_, index) => refusals[index] === undefined);
  return makePacket(0x82, [octets(packetId), propertyBytes, ...asked.map(({ bytes }) => bytes)]);
}

/** Reads a SUBACK. @returns a number of octets if it is not there as a whole: so many are needed */
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

/** The SUBACK for the SUBSCRIBE that the client sent; undefined if the broker answered another number of filters. */
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
