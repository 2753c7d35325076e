import { type FileHandle, open } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import type { Clock } from '../core/ports/clock.js';
import { prepareHome, sweepHome } from '../disk/home.js';
import { ioError } from '../disk/io-error.js';
import { withLock } from '../disk/lock.js';
import { type ChainEnd, chainLine, type NewLine, START } from './chain.js';
import { findEnd } from './log-end.js';
import type { LogFiles, LostHead } from './log-files.js';

export interface LogWriterOptions {
  readonly home: string;
  readonly clock: Clock;
  readonly files: LogFiles;
  /** The length in octets from which on a file is closed and another is begun. */
  readonly rotateAt?: number | undefined;
}

interface Waiting {
  readonly line: NewLine;
  /** Gets the line's number, or the error that kept it from being written. */
  settle(result: { readonly seq: number } | { readonly error: unknown }): void;
}

// Lines that arrive during a write go to the disk together.
const MAX_TOGETHER = 2_000;
const ROTATE_AT = 16 * 1024 * 1024;

/** Appends to the log. One process at a time writes; a later one mends what a killed one or a full disk left. */
export class LogWriter {
  readonly #options: LogWriterOptions;
  readonly #waiting: Waiting[] = [];
  #isWriting = false;
  #isSwept = false;

  constructor(options: LogWriterOptions) {
    this.#options = options;
  }

  /** Appends a line. @returns its number @throws KeywrightError `io`, `store-corrupt` */
  append(line: NewLine): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({
        line,
        settle: (result) => ('seq' in result ? resolve(result.seq) : reject(result.error)),
      });
      if (!this.#isWriting) void this.#writeWaiting();
    });
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.splice(0, MAX_TOGETHER);
      const first = await this.#write(together.map(({ line }) => line)).catch((error) => ({ error }));
      for (const [index, { settle }] of together.entries())
        settle(typeof first === 'number' ? { seq: first + index } : first);
    }
    this.#isWriting = false;
  }

  /** @returns the number of the first line */
  async #write(lines: readonly NewLine[]): Promise<number> {
    const { home, files, clock } = this.#options;
    await prepareHome(home);
    return withLock(`${files.newest}.lock`, async () => {
      const head = await this.#readHead();
      const file = await this.#open();
      try {
        const { end, size, isDamaged } = await findEnd(file, head);
        const opensFile = size === 0 && end.seq > 0;
        // Damage stays for `audit verify`, on a line of its own.
        let text = isDamaged ? '\n' : '';
        let last = end;
        for (const each of lines) {
          const made = chainLine(each, { at: clock.now(), end: last, opensFile: opensFile && last === end });
          text += `${made.line}\n`;
          last = made.end;
        }
        await appendWhole(file, { text, size });
        // A lost outcome is not worth the time that the disk takes: the next action makes it durable.
        if (lines.some(({ outcome }) => outcome === 'tried' || outcome === 'refused'))
          await this.#makeDurable(file, { size, last });
        await this.#rotate(file, last);
        await this.#sweep();
        return end.seq + 1;
      } catch (error) {
        throw ioError('write', files.newest, error);
      } finally {
        await file.close();
      }
    });
  }

  // A home without a log gets its head first: a log without one is then a log that lost it.
  async #readHead(): Promise<ChainEnd> {
    const { files } = this.#options;
    const head = await files.readHead();
    if (typeof head === 'object') return head;
    if (head === 'damaged' || (await files.hasLines()))
      throw new KeywrightError(
        'store-corrupt',
        `${files.head} is ${head}, which names the last line of the audit log`,
        {
          hint: 'put it back from a backup, or begin a new log: move all audit.* files elsewhere',
        },
      );
    await files.writeHead(START);
    return START;
  }

  async #open(): Promise<FileHandle> {
    const { newest } = this.#options.files;
    return open(newest, 'a+', 0o600).catch((error) => {
      throw ioError('write', newest, error);
    });
  }

  // The head comes last: it never names a line that is not on the disk.
  async #makeDurable(
    file: FileHandle,
    { size, last }: { readonly size: number; readonly last: ChainEnd },
  ): Promise<void> {
    const { files } = this.#options;
    try {
      await file.sync();
      await files.writeHead(last);
    } catch (error) {
      // If this fails too, the next writer finds the lines behind the head.
      await file.truncate(size).catch(() => undefined);
      throw error;
    }
  }

  // Lines that the head does not name yet are looked for in the newest file, so they stay there.
  async #rotate(file: FileHandle, last: ChainEnd): Promise<void> {
    const { files, rotateAt = ROTATE_AT } = this.#options;
    if ((await file.stat()).size < rotateAt || !isAt(await files.readHead(), last)) return;
    // The lines are on the disk: the next writer tries again.
    await files.retire(last.seq).catch(() => undefined);
  }

  // Every command that changes something comes by here.
  async #sweep(): Promise<void> {
    if (this.#isSwept) return;
    this.#isSwept = true;
    await sweepHome(this.#options.home).catch(() => undefined);
  }
}

function isAt(head: ChainEnd | LostHead, { seq }: ChainEnd): boolean {
  return typeof head === 'object' && head.seq === seq;
}

async function appendWhole(
  file: FileHandle,
  { text, size }: { readonly text: string; readonly size: number },
): Promise<void> {
  try {
    // Half a line of a killed writer goes.
    if ((await file.stat()).size !== size) await file.truncate(size);
    await file.appendFile(text);
  } catch (error) {
    // If this fails too, the next writer removes it.
    await file.truncate(size).catch(() => undefined);
    throw error;
  }
}
