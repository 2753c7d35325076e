import { generateKeyPairSync } from 'node:crypto';
import { added, integer, object, oneOf, optional, revision, text, time } from './fields.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from './key-algorithm.js';
import type { Timestamp } from './time.js';

/** The reasons for which a certificate stops before its end. */
const WITHDRAWALS = ['replaced', 'deleted'] as const;

/** The holder of a certificate: a client, or a TLS server of this home. */
export type CertificateHolder =
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'server'; readonly id: string };

/**
 * A certificate from the CA. Its record stays until its end, even after a withdrawal. Times are in milliseconds since
 * the epoch.
 */
export interface Certificate {
  /** The serial number in lower-case hex. Its 128 random bits make it unique. */
  readonly id: string;
  readonly revision: number;
  readonly holder: CertificateHolder;
  /** The SHA-256 hash of the issuing CA's DER, in lower-case hex; null in records from before there were issuers. */
  readonly issuer: string | null;
  /**
   * The SHA-256 hash of the DER, in lower-case hex. Like `key`, it is null if the withdrawal is older than these
   * records.
   */
  readonly fingerprint: string | null;
  readonly key: CertificateKey | null;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly withdrawn: Withdrawal | null;
  /** Set if the certificate has a successor and still holds beside it. */
  readonly replaced?: Replacement | null | undefined;
}

/** The replacement of a certificate that still holds for a while. */
interface Replacement {
  readonly at: Timestamp;
  readonly until: Timestamp;
}

export interface CertificateKey {
  readonly algorithm: KeyAlgorithm;
  /** The SubjectPublicKeyInfo in DER, base64. */
  readonly publicKey: string;
}

export interface Withdrawal {
  readonly at: Timestamp;
  readonly reason: (typeof WITHDRAWALS)[number];
}

/** A certificate that its holder can still present. */
export type HeldCertificate = Certificate & {
  readonly fingerprint: string;
  readonly key: CertificateKey;
  readonly withdrawn: null;
};

export function isHeld(certificate: Certificate): certificate is HeldCertificate {
  const { withdrawn, fingerprint, key } = certificate;
  return withdrawn === null && fingerprint !== null && key !== null;
}

/**
 * Makes a key pair and keeps only the public key. A signed token is checked against it if its client has no
 * certificate.
 */
export function decoyKey(): CertificateKey {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    algorithm: 'ec-p256',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

/** Withdraws a certificate. One that is already withdrawn keeps its time and its reason. */
export function withdraw(certificate: Certificate, withdrawn: Withdrawal): Certificate {
  return certificate.withdrawn === null ? { ...certificate, withdrawn } : certificate;
}

/** Reads a certificate from the key store. @throws KeywrightError `store-corrupt` that names the field */
export function parseCertificate(value: unknown): Certificate {
  const record = object(value, 'certificate');
  const holder = object(record.holder, 'holder');
  return {
    id: text(record, 'id'),
    revision: revision(record),
    holder: { kind: oneOf(['client', 'server'] as const, holder, 'kind'), id: text(holder, 'id') },
    issuer: optional(text, record, 'issuer'),
    fingerprint: optional(text, record, 'fingerprint'),
    key: optional(certificateKey, record, 'key'),
    notBefore: time(record, 'notBefore'),
    notAfter: time(record, 'notAfter'),
    withdrawn: optional(withdrawal, record, 'withdrawn'),
    replaced: added(replacement, record, 'replaced'),
  };
}

function certificateKey(record: Record<string, unknown>, name: string): CertificateKey {
  const key = object(record[name], name);
  return { algorithm: oneOf(KEY_ALGORITHMS, key, 'algorithm'), publicKey: text(key, 'publicKey') };
}

function withdrawal(record: Record<string, unknown>, name: string): Withdrawal {
  const withdrawn = object(record[name], name);
  return { at: integer(withdrawn, 'at'), reason: oneOf(WITHDRAWALS, withdrawn, 'reason') };
}

function replacement(record: Record<string, unknown>, name: string): Replacement {
  const replaced = object(record[name], name);
  return { at: time(replaced, 'at'), until: time(replaced, 'until') };
}
