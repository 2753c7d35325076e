import type { KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../model/key-algorithm.js';
import type { Timestamp } from '../model/time.js';

export interface IssuedCertificate {
  readonly pem: string;
  /** Lower-case hex. */
  readonly serial: string;
  /** SHA-256 of the DER, lower-case hex. */
  readonly fingerprint: string;
}

/** What is asked of the CA for a client. */
export interface ClientCertificateRequest {
  readonly clientId: string;
  readonly publicKey: KeyObject;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** What is asked of the CA for a TLS server. */
export interface ServerCertificateRequest {
  readonly names: readonly ServerName[];
  readonly publicKey: KeyObject;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** A host name or an address (textual form) that a server answers to. */
export interface ServerName {
  readonly kind: 'dns' | 'ip';
  readonly value: string;
}

/** What a certification request (PKCS#10, RFC 2986) asks for, after its signature was checked. */
export interface CertificationRequest {
  /** Of an algorithm that keywright knows. */
  readonly publicKey: KeyObject;
  /** The subject's only attribute; undefined where the subject is empty. */
  readonly commonName: string | undefined;
  /** The alternative names that it asks for: DNS names as they are, others with their kind before them. */
  readonly alternativeNames: readonly string[];
}

/** The local CA, ready to sign. */
export interface CertificateAuthority {
  /** The root certificate, PEM. */
  readonly certificate: string;
  /** SHA-256 of its DER, lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  /** Lower-case hex. */
  readonly serial: string;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly algorithm: KeyAlgorithm;
  issueClient(request: ClientCertificateRequest): IssuedCertificate;
  /** Reads a request in PEM and checks its proof of possession. @throws KeywrightError `invalid-input` */
  readRequest(pem: string): CertificationRequest;
  issueServer(request: ServerCertificateRequest): IssuedCertificate;
}
