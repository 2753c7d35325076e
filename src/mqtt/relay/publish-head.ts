import type { PartialPacket } from './packet-filter.js';
import { readNumber, readTopicAlias } from './properties.js';

/** What a PUBLISH is judged by. */
export interface PublishHead {
  readonly topic: string;
  readonly qos: number;
  /** 0 at QoS 0. */
  readonly packetId: number;
  /** MQTT 5 section 3.3.2.3.4; undefined where there is none, and where it was not asked for. */
  readonly alias: number | undefined;
}

/** Reads the head of a PUBLISH; a number says how many of its octets must be seen for that. MQTT 3.1.1 section 3.3. */
export function readPublish(
  packet: PartialPacket,
  { hasAlias }: { readonly hasAlias: boolean },
): PublishHead | number | 'malformed' {
  const { bytes, start, body, end } = packet;
  const qos = ((bytes[start] ?? 0) >> 1) & 3;
  if (qos === 3 || end < body + 2) return 'malformed';
  if (bytes.length < body + 2) return body + 2 - start;
  const topicEnd = body + 2 + bytes.readUInt16BE(body);
  const idEnd = qos === 0 ? topicEnd : topicEnd + 2;
  if (idEnd > end) return 'malformed';
  if (bytes.length < idEnd) return idEnd - start;
  const packetId = qos === 0 ? 0 : bytes.readUInt16BE(topicEnd);
  if (qos > 0 && packetId === 0) return 'malformed';
  const topic = bytes.toString('utf8', body + 2, topicEnd);
  if (!hasAlias) return { topic, qos, packetId, alias: undefined };
  const length = readNumber(bytes, idEnd, Math.min(end, bytes.length));
  if (length === undefined) {
    return bytes.length < Math.min(end, idEnd + 4) ? bytes.length + 1 - start : 'malformed';
  }
  const propertiesEnd = length.end + length.value;
  if (propertiesEnd > end) return 'malformed';
  if (bytes.length < propertiesEnd) return propertiesEnd - start;
  const alias = length.value === 0 ? undefined : readTopicAlias(bytes.subarray(length.end, propertiesEnd));
  return alias === 'malformed' ? alias : { topic, qos, packetId, alias };
}
