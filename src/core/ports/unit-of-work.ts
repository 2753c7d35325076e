import type { Certificate, CertificateHolder } from '../model/certificate.js';
import type { AuditActor, AuditEvent } from './audit-log.js';
import type { RecordKind, RecordTypes } from './key-store.js';

/** The records within one change. */
export interface Records {
  get<Kind extends Exclude<RecordKind, 'certificate'>>(
    kind: Kind,
    id: string,
  ): Promise<RecordTypes[Kind] | undefined>;
  /** Reads the certificates of a holder, withdrawn ones included. */
  certificatesOf(holder: CertificateHolder): Promise<Certificate[]>;
  /** Adds a record, or replaces the one of its id. The store sets its revision. */
  put<Kind extends RecordKind>(kind: Kind, record: RecordTypes[Kind]): void;
  delete(kind: RecordKind, id: string): void;
}

/** The event of a change; null for one without. A change of many records has an event for each. */
export type EventOf<T> = AuditEvent | null | ((result: T) => readonly AuditEvent[]);

/** The only way to change records. */
export interface UnitOfWork {
  /**
   * Runs `work`, then writes its puts and deletes and the event's line in the audit log, or those of all events that follow
   * from the result of `work`. It writes all or nothing,
   * durably, before the promise resolves; by then the change also holds in every process of this machine that follows
   * the store, or the user was told which one is late. If another change comes between the reads and the write, `work` runs again,
   * so `work` must only read, put and delete. An error of `work` on records as they are leaves everything as it was. Without an event, no line
   * is written.
   * @throws KeywrightError `already-exists` for an e-mail address that another user has; `refused` for new clients if
   * the licence has too few seats; `io` if the audit log or the store cannot be written
   */
  change<T>(event: EventOf<T>, work: (records: Records) => T | Promise<T>): Promise<T>;
  /** Records a refused action. @throws KeywrightError `io` */
  refused(event: AuditEvent): Promise<void>;
  /** Returns the same unit of work for another actor. */
  by(actor: AuditActor): UnitOfWork;
}
