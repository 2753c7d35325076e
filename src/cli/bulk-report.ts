import { counted } from '../core/model/counted.js';
import { readCredential } from '../core/model/presented-credential.js';
import type { BaseCommand } from './base-command.js';
import { describeFailure } from './exit-code.js';

/** What came of one line of a file. */
export interface ReportedLine {
  /** Counted from 1. */
  readonly line: number;
  readonly id: string | undefined;
  readonly status: string;
  /** For programs: what else is known of what was done. */
  readonly more?: object | undefined;
  /** Why it was not done. */
  readonly error?: unknown;
}

interface ReportOptions {
  /** What the lines name, in the singular: `client`. */
  readonly thing: string;
  /** The words for what is done: `issued`. */
  readonly done: string;
  /** The number of lines, if it is known. */
  readonly total?: number | undefined;
}

const DRAW_EVERY_MS = 100;
const BAR_WIDTH = 24;

/**
 * Reports what comes of the lines of a file: to programs one line of JSON for each, on standard output; to people the lines that
 * failed and how far it is, on standard error.
 */
export class BulkReport {
  readonly #command: BaseCommand;
  readonly #options: ReportOptions;
  readonly #isForPrograms: boolean;
  readonly #counts = new Map<string, number>();
  readonly #begun = performance.now();
  #drawnAt = 0;
  #seen = 0;

  constructor(command: BaseCommand, options: ReportOptions) {
    this.#command = command;
    this.#options = options;
    this.#isForPrograms = command.jsonEnabled() || process.stdout.isTTY !== true;
  }

  add({ line, id, status, more, error }: ReportedLine): void {
    this.#seen += 1;
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
    if (this.#isForPrograms) {
      const failure = error === undefined ? undefined : described(error);
      process.stdout.write(
        `${JSON.stringify({ line, id: shownId(id), status, ...more, ...(failure && { error: failure }) })}\n`,
      );
    } else if (error !== undefined) {
      const { message, hint } = described(error);
      this.#clear();
      this.#command.notice(`line ${line}: ${message}${hint === undefined ? '' : ` (${hint})`}`);
    }
    this.#draw();
  }

  /** Says what came of all. @returns true if every line was done, or needed nothing */
  end(): boolean {
    this.#clear();
    const failed = this.#counts.get('failed') ?? 0;
    const skipped = this.#counts.get('skipped') ?? 0;
    const done = this.#seen - failed - skipped;
    const parts = [`${counted(done, this.#options.thing)} ${this.#options.done}`];
    if (skipped > 0) parts.push(`${skipped} skipped`);
    if (failed > 0) parts.push(`${failed} failed`);
    this.#command.notice(parts.join(', '));
    return failed === 0;
  }

  #draw(): void {
    const now = performance.now();
    if (process.stderr.isTTY !== true || now - this.#drawnAt < DRAW_EVERY_MS) return;
    this.#drawnAt = now;
    process.stderr.write(`\r\x1b[K${this.#progress((now - this.#begun) / 1000)}`);
  }

  #progress(seconds: number): string {
    const { total } = this.#options;
    const rate = this.#seen / Math.max(seconds, 0.001);
    const each = `${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`;
    if (total === undefined) return `${this.#seen}  ${each}`;
    const full = Math.round((BAR_WIDTH * this.#seen) / Math.max(1, total));
    const left = Math.ceil((total - this.#seen) / Math.max(rate, 0.001));
    const time = `${Math.floor(left / 60)}:${`${left % 60}`.padStart(2, '0')} left`;
    const bar = `${'#'.repeat(full)}${'-'.repeat(BAR_WIDTH - full)}`;
    return `[${bar}] ${this.#seen}/${total}  ${each}  ${time}`;
  }

  #clear(): void {
    if (process.stderr.isTTY === true && this.#drawnAt > 0) process.stderr.write('\r\x1b[K');
  }
}

function described(error: unknown) {
  const { message, ...failure } = describeFailure(error, [], {});
  const { code, hint } = { code: 'internal', hint: undefined, ...failure };
  return { code, message: message ?? String(error), ...(hint !== undefined && { hint }) };
}

// A file may hold the keys themselves in place of their ids, which no output is to repeat.
function shownId(id: string | undefined): string | null {
  return id === undefined || readCredential(id).kind !== 'unknown' ? null : id.slice(0, 200);
}
