import { makePacket } from '../packets/packet-length.js';
import type { PartialPacket } from './packet-filter.js';
import { readNumber } from './properties.js';

/** A SUBSCRIBE, or a SUBACK, in parts that can be put together again. MQTT 3.1.1 sections 3.8 and 3.9. */
interface Parts {
  readonly packetId: number;
  /** As they are, with their length; empty before MQTT 5. */
  readonly properties: Buffer;
  readonly rest: Buffer;
}

/** One topic filter of a SUBSCRIBE. */
interface Subscription {
  readonly filter: string;
  readonly bytes: Buffer;
}

export interface Subscribe extends Parts {
  readonly subscriptions: readonly Subscription[];
}

/** What the gate answers for each filter of a SUBSCRIBE, and what it leaves to the broker: undefined. */
export type Refusals = readonly (number | undefined)[];

const SUBSCRIBE = 0x82;
const SUBACK = 0x90;

/** Reads a SUBSCRIBE; a number says how many of its octets must be seen for that: all. */
export function readSubscribe(
  packet: PartialPacket,
  protocolVersion: number,
): Subscribe | number | 'malformed' {
  const { bytes, start, end } = packet;
  // [MQTT-3.8.1-1]
  if (bytes[start] !== SUBSCRIBE) return 'malformed';
  if (bytes.length < end) return end - start;
  const parts = readParts(packet, protocolVersion);
  const subscriptions = parts && readFilters(parts.rest);
  // [MQTT-3.8.3-3] at least one filter
  if (!parts || !subscriptions || subscriptions.length === 0) return 'malformed';
  return { ...parts, subscriptions };
}

/** The same SUBSCRIBE with only those filters that the broker is asked for. */
export function withoutRefused(
  { packetId, properties, subscriptions }: Subscribe,
  refusals: Refusals,
): Buffer {
  const asked = subscriptions.filter((_, index) => refusals[index] === undefined);
  return makePacket(SUBSCRIBE, [octets(packetId), properties, ...asked.map(({ bytes }) => bytes)]);
}

/** The SUBACK for a SUBSCRIBE of which nothing was left. */
export function refuseAll({ packetId }: Subscribe, { refusals, protocolVersion }: RefusedSubscribe): Buffer {
  const properties = protocolVersion === 5 ? [Uint8Array.of(0)] : [];
  const codes = Uint8Array.from(refusals, (code) => code ?? 0x80);
  return makePacket(SUBACK, [octets(packetId), ...properties, codes]);
}

interface RefusedSubscribe {
  readonly refusals: Refusals;
  readonly protocolVersion: number;
}

/** A broker's SUBACK. */
export function readSuback(packet: PartialPacket, protocolVersion: number): Parts | number | 'malformed' {
  const { bytes, start, end } = packet;
  if (bytes.length < end) return end - start;
  return readParts(packet, protocolVersion) ?? 'malformed';
}

/** A SUBACK for the SUBSCRIBE as the client sent it; undefined where the broker answered another number of filters. */
export function withRefusals({ packetId, properties, rest }: Parts, refusals: Refusals): Buffer | undefined {
  const granted = [...rest];
  const codes = refusals.map((refusal) => refusal ?? granted.shift());
  if (granted.length > 0 || codes.includes(undefined)) return undefined;
  return makePacket(SUBACK, [octets(packetId), properties, Uint8Array.from(codes, (code) => code ?? 0x80)]);
}

function readParts({ bytes, body, end }: PartialPacket, protocolVersion: number): Parts | undefined {
  if (end < body + 2) return undefined;
  const packetId = bytes.readUInt16BE(body);
  let restStart = body + 2;
  if (protocolVersion === 5) {
    const length = readNumber(bytes, restStart, end);
    if (length === undefined) return undefined;
    restStart = length.end + length.value;
  }
  // [MQTT-2.3.1-1] no packet identifier is 0
  if (packetId === 0 || restStart > end) return undefined;
  return { packetId, properties: bytes.subarray(body + 2, restStart), rest: bytes.subarray(restStart, end) };
}

function readFilters(bytes: Buffer): Subscription[] | undefined {
  const subscriptions: Subscription[] = [];
  for (let start = 0; start < bytes.length; ) {
    if (start + 2 > bytes.length) return undefined;
    const filterEnd = start + 2 + bytes.readUInt16BE(start);
    // Its options follow in one octet.
    if (filterEnd + 1 > bytes.length) return undefined;
    const filter = bytes.toString('utf8', start + 2, filterEnd);
    subscriptions.push({ filter, bytes: bytes.subarray(start, filterEnd + 1) });
    start = filterEnd + 1;
  }
  return subscriptions;
}

function octets(packetId: number): Uint8Array {
  return Uint8Array.of(packetId >> 8, packetId & 0xff);
}
