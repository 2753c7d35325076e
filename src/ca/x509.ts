import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import type { asn1 as Asn1 } from 'node-forge';
import asn1 from 'node-forge/lib/asn1.js';
import { type KeyAlgorithm, keyAlgorithmOf } from '../core/model/key-algorithm.js';
import type { Timestamp } from '../core/model/time.js';

/** A distinguished name's attributes in order: `[{ type: 'CN', value: 'device-1' }]`. */
export type DistinguishedName = readonly { readonly type: AttributeType; readonly value: string }[];

/** An alternative name; `ip` takes the textual form. */
export interface AlternativeName {
  readonly kind: 'dns' | 'uri' | 'ip';
  readonly value: string;
}

/** What the certificate is for; each gets the extensions of its profile. */
type Profile = 'ca' | 'client' | 'server';

export interface CertificateTemplate {
  readonly profile: Profile;
  readonly subject: DistinguishedName;
  readonly publicKey: KeyObject;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly alternativeNames: readonly AlternativeName[];
}

export interface Issuer {
  /** The issuer's certificate; undefined to sign a root with its own key. */
  readonly certificate: X509Certificate | undefined;
  readonly privateKey: KeyObject;
}

/** Attribute types of a distinguished name (RFC 4519) with their object identifiers. */
export const ATTRIBUTE_TYPES = {
  CN: '2.5.4.3',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  C: '2.5.4.6',
  ST: '2.5.4.8',
  L: '2.5.4.7',
} as const;

export type AttributeType = keyof typeof ATTRIBUTE_TYPES;

/** A value of ASN.1, taken apart or to be written. */
export type Node = Asn1.Asn1;
const { Class, Type } = asn1;

/** Builds and signs an X.509 v3 certificate (RFC 5280 section 4.1). */
export function signCertificate(template: CertificateTemplate, issuer: Issuer): X509Certificate {
  const algorithm = signatureAlgorithm(issuer.privateKey);
  const subject = name(template.subject);
  const subjectKey = spki(template.publicKey);
  const issuerDer = issuer.certificate && parse(issuer.certificate.raw);
  const tbs = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(randomBytes(16)),
    algorithm.identifier,
    issuerDer ? subjectOf(issuerDer) : subject,
    sequence(time(template.notBefore), time(template.notAfter)),
    subject,
    subjectKey,
    explicit(3, sequence(...extensions(template, issuerDer ? publicKeyOf(issuerDer) : subjectKey))),
  );
  const signature = sign(algorithm.digest, der(tbs), issuer.privateKey);
  return new X509Certificate(der(sequence(tbs, algorithm.identifier, bitString(signature))));
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

// Bits of KeyUsage (RFC 5280 section 4.2.1.3) with the count of unused ones before them.
const DIGITAL_SIGNATURE = Buffer.of(7, 0x80);
const CERT_AND_CRL_SIGN = Buffer.of(1, 0x06);

function extensions(template: CertificateTemplate, issuerKey: Node): Node[] {
  const { profile, alternativeNames } = template;
  const basicConstraints = profile === 'ca' ? sequence(boolean(true), integer(Buffer.of(0))) : sequence();
  const usage = profile === 'ca' ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE;
  const list = [
    extension('2.5.29.19', true, basicConstraints),
    extension('2.5.29.15', true, primitive(Type.BITSTRING, usage)),
    extension('2.5.29.14', false, octets(keyIdentifier(spki(template.publicKey)))),
    extension('2.5.29.35', false, sequence(context(0, keyIdentifier(issuerKey)))),
  ];
  if (profile !== 'ca') {
    list.push(extension('2.5.29.37', false, sequence(oid(profile === 'client' ? CLIENT_AUTH : SERVER_AUTH))));
  }
  if (alternativeNames.length > 0) {
    list.push(extension('2.5.29.17', false, sequence(...alternativeNames.map(alternativeName))));
  }
  return list;
}

function extension(id: string, critical: boolean, value: Node): Node {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(der(value)));
}

// GeneralName tags, RFC 5280 section 4.2.1.6.
function alternativeName({ kind, value }: AlternativeName): Node {
  if (kind === 'ip') return context(7, ipOctets(value));
  return context(kind === 'dns' ? 2 : 6, Buffer.from(value, 'ascii'));
}

function ipOctets(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  // URL brings every textual form (zeros, dotted tails) to hexadecimal words.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const words = (text: string) =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const [before, after] = [words(head), words(tail ?? '')];
  const all = [...before, ...new Array(8 - before.length - after.length).fill(0), ...after];
  return Buffer.from(all.flatMap((word) => [word >> 8, word & 0xff]));
}

const ECDSA = '1.2.840.10045.4.3';
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const ED25519 = '1.3.101.112';

/** How a key signs certificates: RFC 5758 (ECDSA), RFC 4055 (RSA), RFC 8410 (Ed25519). */
export function signatureAlgorithm(key: KeyObject): { identifier: Node; digest: string | null } {
  const algorithm = keyAlgorithmOf(key);
  if (algorithm === undefined) throw new TypeError('the issuer has a key of an unknown type');
  return SIGNATURES[algorithm]();
}

