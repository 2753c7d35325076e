import type { KeyObject } from 'node:crypto';
import type { Client } from './client.js';
import type { KeyAlgorithm } from './key-algorithm.js';
import type { UseRecord } from './last-use.js';
import type { ProvisioningKey } from './provisioning-key.js';
import type { Session } from './session.js';
import type { SigningKeyRing } from './signing-key.js';
import type { Timestamp } from './time.js';
import type { EmailClaim, User } from './user.js';

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

/** Who does something, and from where. */
export interface AuditActor {
  /** The operating system's user for commands; `user NAME` or `client ID` for calls. */
  readonly who: string;
  /** An address, or `local`. */
  readonly from: string;
}

/** One line of the audit log. */
export interface AuditEntry extends AuditEvent, AuditActor {
  readonly seq: number;
  readonly at: Timestamp;
  readonly outcome: 'begun' | 'failed' | 'refused';
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
  /** Records what somebody was not allowed to do. @throws KeywrightError where the line cannot be written */
  refused(event: AuditEvent): Promise<void>;
  /** The same log, for what somebody else does. */
  by(actor: AuditActor): AuditLog;
}

/** Where clients, users and what belongs to them live. */
export interface KeyStore {
  readonly clients: Collection<Client>;
  readonly users: Collection<User>;
  readonly sessions: Collection<Session>;
  readonly signingKeys: Collection<SigningKeyRing>;
  readonly uses: Collection<UseRecord>;
  /** Whose an e-mail address is, by the address. */
  readonly emails: Collection<EmailClaim>;
  readonly provisioningKeys: Collection<ProvisioningKey>;
}

/** How many clients there may be. */
export interface Licence {
  /**
   * Runs what registers a new client, where the licence allows one more: of two at once at the limit, one gets in.
   * @throws KeywrightError `refused` with the reason `licence`, before anything was done; whatever `register` throws
   */
  admit<T>(register: () => Promise<T>): Promise<T>;
}

/** How passwords are kept: slow to try, off the event loop. */
export interface PasswordHasher {
  /** @throws KeywrightError `busy` */
  hash(password: string): Promise<string>;
  /** Takes the same time for a hash that is undefined, and is then false. @throws KeywrightError `busy` */
  verify(password: string, hash: string | undefined): Promise<boolean>;
}

/** So many times for each key in a span. */
export interface Limiter {
  /** Counts once. @returns 0, or how many milliseconds to wait where that was once too often; at once where it is known already */
  take(key: string): number | Promise<number>;
  /** Takes one back that was counted before it was known to be none. */
  giveBack(key: string): Promise<void>;
}

/** Makes and reads signed tokens, with the keys as they are now. */
export interface TokenSealer {
  /** Changes whenever the keys do. */
  readonly revision: number;
  seal(payload: Record<string, unknown>): Promise<string>;
  /** The payload and who signed it; undefined where no key of ours did, by its own algorithm. */
  open(token: string): Promise<{ readonly payload: unknown; readonly keyId: string } | undefined>;
  /** Whether what a key signed is still taken. */
  isTrusted(keyId: string): boolean;
  /** The public keys, RFC 7517 section 5. */
  publicKeys(): Promise<{ readonly keys: readonly object[] }>;
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
