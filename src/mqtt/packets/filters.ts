import type { Packet } from './packet.js';
import { ALLOWED, Properties, readProperties } from './properties.js';
import { decodeText } from './text.js';

/** One filter of a SUBSCRIBE with its options, MQTT 5 section 3.8.3.1. */
export interface Request {
  readonly filter: string;
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  /** Retained messages are sent always (0), if the subscription is new (1), or never (2). */
  readonly retainHandling: number;
  /** The filter and its options in the octets that they were sent in. */
  readonly bytes: Buffer;
}

export interface Subscribe {
  readonly packetId: number;
  readonly properties: Properties;
  /** The properties in the octets that they were sent in, with their length; empty before MQTT 5. */
  readonly propertyBytes: Buffer;
  readonly requests: readonly Request[];
}

export interface Unsubscribe {
  readonly packetId: number;
  readonly filters: readonly string[];
}

/** Reads a whole SUBSCRIBE. MQTT 3.1.1 section 3.8, MQTT 5 section 3.8. @returns undefined if it is malformed */
export function readSubscribe(packet: Packet, protocolVersion: number): Subscribe | undefined {
  // [MQTT-3.8.1-1]
  const head = packet.bytes[packet.start] === 0x82 && readHead(packet, protocolVersion, ALLOWED.subscribe);
  if (!head) return undefined;
  const { bytes, end } = packet;
  const requests: Request[] = [];
  for (let at = head.at; at < end; ) {
    const filterEnd = endOfText(packet, at);
    const options = filterEnd === undefined || filterEnd >= end ? undefined : bytes[filterEnd];
    if (filterEnd === undefined || options === undefined) return undefined;
    const filter = decodeText(bytes.subarray(at + 2, filterEnd));
    if (filter === undefined || !areOptions(options, protocolVersion)) return undefined;
    requests.push({
      filter,
      qos: options & 3,
      noLocal: (options & 0x04) !== 0,
      retainAsPublished: (options & 0x08) !== 0,
      retainHandling: (options >> 4) & 3,
      bytes: bytes.subarray(at, filterEnd + 1),
    });
    at = filterEnd + 1;
  }
  // [MQTT-3.8.3-3] at least one
  if (requests.length === 0) return undefined;
  const { packetId, properties } = head;
  return { packetId, properties, propertyBytes: bytes.subarray(packet.body + 2, head.at), requests };
}

/** Reads a whole UNSUBSCRIBE. MQTT 3.1.1 section 3.10. @returns undefined if it is malformed */
export function readUnsubscribe(packet: Packet, protocolVersion: number): Unsubscribe | undefined {
  // [MQTT-3.10.1-1]
  const head = packet.bytes[packet.start] === 0xa2 && readHead(packet, protocolVersion, ALLOWED.unsubscribe);
  if (!head) return undefined;
  const filters: string[] = [];
  for (let at = head.at; at < packet.end; ) {
    const filterEnd = endOfText(packet, at);
    const filter = filterEnd && decodeText(packet.bytes.subarray(at + 2, filterEnd));
    if (filterEnd === undefined || filter === undefined || filter === 0) return undefined;
    filters.push(filter);
    at = filterEnd;
  }
  // [MQTT-3.10.3-2] at least one
  return filters.length === 0 ? undefined : { packetId: head.packetId, filters };
}

function readHead({ bytes, body, end }: Packet, protocolVersion: number, allowed: ReadonlySet<number>) {
  if (end < body + 2) return undefined;
  const packetId = bytes.readUInt16BE(body);
  // [MQTT-2.3.1-1]
  if (packetId === 0) return undefined;
  if (protocolVersion !== 5) return { packetId, properties: Properties.NONE, at: body + 2 };
  const properties = readProperties(bytes, { at: body + 2, limit: end, allowed });
  return properties && { packetId, properties: properties.value, at: properties.end };
}

function endOfText({ bytes, end }: Packet, at: number): number | undefined {
  if (at + 2 > end) return undefined;
  const textEnd = at + 2 + bytes.readUInt16BE(at);
  return textEnd > end ? undefined : textEnd;
}

// [MQTT-3.8.3-4], [MQTT-3.8.3-5]: no QoS 3, no retain handling 3, and no reserved bit.
function areOptions(options: number, protocolVersion: number): boolean {
  if ((options & 3) === 3) return false;
  return protocolVersion === 5 ? options < 0x30 : options < 3;
}