const rsa = () => ({
  identifier: sequence(oid(RSA_SHA256), primitive(Type.NULL, Buffer.of())),
  digest: 'sha256',
});
const SIGNATURES = {
  'ec-p256': () => ({ identifier: sequence(oid(`${ECDSA}.2`)), digest: 'sha256' }),
  'ec-p384': () => ({ identifier: sequence(oid(`${ECDSA}.3`)), digest: 'sha384' }),
  'ec-p521': () => ({ identifier: sequence(oid(`${ECDSA}.4`)), digest: 'sha512' }),
  ed25519: () => ({ identifier: sequence(oid(ED25519)), digest: null }),
  'rsa-2048': rsa,
  'rsa-3072': rsa,
  'rsa-4096': rsa,
} satisfies Record<KeyAlgorithm, () => { identifier: Node; digest: string | null }>;

export function name(attributes: DistinguishedName): Node {
  return sequence(
    ...attributes.map(({ type, value }) => {
      // RFC 5280 appendix A: countryName is a PrintableString
      const text = primitive(type === 'C' ? Type.PRINTABLESTRING : Type.UTF8, Buffer.from(value));
      return asn1.create(Class.UNIVERSAL, Type.SET, true, [sequence(oid(ATTRIBUTE_TYPES[type]), text)]);
    }),
  );
}

// RFC 5280 section 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on.
function time(at: Timestamp): Node {
  const date = new Date(at);
  return date.getUTCFullYear() < 2050
    ? asn1.create(Class.UNIVERSAL, Type.UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(Class.UNIVERSAL, Type.GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

// RFC 5280 section 4.2.1.2, method (1): SHA-1 of the key's bits, without the count of unused ones.
function keyIdentifier(subjectPublicKeyInfo: Node): Buffer {
  const [, key] = children(subjectPublicKeyInfo);
  const bits = der(key as Node);
  // Skips tag and length, which is one octet or 0x80 plus the count of those that follow, and the unused-bits octet.
  const length = bits[1] ?? 0;
  const start = 2 + (length > 0x80 ? length - 0x80 : 0) + 1;
  return createHash('sha1').update(bits.subarray(start)).digest();
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, key, … } }
function subjectOf(certificate: Node): Node {
  return tbsField(certificate, 5);
}

function publicKeyOf(certificate: Node): Node {
  return tbsField(certificate, 6);
}

function tbsField(certificate: Node, index: number): Node {
  const [tbs] = children(certificate);
  const field = tbs && children(tbs)[index];
  if (field === undefined) throw new TypeError('the issuer certificate is not an X.509 v3 certificate');
  return field;
}

export function spki(key: KeyObject): Node {
  return parse(key.export({ type: 'spki', format: 'der' }));
}

function parse(bytes: Buffer): Node {
  return asn1.fromDer(bytes.toString('binary'));
}

export function der(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'binary');
}

/** Reads one value in DER, and nothing behind it; undefined where it is none, or in another form of BER. */
export function parseDer(bytes: Buffer): Node | undefined {
  try {
    const node = asn1.fromDer(bytes.toString('binary'), { decodeBitStrings: false });
    // There is one way to write it: then what was signed is what was read.
    return der(node).equals(bytes) ? node : undefined;
  } catch {
    return undefined;
  }
}

/** What of a value is not made of others. */
export function contentOf(node: Node): Buffer {
  return Buffer.from(typeof node.value === 'string' ? node.value : '', 'binary');
}

/** The object identifier that a value is, dotted; undefined where it is none. */
export function oidOf(node: Node | undefined): string | undefined {
  if (node?.type !== Type.OID || node.tagClass !== Class.UNIVERSAL || typeof node.value !== 'string')
    return undefined;
  return asn1.derToOid(node.value);
}

/** Of which kind a value is: a universal type, or a number that its context gives a meaning. */
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

function explicit(tag: number, item: Node): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, true, [item]);
}

/** A list that its context names, with nothing in it. */
export function emptyContext(tag: number): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, true, []);
}

function context(tag: number, bytes: Buffer): Node {
  return asn1.create(Class.CONTEXT_SPECIFIC, tag as Asn1.Type, false, bytes.toString('binary'));
}

function primitive(type: Asn1.Type, bytes: Buffer): Node {
  return asn1.create(Class.UNIVERSAL, type, false, bytes.toString('binary'));
}

function oid(id: string): Node {
  return asn1.create(Class.UNIVERSAL, Type.OID, false, asn1.oidToDer(id).getBytes());
}

function boolean(value: boolean): Node {
  return primitive(Type.BOOLEAN, Buffer.of(value ? 0xff : 0x00));
}

// DER wants the shortest two's complement: a positive number's first octet is below 0x80 and no needless zero.
export function integer(magnitude: Buffer): Node {
  const first = magnitude.findIndex((octet) => octet !== 0);
  const digits = first < 0 ? Buffer.of(0) : magnitude.subarray(first);
  return primitive(Type.INTEGER, (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), digits]) : digits);
}

function octets(bytes: Buffer): Node {
  return primitive(Type.OCTETSTRING, bytes);
}

export function bitString(bytes: Buffer): Node {
  return primitive(Type.BITSTRING, Buffer.concat([Buffer.of(0), bytes]));
}
