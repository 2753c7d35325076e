import { mkdir, readdir } from 'node:fs/promises';
import { ioError, systemCode } from './io-error.js';

/** Makes a directory that only its owner can read, and those above it. @throws KeywrightError `io` */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioError('make', path, error);
  }
}

/** Lists the names in a directory; none if it does not exist. @throws KeywrightError `io` */
export async function listDirectory(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw ioError('read', path, error);
  }
}
