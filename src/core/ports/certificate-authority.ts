import type { KeyObject } from 'node:crypto';
import type { KeyAlgorithm } from '../model/key-algorithm.js';
import type { Timestamp } from '../model/time.js';

export interface IssuedCertificate {
  readonly pem: string;
  /** The serial number, in lower-case hex. */
  readonly serial: string;
  /** The SHA-256 hash of the DER, in lower-case hex. */
  readonly fingerprint: string;
}

/** The content of a client certificate that the CA should issue. */
export interface ClientCertificateRequest {
  readonly clientId: string;
  readonly publicKey: KeyObject;
  /** The same as SubjectPublicKeyInfo in DER, where that is at hand: to write it takes longer than to sign it. */
  readonly publicKeyDer?: Buffer | undefined;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** The content of a server certificate that the CA should issue. */
export interface ServerCertificateRequest {
  readonly names: readonly ServerName[];
  readonly publicKey: KeyObject;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
}

/** The kinds of a server's key. RSA is for clients that know nothing else. */
export type ServerKeyAlgorithm = 'ec-p256' | 'rsa-2048';

/** A TLS server's host name or address (textual form). */
export interface ServerName {
  readonly kind: 'dns' | 'ip';
  readonly value: string;
}

/** The content of a certification request (PKCS#10, RFC 2986) with a checked signature. */
export interface CertificationRequest {
  /** The public key, of an algorithm that keywright knows. */
  readonly publicKey: KeyObject;
  /** The subject's common name; undefined if it has none. */
  readonly commonName: string | undefined;
  /** The types of the subject's other attributes: `O`, another `CN`, or an object identifier. */
  readonly otherAttributes: readonly string[];
  /** The alternative names in the request: a DNS name as it stands, any other with its kind in front. */
  readonly alternativeNames: readonly string[];
}

/** The local CA, ready to sign. */
export interface CertificateAuthority {
  /** The root certificate in PEM. */
  readonly certificate: string;
  /** The SHA-256 hash of its DER, in lower-case hex. */
  readonly fingerprint: string;
  readonly subject: string;
  /** The serial number, in lower-case hex. */
  readonly serial: string;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly algorithm: KeyAlgorithm;
  /**
   * The beginning of a certificate that is made now: a little earlier, for peers whose clocks are behind, and never before
   * the CA's own.
   */
  beginningAt(now: Timestamp): Timestamp;
  issueClient(request: ClientCertificateRequest): IssuedCertificate;
  /** Reads a request in PEM or DER and checks its proof of possession. @throws KeywrightError `invalid-input` */
  readRequest(request: string | Buffer): CertificationRequest;
  issueServer(request: ServerCertificateRequest): IssuedCertificate;
}
