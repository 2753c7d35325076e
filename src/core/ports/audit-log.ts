import type { Timestamp } from '../model/time.js';

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
