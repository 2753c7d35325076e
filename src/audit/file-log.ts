import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import type { AuditActor, AuditEntry, AuditEvent, AuditLog } from '../core/ports/audit-log.js';
import type { Clock } from '../core/ports/clock.js';
import { readOptional, replaceFile } from '../disk/durable-file.js';
import { prepareHome, sweepHome } from '../disk/home.js';
import { ioError } from '../disk/io-error.js';
import { withLock } from '../disk/lock.js';
import { type ChainEnd, type ChainFault, chainLine, followChain, GENESIS, parseLine } from './chain.js';

export interface FileLogOptions {
  readonly home: string;
  readonly clock: Clock;
  /** The actor of changes, unless `by` names another. */
  readonly actor: AuditActor;
}

/** The audit log of a home: `audit.log` has a line for each event, and `audit.head` names the last line. */
export class FileAuditLog implements AuditLog {
  readonly #options: FileLogOptions;
  readonly #files: LogFiles;

  constructor(options: FileLogOptions, files = new LogFiles(options)) {
    this.#options = options;
    this.#files = files;
  }

  async record<T>(event: AuditEvent, change: () => Promise<T>): Promise<T> {
    await this.#append(event, 'begun');
    try {
      return await change();
    } catch (error) {
      // The caller must learn that the change failed, even if this second line cannot be written.
      await this.#append(event, 'failed').catch(() => undefined);
      throw error;
    }
  }

  async refused(event: AuditEvent): Promise<void> {
    await this.#append(event, 'refused');
  }

  by(actor: AuditActor): AuditLog {
    return new FileAuditLog({ ...this.#options, actor }, this.#files);
  }

  /** Reads all entries, oldest first. @throws KeywrightError `store-corrupt` if a line cannot be read; `io` */
  async entries(): Promise<AuditEntry[]> {
    return (await this.#files.lines()).map(parseLine);
  }

  /**
   * Finds the first line that was changed; undefined if there is none.
   * @throws KeywrightError `io` if the log cannot be read
   */
  fault(): Promise<ChainFault | undefined> {
    return this.#files.fault();
  }

  #append(event: AuditEvent, outcome: AuditEntry['outcome']): Promise<void> {
    return this.#files.append({ ...this.#options.actor, ...event, outcome });
  }
}

type NewEntry = Omit<AuditEntry, 'seq' | 'at' | 'hash'>;

interface Waiting {
  readonly entry: NewEntry;
  settle(error: unknown): void;
}

// Entries that arrive during a write go to the disk together.
const MAX_TOGETHER = 200;

class LogFiles {
  readonly #options: FileLogOptions;
  readonly #log: string;
  readonly #head: string;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #isSwept = false;

  constructor(options: FileLogOptions) {
    this.#options = options;
    this.#log = join(options.home, 'audit.log');
    this.#head = join(options.home, 'audit.head');
  }

  append(entry: NewEntry): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (error: unknown) => (error === undefined ? resolve() : reject(error));
      this.#waiting.push({ entry, settle });
      if (!this.#isWriting) void this.#writeWaiting();
    });
  }

  async fault(): Promise<ChainFault | undefined> {
    const [lines, head] = [await this.lines(), await this.#readHead()];
    const end = followChain(lines);
    if ('fault' in end) return end;
    // A line is written before the head that names it. So a killed writer may leave lines after the one that the head
    // names.
    const named = followChain(lines.slice(0, head.seq));
    const matches = 'hash' in named && named.seq === head.seq && named.hash === head.hash;
    return matches ? undefined : { line: lines.length + 1, fault: 'is missing: the log was cut short' };
  }

  async lines(): Promise<string[]> {
    return linesOf((await readOptional(this.#log)) ?? '');
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, MAX_TOGETHER);
      const error = await this.#write(together.map(({ entry }) => entry)).then(
        () => undefined,
        (reason) => reason ?? new Error('no'),
      );
      for (const { settle } of together) settle(error);
    }
    this.#isWriting = false;
  }

  async #write(entries: readonly NewEntry[]): Promise<void> {
    const { home, clock } = this.#options;
    await prepareHome(home);
    await withLock(`${this.#log}.lock`, async (tookOver) => {
      // A killed writer may have left half a line, or lines that the head does not name.
      let end = tookOver ? await this.#repair() : await this.#readHead();
      let text = '';
      for (const { who, from, action, target, outcome } of entries) {
        const seq = end.seq + 1;
        const { line, hash } = chainLine(
          { seq, at: clock.now(), who, from, action, target, outcome },
          end.hash,
        );
        text += `${line}\n`;
        end = { seq, hash };
      }
      await appendDurably(this.#log, text);
      await this.#writeHead(end);
      await this.#sweep();
    });
  }

  // Every command that changes something comes by here.
  async #sweep(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    await sweepHome(this.#options.home).catch(() => undefined);
  }

  async #repair(): Promise<ChainEnd> {
    const text = (await readOptional(this.#log)) ?? '';
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    if (whole !== text) await replaceFile(this.#log, { data: whole, mode: 0o600 });
    const end = followChain(linesOf(whole));
    return 'fault' in end ? this.#readHead() : end;
  }

  async #readHead(): Promise<ChainEnd> {
    const text = await readOptional(this.#head);
    if (text === undefined) return { seq: 0, hash: GENESIS };
    const [, seq, hash] = /^(\d+) ([0-9a-f]{64})\n$/.exec(text) ?? [];
    if (seq === undefined || hash === undefined) {
      throw new KeywrightError('store-corrupt', `${this.#head} is damaged`, {
        hint: 'put it back from a backup',
      });
    }
    return { seq: Number(seq), hash };
  }

  async #writeHead({ seq, hash }: ChainEnd): Promise<void> {
    await replaceFile(this.#head, { data: `${seq} ${hash}\n`, mode: 0o600 });
  }
}

async function appendDurably(path: string, text: string): Promise<void> {
  try {
    const file = await open(path, 'a', 0o600);
    const { size } = await file.stat();
    try {
      await file.appendFile(text);
      await file.sync();
    } catch (error) {
      // Half a line would break the chain for all later lines.
      await file.truncate(size);
      throw error;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw ioError('write', path, error);
  }
}

function linesOf(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
