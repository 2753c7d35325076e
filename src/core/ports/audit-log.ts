import type { Timestamp } from '../model/time.js';

/** An action and its target: `key.gen` of a client, `token.rotate` of an API key. It never holds a secret. */
export interface AuditEvent {
  readonly action: string;
  /** The id of the changed record. */
  readonly target: string;
}

/** The author of a change. */
export interface AuditActor {
  /** The operating system's user for commands; `user NAME` or `client ID` for calls. */
  readonly who: string;
  /** An address, or `local`. */
  readonly from: string;
}

/** A line of the audit log. */
export interface AuditEntry extends AuditEvent, AuditActor {
  readonly seq: number;
  readonly at: Timestamp;
  readonly outcome: 'begun' | 'failed' | 'refused';
  /** The SHA-256 hash of the line before and of this line without the hash, in lower-case hex. */
  readonly hash: string;
}

/** The append-only record of every change. */
export interface AuditLog {
  /**
   * Records the event, then makes the change. If the change throws, a second line says so.
   * @throws KeywrightError if the line cannot be written: nothing is changed then
   */
  record<T>(event: AuditEvent, change: () => Promise<T>): Promise<T>;
  /** Records a refused action. @throws KeywrightError if the line cannot be written */
  refused(event: AuditEvent): Promise<void>;
  /** Returns the same log for another actor. */
  by(actor: AuditActor): AuditLog;
}
