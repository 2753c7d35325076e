import type { Certificate, CertificateHolder } from '../model/certificate.js';
import type { AuditActor, AuditEvent } from './audit-log.js';
import type { RecordKind, RecordTypes } from './key-store.js';

/** The records as one change sees and leaves them. */
export interface Records {
  get<Kind extends Exclude<RecordKind, 'certificate'>>(
    kind: Kind,
    id: string,
  ): Promise<RecordTypes[Kind] | undefined>;
  /** The certificates of a holder, withdrawn ones included. */
  certificatesOf(holder: CertificateHolder): Promise<Certificate[]>;
  /** Adds a record, or replaces the one of its id. The store sets its revision. */
  put<Kind extends RecordKind>(kind: Kind, record: RecordTypes[Kind]): void;
  delete(kind: RecordKind, id: string): void;
}

/** The only way to change records. */
export interface UnitOfWork {
  /**
   * Runs `work`, then writes what it put and deleted, and the event's line in the audit log: all or none, durably, before
   * the promise resolves. If another change comes between what `work` read and its writing, `work` runs again: it must do
   * nothing but read and put. What it throws leaves everything as it was. Without an event, no line is written.
   * @throws KeywrightError `already-exists` for an e-mail address that another user has; `refused` for a new client that
   * the licence has no seat for; `io` if the audit log or the store cannot be written
   */
  change<T>(event: AuditEvent | null, work: (records: Records) => T | Promise<T>): Promise<T>;
  /** Records what somebody was not allowed to do. @throws KeywrightError `io` */
  refused(event: AuditEvent): Promise<void>;
  /** The same, for what somebody else does. */
  by(actor: AuditActor): UnitOfWork;
}
