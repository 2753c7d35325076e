import { createReadStream } from 'node:fs';
import { KeywrightError } from '../core/model/errors.js';
import { ioError } from '../disk/io-error.js';

// Tokens and certificates are much smaller.
const MAX_INPUT_BYTES = 1_000_000;

/** Reads a file, or standard input for `-`. @throws KeywrightError `io`; `invalid-input` if it is too long */
export async function readInput(source: string): Promise<Buffer> {
  const stream = source === '-' ? process.stdin : createReadStream(source);
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_INPUT_BYTES) throw new KeywrightError('invalid-input', `${source} is too long`);
    }
  } catch (error) {
    throw ioError('read', source, error);
  }
  return Buffer.concat(chunks);
}
