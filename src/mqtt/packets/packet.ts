import { encodeNumber } from './properties.js';

/** A packet within received octets; its end may be still to come. */
export interface Packet {
  readonly bytes: Buffer;
  /** Index of its first octet; `body` is that of the first one behind its length, and `end` of the first one behind it. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** Reads a fixed header, MQTT 3.1.1 section 2.2.3: a type octet and a length of up to four octets, seven bits each. */
export function packetAt(bytes: Buffer, start: number): Packet | 'incomplete' | 'invalid' {
  let length = 0;
  for (let octets = 1; octets <= 4; octets += 1) {
    const octet = bytes[start + octets];
    if (octet === undefined) return 'incomplete';
    length += (octet & 0x7f) << (7 * (octets - 1));
    const body = start + octets + 1;
    if (octet < 0x80) return { bytes, start, body, end: body + length };
  }
  return 'invalid';
}

/** A packet of a type and a body. */
export function makePacket(type: number, body: readonly Uint8Array[]): Buffer {
  const length = body.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Uint8Array.of(type, ...encodeNumber(length)), ...body]);
}
