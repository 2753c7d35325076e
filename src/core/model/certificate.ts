import { generateKeyPairSync } from 'node:crypto';
import { integer, object, oneOf, optional, revision, text, time } from './fields.js';
import { KEY_ALGORITHMS, type KeyAlgorithm } from './key-algorithm.js';
import type { Timestamp } from './time.js';

/** Why a certificate stopped before its end. */
const WITHDRAWALS = ['replaced', 'deleted'] as const;

/** Who holds a certificate: a client, or a TLS server of this home. */
export type CertificateHolder =
  | { readonly kind: 'client'; readonly id: string }
  | { readonly kind: 'server'; readonly id: string };

/** A certificate that the CA issued, until its end, also after it was withdrawn. Times are milliseconds since the epoch. */
export interface Certificate {
  /** Serial number, lower-case hex: 128 random bits, so one certificate has it. */
  readonly id: string;
  readonly revision: number;
  readonly holder: CertificateHolder;
  /** SHA-256 of the issuing CA's DER, lower-case hex; null if it was issued before issuers were kept. */
  readonly issuer: string | null;
  /** SHA-256 of the DER, lower-case hex; null, like the key, if it was withdrawn before certificates were records. */
  readonly fingerprint: string | null;
  readonly key: CertificateKey | null;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly withdrawn: Withdrawal | null;
}

export interface CertificateKey {
  readonly algorithm: KeyAlgorithm;
  /** SubjectPublicKeyInfo, DER, base64. */
  readonly publicKey: string;
}

export interface Withdrawal {
  readonly at: Timestamp;
  readonly reason: (typeof WITHDRAWALS)[number];
}

/** A certificate that can be presented. */
export type HeldCertificate = Certificate & {
  readonly fingerprint: string;
  readonly key: CertificateKey;
  readonly withdrawn: null;
};

export function isHeld(certificate: Certificate): certificate is HeldCertificate {
  const { withdrawn, fingerprint, key } = certificate;
  return withdrawn === null && fingerprint !== null && key !== null;
}

/** Makes a key pair and keeps its public key: what a signed token is checked against if nobody has its certificate. */
export function decoyKey(): CertificateKey {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    algorithm: 'ec-p256',
    publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
  };
}

/** Withdraws a certificate; one that was withdrawn already keeps when and why. */
export function withdraw(certificate: Certificate, withdrawn: Withdrawal): Certificate {
  return certificate.withdrawn === null ? { ...certificate, withdrawn } : certificate;
}

/** Reads a certificate as a key store holds it. @throws KeywrightError `store-corrupt` that names the field */
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
