import { createHash, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { ipv6Words } from '../core/model/ipv6.js';
import { type KeyAlgorithm, keyAlgorithmOf } from '../core/model/key-algorithm.js';
import type { Timestamp } from '../core/model/time.js';
import {
  bitString,
  boolean,
  children,
  der,
  explicit,
  implicit,
  integer,
  type Node,
  nothing,
  octets,
  oid,
  parse,
  printableString,
  sequence,
  set,
  time,
  utf8String,
} from './der.js';

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

// KeyUsage, RFC 5280 section 4.2.1.3.
const DIGITAL_SIGNATURE = bitString(Buffer.of(0x80), 7);
const CERT_AND_CRL_SIGN = bitString(Buffer.of(0x06), 1);

function extensions(template: CertificateTemplate, issuerKey: Node): Node[] {
  const { profile, alternativeNames } = template;
  const basicConstraints = profile === 'ca' ? sequence(boolean(true), integer(Buffer.of(0))) : sequence();
  const usage = profile === 'ca' ? CERT_AND_CRL_SIGN : DIGITAL_SIGNATURE;
  const list = [
    extension('2.5.29.19', true, basicConstraints),
    extension('2.5.29.15', true, usage),
    extension('2.5.29.14', false, octets(keyIdentifier(spki(template.publicKey)))),
    extension('2.5.29.35', false, sequence(implicit(0, keyIdentifier(issuerKey)))),
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
export function signatureAlgorithm(key: KeyObject): { identifier: Node; digest: string | null } {
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
} satisfies Record<KeyAlgorithm, () => { identifier: Node; digest: string | null }>;

export function name(attributes: DistinguishedName): Node {
  return sequence(
    ...attributes.map(({ type, value }) => {
      // RFC 5280 appendix A: countryName is a PrintableString
      const text = type === 'C' ? printableString(value) : utf8String(value);
      return set(sequence(oid(ATTRIBUTE_TYPES[type]), text));
    }),
  );
}

// RFC 5280 section 4.2.1.2, method (1): SHA-1 of the key's bits, without the count of unused ones.
function keyIdentifier(subjectPublicKeyInfo: Node): Buffer {
  const [, key] = children(subjectPublicKeyInfo);
  const bits = der(key as Node);
  // Skips the tag, the length (one octet, or 0x80 plus the count of those that follow) and the octet of unused bits.
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
