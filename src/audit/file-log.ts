import { allOf } from '../core/model/all-of.js';
import type {
  AuditActor,
  AuditCheck,
  AuditEntry,
  AuditEvent,
  AuditLog,
  AuditPage,
  AuditPageRequest,
  AuditQuery,
  AuditReader,
} from '../core/ports/audit-log.js';
import type { Clock } from '../core/ports/clock.js';
import { readActions } from './actions.js';
import { findFault } from './find-fault.js';
import { LogFiles } from './log-files.js';
import { LogWriter } from './log-writer.js';

export interface FileLogOptions {
  readonly home: string;
  readonly clock: Clock;
  /** The actor of changes, unless `by` names another. */
  readonly actor: AuditActor;
  /** The length in octets at which a file is closed and another begun; 16 MiB by default. */
  readonly rotateAt?: number;
}

/** The audit log of a home: a line when an action begins, another with its outcome, one for each refused action. */
export class FileAuditLog implements AuditLog, AuditReader {
  readonly #options: FileLogOptions;
  readonly #files: LogFiles;
  readonly #writer: LogWriter;

  constructor(options: FileLogOptions, writer?: LogWriter) {
    this.#options = options;
    this.#files = new LogFiles(options.home);
    this.#writer = writer ?? new LogWriter({ ...options, files: this.#files });
  }

  async record<T>(events: readonly AuditEvent[], change: () => Promise<T>): Promise<T> {
    const begun = await allOf(
      events.map(async (event) => {
        const line = { ...this.#options.actor, ...event };
        return { line, of: await this.#writer.append({ ...line, outcome: 'tried' }) };
      }),
    );
    // What happened has happened, even if its second line cannot be written.
    const end = (outcome: 'done' | 'failed') =>
      allOf(begun.map(({ line, of }) => this.#writer.append({ ...line, outcome, of }))).catch(
        () => undefined,
      );
    try {
      const result = await change();
      await end('done');
      return result;
    } catch (error) {
      await end('failed');
      throw error;
    }
  }

  async refused(event: AuditEvent): Promise<void> {
    await this.#writer.append({ ...this.#options.actor, ...event, outcome: 'refused' });
  }

  by(actor: AuditActor): AuditLog {
    return new FileAuditLog({ ...this.#options, actor }, this.#writer);
  }

  /**
   * Reads the actions that were asked for, oldest first.
   * @throws KeywrightError `store-corrupt` if a line cannot be read; `io`
   */
  async entries(query: AuditQuery = {}): Promise<AuditEntry[]> {
    return [...(await readActions(this.#files, query)).entries].reverse();
  }

  page(request: AuditPageRequest): Promise<AuditPage> {
    return readActions(this.#files, request);
  }

  check(): Promise<AuditCheck> {
    return findFault(this.#files);
  }
}
