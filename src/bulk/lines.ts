import { createReadStream } from 'node:fs';
import { KeywrightError } from '../core/model/errors.js';
import { ioError } from '../disk/io-error.js';

/** One line of a file, without its end. */
export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** The text, or the error that it cannot be read for. */
  readonly text: string | KeywrightError;
}

const LONGEST_LINE = 64 * 1024;
const LINE_END = 10;

/**
 * Reads the lines of a file, or of standard input for `-`, in groups as they come. Empty lines are left out. No more is kept than
 * one line, however long that is.
 * @throws KeywrightError `io`
 */
export async function* readLines(source: string): AsyncGenerator<Line[], void> {
  const stream: AsyncIterable<Buffer> = source === '-' ? process.stdin : createReadStream(source);
  const begun = new BegunLine();
  let number = 1;
  try {
    for await (const chunk of stream) {
      const lines: Line[] = [];
      let from = 0;
      for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, from)) {
        begun.add(chunk.subarray(from, end));
        lines.push({ number, text: begun.take(number) });
        number += 1;
        from = end + 1;
      }
      begun.add(chunk.subarray(from));
      yield lines.filter(isFull);
    }
  } catch (error) {
    throw ioError('read', source, error);
  }
  yield [{ number, text: begun.take(number) }].filter(isFull);
}

function isFull({ text }: Line): boolean {
  return typeof text !== 'string' || text.trim() !== '';
}

/** The beginning of a line whose end has not come yet. */
class BegunLine {
  #parts: Buffer[] = [];
  #length = 0;

  add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length <= LONGEST_LINE) this.#parts.push(part);
    else this.#parts = [];
  }

  take(number: number): string | KeywrightError {
    const [bytes, length] = [Buffer.concat(this.#parts), this.#length];
    this.#parts = [];
    this.#length = 0;
    if (length > LONGEST_LINE)
      return new KeywrightError('invalid-input', `the line is longer than ${LONGEST_LINE} octets`);
    try {
      // Only the first line may have a byte order mark.
      const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: number > 1 }).decode(bytes);
      return text.endsWith('\r') ? text.slice(0, -1) : text;
    } catch {
      return new KeywrightError('invalid-input', 'the line is not UTF-8');
    }
  }
}
