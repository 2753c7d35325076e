/** Values of ASN.1 as they are written in DER (X.690 section 10): what each function returns is one whole value. */

const UNIVERSAL = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  nothing: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
};
const CONTEXT = 0x80;
const CONSTRUCTED = 0x20;

export function sequence(...items: readonly Buffer[]): Buffer {
  return value(UNIVERSAL.sequence, ...items);
}

export function set(...items: readonly Buffer[]): Buffer {
  return value(UNIVERSAL.set, ...items);
}

/** Values behind a tag of their context's. */
export function explicit(tag: number, ...items: readonly Buffer[]): Buffer {
  return value(CONTEXT | CONSTRUCTED | tag, ...items);
}

/** Content octets behind a tag of their context's. */
export function implicit(tag: number, bytes: Buffer): Buffer {
  return value(CONTEXT | tag, bytes);
}

/** @param id the dotted form, whose first number is 0 to 2 */
export function oid(id: string): Buffer {
  const known = oids.get(id);
  if (known !== undefined) return known;
  const [first = 0, second = 0, ...others] = id.split('.').map(Number);
  const written = value(UNIVERSAL.oid, Buffer.from([first * 40 + second, ...others].flatMap(inSevenBits)));
  oids.set(id, written);
  return written;
}

// Every certificate has the same dozen of them.
const oids = new Map<string, Buffer>();

export function boolean(is: boolean): Buffer {
  return value(UNIVERSAL.boolean, Buffer.of(is ? 0xff : 0x00));
}

export function nothing(): Buffer {
  return value(UNIVERSAL.nothing);
}

// DER wants the shortest two's complement: a positive number's first octet is below 0x80, and no zero is needless.
export function integer(magnitude: Buffer): Buffer {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first < 0 ? Buffer.of(0) : magnitude.subarray(first);
  return (digits[0] ?? 0) >= 0x80
    ? value(UNIVERSAL.integer, Buffer.of(0), digits)
    : value(UNIVERSAL.integer, digits);
}

export function octets(bytes: Buffer): Buffer {
  return value(UNIVERSAL.octetString, bytes);
}

/** A BIT STRING. @param unused the number of bits that are not used in its last octet */
export function bitString(bytes: Buffer, unused = 0): Buffer {
  return value(UNIVERSAL.bitString, Buffer.of(unused), bytes);
}

export function utf8String(text: string): Buffer {
  return value(UNIVERSAL.utf8String, Buffer.from(text));
}

export function printableString(text: string): Buffer {
  return value(UNIVERSAL.printableString, Buffer.from(text));
}

// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on, both to the second.
export function time(milliseconds: number): Buffer {
  const digits = new Date(milliseconds).toISOString().replace(/\D/g, '').slice(0, 14);
  return Number(digits.slice(0, 4)) < 2050
    ? value(UNIVERSAL.utcTime, Buffer.from(`${digits.slice(2)}Z`))
    : value(UNIVERSAL.generalizedTime, Buffer.from(`${digits}Z`));
}

function value(tag: number, ...content: readonly Buffer[]): Buffer {
  let length = 0;
  for (const each of content) length += each.length;
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(length)]), ...content]);
}

function lengthOctets(length: number): readonly number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) octets.unshift(rest & 0xff);
  return [0x80 | octets.length, ...octets];
}

/** A part of an object identifier: seven bits an octet, and a mark on all but the last. */
function inSevenBits(part: number): readonly number[] {
  const octets = [part & 0x7f];
  for (let rest = part >>> 7; rest > 0; rest >>>= 7) octets.unshift(0x80 | (rest & 0x7f));
  return octets;
}
