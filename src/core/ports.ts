import type { KeyObject } from 'node:crypto';
import type { Client } from './client.js';
import type { KeyAlgorithm } from './key-algorithm.js';
import type { Timestamp } from './time.js';

/** The only source of the present time. */
export interface Clock {
  now(): Timestamp;
}

/** One record as it stands now; undefined where it is gone. */
export interface Change<T> {
  readonly id: string;
  readonly record: T | undefined;
}

export interface Watcher<T> {
  /** Gets everything there is first, then what changed, in order. */
  changed(changes: readonly Change<T>[]): void;
  /** The records cannot be followed: nothing known of them may be trusted until `recovered`. */
  failed(error: unknown): void;
  recovered(): void;
}

/** Records of one type by id. */
export interface Collection<T> {
  get(id: string): Promise<T | undefined>;
  /**
   * The only way to change a record: an atomic read-modify-write. What `change` returns is stored durably before the
   * promise resolves (undefined removes the record); what it throws leaves everything as it was.
   */
  update<Next extends T | undefined>(id: string, change: (current: T | undefined) => Next): Promise<Next>;
  /** All records, in the order of their ids. */
  list(): Promise<T[]>;
  /** Follows the collection, also as other processes change it; resolves once everything there is was delivered. */
  watch(watcher: Watcher<T>): Promise<Subscription>;
}

export interface Subscription {
  stop(): void;
}

/** What happened to what: `key.gen` of a client, `token.rotate` of an API key. Never a secret. */
export interface AuditEvent {
  readonly action: string;
  /** The id of what is changed. */
  readonly target: string;
}

/** One line of the audit log. */
export interface AuditEntry extends AuditEvent {
  readonly seq: number;
  readonly at: Timestamp;
  /** Who did it: the operating system's user for commands. */
  readonly who: string;
  readonly outcome: 'begun' | 'failed';
  /** SHA-256 over the line before and this one without it, lower-case hex. */
  readonly hash: string;
}

/** The append-only record of every change. */
export interface AuditLog {
  /**
   * Records the event, then makes the change: nothing changes without a line. A change that throws gets a second line.
   * @throws KeywrightError where the line cannot be written: then nothing was changed
   */
  record<T>(event: AuditEvent, change: () => Promise<T>): Promise<T>;
}

/** Where clients live. */
export interface KeyStore {
  readonly clients: Collection<Client>;
}

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
  issueServer(request: ServerCertificateRequest): IssuedCertificate;
}
