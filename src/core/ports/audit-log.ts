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

/** An action in the audit log. */
export interface AuditEntry extends AuditEvent, AuditActor {
  /** The number of its first line. */
  readonly seq: number;
  readonly at: Timestamp;
  /** `begun` if nothing is known of its end: it goes on, or its program was killed. */
  readonly outcome: 'done' | 'failed' | 'refused' | 'begun';
  /** The SHA-256 hash of the line before and of this line without the hash, in lower-case hex. */
  readonly hash: string;
}

/** A filter for actions; a field that is left out lets all of them pass. */
export interface AuditQuery {
  /** The first and the last moment. */
  readonly since?: Timestamp | undefined;
  readonly until?: Timestamp | undefined;
  /** The author, like `user ann`, or a name alone. */
  readonly actor?: string | undefined;
  /** An action like `key.gen`, or its first word for all that begin with it. */
  readonly action?: string | undefined;
  /** First words of actions; others do not pass. */
  readonly kinds?: readonly string[] | undefined;
  /** The id of the changed record, or its first part: a client's id for all of its API keys. */
  readonly target?: string | undefined;
}

/** A part of the log. */
export interface AuditPageRequest extends AuditQuery {
  /** The most actions. */
  readonly limit?: number | undefined;
  /** Only actions whose number is lower. */
  readonly before?: number | undefined;
}

export interface AuditPage {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** The number to go on before; undefined if nothing is left. */
  readonly next: number | undefined;
}

/** What a look at all lines of the log came to. */
export interface AuditCheck {
  /** The number of lines that are as they were written. */
  readonly lines: number;
  readonly fault: ChainFault | undefined;
}

/** The first fault in a log, and its line. */
interface ChainFault {
  /** Counted from 1, over all files. */
  readonly line: number;
  /** The name of the file with the line, or the one where it is missing. */
  readonly file: string;
  readonly fault: string;
}

/** The record of every change, to be read. */
export interface AuditReader {
  /** Reads actions, the newest first. @throws KeywrightError `store-corrupt` if a line cannot be read; `io` */
  page(request: AuditPageRequest): Promise<AuditPage>;
  /** Looks at every line for one that was changed or is missing. @throws KeywrightError `io` */
  check(): Promise<AuditCheck>;
}

/** The append-only record of every change. */
export interface AuditLog {
  /**
   * Records the events of one change, then makes the change, then records what came of it.
   * @throws KeywrightError if a line cannot be written: nothing is changed then
   */
  record<T>(events: readonly AuditEvent[], change: () => Promise<T>): Promise<T>;
  /** Records a refused action. @throws KeywrightError if the line cannot be written */
  refused(event: AuditEvent): Promise<void>;
  /** Returns the same log for another actor. */
  by(actor: AuditActor): AuditLog;
}
