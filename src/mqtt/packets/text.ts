import { isUtf8 } from 'node:buffer';

/** A value that was read, and the index behind it. */
export interface Read<T> {
  readonly value: T;
  readonly end: number;
}

/** Reads a string with its length, MQTT 5 section 1.5.4. @returns undefined if it is cut off, ill-formed UTF-8, or has U+0000 */
export function readText(bytes: Buffer, at: number, limit: number): Read<string> | undefined {
  const binary = readBinary(bytes, at, limit);
  if (binary === undefined) return undefined;
  const value = decodeText(binary.value);
  return value === undefined ? undefined : { value, end: binary.end };
}

/** Reads octets with their length, MQTT 5 section 1.5.6. @returns undefined if they are cut off */
export function readBinary(bytes: Buffer, at: number, limit: number): Read<Buffer> | undefined {
  if (at + 2 > limit) return undefined;
  const end = at + 2 + bytes.readUInt16BE(at);
  return end > limit ? undefined : { value: bytes.subarray(at + 2, end), end };
}

/** The text of UTF-8 octets. @returns undefined for ill-formed ones [MQTT-1.5.4-1] and for U+0000 [MQTT-1.5.4-2] */
export function decodeText(octets: Buffer): string | undefined {
  const text = octets.toString('utf8');
  // Decoding puts U+FFFD in place of ill-formed octets; the character itself is allowed.
  if (text.includes('\0') || (text.includes('\ufffd') && !isUtf8(octets))) return undefined;
  return text;
}

/** A string with its length in front. */
export function encodeText(text: string): Buffer {
  return encodeBinary(Buffer.from(text));
}

/** Octets with their length in front; at most 65,535. */
export function encodeBinary(octets: Buffer): Buffer {
  const encoded = Buffer.allocUnsafe(2 + octets.length);
  encoded.writeUInt16BE(octets.length);
  octets.copy(encoded, 2);
  return encoded;
}
