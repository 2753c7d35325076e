import type { Packet } from './packet.js';
import { Properties, readNumber, readProperties } from './properties.js';
import { decodeText } from './text.js';

/** A PUBLISH but for its payload, which goes from `payloadAt` to the packet's end. */
export interface Publish {
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  readonly isDuplicate: boolean;
  /** 0 at QoS 0. */
  readonly packetId: number;
  /** Empty before MQTT 5. */
  readonly properties: Properties;
  readonly payloadAt: number;
}

/** The protocol level and the sender that a PUBLISH is read for. */
export interface PublishForm {
  readonly protocolVersion: number;
  /** The properties that its sender may say. */
  readonly allowed: ReadonlySet<number>;
}

/**
 * Reads a PUBLISH of which the payload may be still to come; a number says how many of its octets must be there for that.
 * MQTT 3.1.1 section 3.3, MQTT 5 section 3.3.
 */
export function readPublish(
  packet: Packet,
  { protocolVersion, allowed }: PublishForm,
): Publish | number | 'malformed' {
  const { bytes, start, body, end } = packet;
  const flags = bytes[start] ?? 0;
  const qos = (flags >> 1) & 3;
  const isDuplicate = (flags & 0x08) !== 0;
  // [MQTT-3.3.1-4] there is no QoS 3; [MQTT-3.3.1-2] QoS 0 is sent once
  if (qos === 3 || (isDuplicate && qos === 0) || end < body + 2) return 'malformed';
  if (bytes.length < body + 2) return body + 2 - start;
  const topicEnd = body + 2 + bytes.readUInt16BE(body);
  const idEnd = qos === 0 ? topicEnd : topicEnd + 2;
  if (idEnd > end) return 'malformed';
  if (bytes.length < idEnd) return idEnd - start;
  const packetId = qos === 0 ? 0 : bytes.readUInt16BE(topicEnd);
  const topic = decodeText(bytes.subarray(body + 2, topicEnd));
  // [MQTT-2.3.1-1] no packet identifier is 0
  if (topic === undefined || (qos > 0 && packetId === 0)) return 'malformed';
  // Objects are written out, here and wherever each packet passes: to spread one costs more than all the rest.
  const retain = (flags & 0x01) !== 0;
  if (protocolVersion !== 5)
    return { topic, qos, retain, isDuplicate, packetId, properties: Properties.NONE, payloadAt: idEnd };

  const limit = Math.min(end, bytes.length);
  const length = readNumber(bytes, idEnd, limit);
  if (length === undefined)
    return bytes.length < Math.min(end, idEnd + 4) ? bytes.length + 1 - start : 'malformed';
  const propertiesEnd = length.end + length.value;
  if (propertiesEnd > end) return 'malformed';
  if (bytes.length < propertiesEnd) return propertiesEnd - start;
  const read = readProperties(bytes, { at: idEnd, limit: propertiesEnd, allowed });
  if (read === undefined) return 'malformed';
  return { topic, qos, retain, isDuplicate, packetId, properties: read.value, payloadAt: read.end };
}
