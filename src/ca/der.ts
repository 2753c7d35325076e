import type { asn1 as Asn1 } from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';

/** A value of ASN.1, read or to be written. */
export type Node = Asn1.Asn1;
const { Class, Type } = asn1;

/** Reads a value that this program or OpenSSL wrote. */
export function parse(bytes: Buffer): Node {
  return asn1.fromDer(bytes.toString('binary'));
}

export function der(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

/** Reads one value that others wrote. @returns undefined if it is not DER, or if octets follow it */
export function parseDer(bytes: Buffer): Node | undefined {
  try {
    const node = asn1.fromDer(bytes.toString('binary'), { decodeBitStrings: false });
    // A value has one form in DER: if it is written as it was read, the octets that were signed are those that were read.
    return der(node).equals(bytes) ? node : undefined;
  } catch {
    return undefined;
  }
}

/** The content octets of a primitive value; empty for a constructed one. */
export function contentOf(node: Node): Buffer {
  if (typeof node.value !== 'string') return Buffer.of();
  // forge keeps the letters of a BMPString, of two octets each.
  if (node.tagClass === Class.UNIVERSAL && node.type === Type.BMPSTRING)
    return Buffer.from(node.value, 'utf16le').swap16();
  return Buffer.from(node.value, 'binary');
}

/** The dotted form of an object identifier; undefined for any other value. */
export function oidOf(node: Node | undefined): string | undefined {
  if (node?.type !== Type.OID || node.tagClass !== Class.UNIVERSAL || typeof node.value !== 'string')
    return undefined;
  return asn1.derToOid(node.value);
}

/** The tag of a value: a universal type, or a number that its context gives a meaning. */
export function tagOf(node: Node | undefined): { readonly universal?: number; readonly context?: number } {
  if (node === undefined) return {};
  if (node.tagClass === Class.UNIVERSAL) return { universal: node.type };
  return node.tagClass === Class.CONTEXT_SPECIFIC ? { context: node.type } : {};
}

export function children(node: Node): Node[] {
  return Array.isArray(node.value) ? node.value : [];
}

export function sequence(...items: Node[]): Node {
  return asn1.create(Class.UNIVERSAL, Type.SEQUENCE, true, items);
}

export function set(...items: Node[]): Node {
  return asn1.create(Class.UNIVERSAL, Type.SET, true, items);
}

/** Values behind a tag of their context's. */
export function explicit(tag: number, ...items: Node[]): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, true, items);
}

/** Content octets behind a tag of their context's. */
export function implicit(tag: number, bytes: Buffer): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, false, bytes.toString('binary'));
}

export function oid(id: string): Node {
  return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(id).getBytes());
}

export function boolean(value: boolean): Node {
  return primitive(Type.BOOLEAN, Buffer.of(value ? 0xff : 0x00));
}

export function nothing(): Node {
  return primitive(Type.NULL, Buffer.of());
}

// DER wants the shortest two's complement: a positive number's first octet is below 0x80, and no zero is needless.
export function integer(magnitude: Buffer): Node {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first < 0 ? Buffer.of(0) : magnitude.subarray(first);
  return primitive(Type.INTEGER, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

export function octets(bytes: Buffer): Node {
  return primitive(Type.OCTETSTRING, bytes);
}

/** A BIT STRING. @param unused the number of bits that are not used in its last octet */
export function bitString(bytes: Buffer, unused = 0): Node {
  return primitive(Type.BITSTRING, Buffer.concat([Buffer.of(unused), bytes]));
}

export function utf8String(text: string): Node {
  return primitive(Type.UTF8, Buffer.from(text));
}

export function printableString(text: string): Node {
  return primitive(Type.PRINTABLESTRING, Buffer.from(text));
}

// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
export function time(milliseconds: number): Node {
  const date = new Date(milliseconds);
  return date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

function primitive(type: Asn1.Type, bytes: Buffer): Node {
  return asn1.create(Class.UNIVERSAL, type, false, bytes.toString('binary'));
}
