import { createHash, type KeyObject, randomBytes, sign, type X509Certificate } from 'node:crypto';
import { ipv6Words } from '../core/model/ipv6.js';
import { type KeyAlgorithm, keyAlgorithmOf } from '../core/model/key-algorithm.js';
import type { Timestamp } from '../core/model/time.js';
import { children, der, type Node, parse } from './der.js';
import {
  bitString,
  boolean,
  explicit,
  implicit,
  integer,
  nothing,
  octets,
  oid,
  printableString,
  sequence,
  set,
  time,
  utf8String,
} from './write-der.js';

/** A distinguished name's attributes in order: `[{ type: 'CN', value: 'device-1' }]`. */
export type DistinguishedName = readonly { readonly type: AttributeType; readonly value: string }[];

/** An alternative name; `ip` takes the textual form. */
export interface AlternativeName {
  readonly kind: 'dns' | 'uri' | 'ip';
  readonly value: string;
}

/** The use of a certificate, which its extensions follow from. */
type Profile = 'ca' | 'client' | 'server';

export interface CertificateTemplate {
  readonly profile: Profile;
  readonly subject: DistinguishedName;
  /** The subject's key: SubjectPublicKeyInfo in DER. */
  readonly subjectKey: Buffer;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly alternativeNames: readonly AlternativeName[];
}

/** What signs certificates. */
export interface Issuer {
  readonly privateKey: KeyObject;
  /** The subject of the issuer's certificate, in DER, and its key's identifier; undefined to sign a root with its own key. */
  readonly own: { readonly subject: Buffer; readonly keyIdentifier: Buffer } | undefined;
}

/** A certificate as it was signed. */
export interface SignedCertificate {
  readonly der: Buffer;
  /** Lower-case hex. */
  readonly serial: string;
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

/** Makes an issuer of a CA's certificate and its key. */
export function issuerOf(certificate: X509Certificate, privateKey: KeyObject): Issuer {
  const read = parse(certificate.raw);
  const [subject, publicKey] = [der(tbsField(read, 5)), der(tbsField(read, 6))];
  return { privateKey, own: { subject, keyIdentifier: keyIdentifier(publicKey) } };
}

/** Builds and signs an X.509 v3 certificate (RFC 5280 section 4.1). */
export function signCertificate(
  template: CertificateTemplate,
  { privateKey, own }: Issuer,
): SignedCertificate {
  const algorithm = signatureAlgorithm(privateKey);
  const subject = name(template.subject);
  const { subjectKey } = template;
  const serial = randomBytes(16);
  const keyIdentifiers = { subject: keyIdentifier(subjectKey), issuer: own?.keyIdentifier };
  const tbs = sequence(
    explicit(0, integer(Buffer.of(2))),
    integer(serial),
    algorithm.identifier,
    own?.subject ?? subject,
    sequence(time(template.notBefore), time(template.notAfter)),
    subject,
    subjectKey,
    explicit(3, sequence(...extensions(template, keyIdentifiers))),
  );
  const signature = sign(algorithm.digest, tbs, privateKey);
  return {
    der: sequence(tbs, algorithm.identifier, bitString(signature)),
    serial: serial.toString('hex').replace(/^(00)+(?=..)/, ''),
  };
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

// KeyUsage, RFC 5280 section 4.2.1.3.
const DIGITAL_SIGNATURE = bitString(Buffer.of(0x80), 7);
const CERT_AND_CRL_SIGN = bitString(Buffer.of(0x06), 1);

interface KeyIdentifiers {
  readonly subject: Buffer;
  /** undefined for that of the subject. */
  readonly issuer: Buffer | undefined;
}

function extensions(
  { profile, alternativeNames }: CertificateTemplate,
  { subject, issuer = subject }: KeyIdentifiers,
): Buffer[] {
  const basicConstraints = profile === 'ca' ? sequence(boolean(true), integer(Buffer.of(0))) : sequence();
  const usage = profile === 'ca' ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE;
  const list = [
    extension('2.5.29.19', true, basicConstraints),
    extension('2.5.29.15', true, usage),
    extension('2.5.29.14', false, octets(subject)),
    extension('2.5.29.35', false, sequence(implicit(0, issuer))),
  ];
  if (profile !== 'ca') {
    list.push(extension('2.5.29.37', false, sequence(oid(profile === 'client' ? CLIENT_AUTH : SERVER_AUTH))));
  }
  if (alternativeNames.length > 0) {
    list.push(extension('2.5.29.17', false, sequence(...alternativeNames.map(alternativeName))));
  }
  return list;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value));
}

// GeneralName tags, RFC 5280 section 4.2.1.6.
function alternativeName({ kind, value }: AlternativeName): Buffer {
  if (kind === 'ip') return implicit(7, ipOctets(value));
  return implicit(kind === 'dns' ? 2 : 6, Buffer.from(value, 'ascii'));
}

function ipOctets(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  return Buffer.from(ipv6Words(address).flatMap((word) => [word >> 8, word & 0xff]));
}

const ECDSA = '1.2.840.10045.4.3';
const RSA_SHA256 = '1.2.840.113549.1.1.11';
const ED25519 = '1.3.101.112';

/** The algorithm that a key signs certificates by: RFC 5758 (ECDSA), RFC 4055 (RSA), RFC 8410 (Ed25519). */
export function signatureAlgorithm(key: KeyObject): { identifier: Buffer; digest: string | null } {
  const algorithm = keyAlgorithmOf(key);
  if (algorithm === undefined) throw new TypeError('the issuer has a key of an unknown type');
  return SIGNATURES[algorithm]();
}

const rsa = () => ({
  identifier: sequence(oid(RSA_SHA256), nothing()),
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
} satisfies Record<KeyAlgorithm, () => { identifier: Buffer; digest: string | null }>;

export function name(attributes: DistinguishedName): Buffer {
  return sequence(
    ...attributes.map(({ type, value }) => {
      // RFC 5280 appendix A: countryName is a PrintableString
      const text = type === 'C' ? printableString(value) : utf8String(value);
      return set(sequence(oid(ATTRIBUTE_TYPES[type]), text));
    }),
  );
}

// RFC 5280 section 4.2.1.2, method (1): SHA-1 of the key's bits, without the count of unused ones.
function keyIdentifier(subjectPublicKeyInfo: Buffer): Buffer {
  const algorithm = contentAt(subjectPublicKeyInfo, 0).begin;
  const bits = contentAt(subjectPublicKeyInfo, contentAt(subjectPublicKeyInfo, algorithm).end);
  return createHash('sha1')
    .update(subjectPublicKeyInfo.subarray(bits.begin + 1, bits.end))
    .digest();
}

/** Finds the content octets of the value that begins at an offset. */
function contentAt(bytes: Buffer, offset: number): { readonly begin: number; readonly end: number } {
  const first = bytes[offset + 1] ?? 0;
  const more = first > 0x80 ? first - 0x80 : 0;
  const begin = offset + 2 + more;
  return { begin, end: begin + (more === 0 ? first : bytes.readUIntBE(offset + 2, more)) };
}

// Certificate ::= SEQUENCE { tbsCertificate SEQUENCE { [0] version, serial, algorithm, issuer, validity, subject, key, … } }
function tbsField(certificate: Node, index: number): Node {
  const [tbs] = children(certificate);
  const field = tbs && children(tbs)[index];
  if (field === undefined) throw new TypeError('the issuer certificate is not an X.509 v3 certificate');
  return field;
}

/** The SubjectPublicKeyInfo of a key, in DER. */
export function spki(key: KeyObject): Buffer {
  return key.export({ type: 'spki', format: 'der' });
}
