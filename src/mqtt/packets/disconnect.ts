import type { Packet } from './packet.js';
import { ALLOWED, PROPERTY, readProperties } from './properties.js';

/** A client's DISCONNECT. MQTT 5 section 3.14. */
export interface Disconnect {
  /** 0 before MQTT 5. */
  readonly reasonCode: number;
  /** The session's expiry from now on, in seconds; undefined if it stays the same. */
  readonly sessionExpiry: number | undefined;
}

/** Reads a DISCONNECT. @returns undefined if it is malformed */
export function readDisconnect(
  { bytes, start, body, end }: Packet,
  protocolVersion: number,
): Disconnect | undefined {
  // [MQTT-3.14.1-1]
  if (bytes[start] !== 0xe0 || (protocolVersion !== 5 && end !== body)) return undefined;
  const reasonCode = end > body ? (bytes[body] ?? 0) : 0;
  if (end <= body + 1) return { reasonCode, sessionExpiry: undefined };
  const properties = readProperties(bytes, { at: body + 1, limit: end, allowed: ALLOWED.disconnect });
  if (properties?.end !== end) return undefined;
  return { reasonCode, sessionExpiry: properties.value.number(PROPERTY.sessionExpiry) };
}

/** The DISCONNECT of a client that leaves in peace, in every version. */
export const DISCONNECT = Buffer.of(0xe0, 0);

/** The DISCONNECT of a server, which only MQTT 5 has. */
export function makeDisconnect(reasonCode: number): Buffer {
  return Buffer.of(0xe0, 1, reasonCode);
}
