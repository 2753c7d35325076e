import type { asn1 as Asn1 } from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';

/** A value of ASN.1 that was read. */
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
