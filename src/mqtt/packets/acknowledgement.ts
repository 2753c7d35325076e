import type { Packet } from './packet.js';
import { makePacket } from './packet.js';
import { ALLOWED, readProperties } from './properties.js';

/** A PUBACK, PUBREC, PUBREL or PUBCOMP. */
export interface Acknowledgement {
  readonly packetId: number;
  /** 0 before MQTT 5, which brought it. */
  readonly reasonCode: number;
}

/** Reads a PUBACK, PUBREC, PUBREL or PUBCOMP. MQTT 5 sections 3.4 to 3.7. @returns undefined if it is malformed */
export function readAcknowledgement(
  { bytes, start, body, end }: Packet,
  protocolVersion: number,
): Acknowledgement | undefined {
  const type = bytes[start] ?? 0;
  // [MQTT-3.6.1-1] a PUBREL has flags of its own; the others have none
  if ((type & 0x0f) !== (type >> 4 === 6 ? 0x02 : 0)) return undefined;
  const length = end - body;
  if (length < 2 || (length > 2 && protocolVersion !== 5)) return undefined;
  const packetId = bytes.readUInt16BE(body);
  if (packetId === 0) return undefined;
  if (length > 3) {
    const properties = readProperties(bytes, { at: body + 3, limit: end, allowed: ALLOWED.acknowledgement });
    if (properties?.end !== end) return undefined;
  }
  return { packetId, reasonCode: length > 2 ? (bytes[body + 2] ?? 0) : 0 };
}

/** A PUBACK (4), PUBREC (5), PUBREL (6) or PUBCOMP (7); a reason other than 0 is for MQTT 5 only. */
export function makeAcknowledgement(type: 4 | 5 | 6 | 7, packetId: number, reasonCode = 0): Buffer {
  const head = (type << 4) | (type === 6 ? 0x02 : 0);
  if (reasonCode === 0) return Buffer.of(head, 2, packetId >> 8, packetId & 0xff);
  return Buffer.of(head, 3, packetId >> 8, packetId & 0xff, reasonCode);
}

/** A SUBACK (9) or an UNSUBACK (11) with a code for each filter. MQTT 3.1.1 has none in an UNSUBACK. */
export function makeFilterAcknowledgement(
  type: 9 | 11,
  {
    packetId,
    codes,
    protocolVersion,
  }: { readonly packetId: number; readonly codes: readonly number[]; readonly protocolVersion: number },
): Buffer {
  const properties = protocolVersion === 5 ? [Uint8Array.of(0)] : [];
  const hasCodes = type === 9 || protocolVersion === 5;
  return makePacket(type << 4, [
    Uint8Array.of(packetId >> 8, packetId & 0xff),
    ...properties,
    ...(hasCodes ? [Uint8Array.from(codes)] : []),
  ]);
}
