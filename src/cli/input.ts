import { readFile } from 'node:fs/promises';
import { KeywrightError } from '../core/errors.js';
import { ioError } from '../disk/io-error.js';

// No token or certificate comes near this.
const MAX_INPUT_BYTES = 1_000_000;

/** Reads a file, or standard input for `-`. @throws KeywrightError `io`, or `invalid-input` where it is too long */
export async function readInput(source: string): Promise<Buffer> {
  const input = source === '-' ? await readStandardInput() : await readNamed(source);
  if (input.length > MAX_INPUT_BYTES) throw new KeywrightError('invalid-input', `${source} is too long`);
  return input;
}

async function readNamed(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw ioError('read', path, error);
  }
}

async function readStandardInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_INPUT_BYTES) break;
  }
  return Buffer.concat(chunks);
}
