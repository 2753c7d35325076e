import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { syncDirectory } from './durable-file.js';
import { ioError, systemCode } from './io-error.js';

/**
 * Makes many files of one directory durable. The system's `sync` does that at once for the whole file system, in a hundredth
 * of the time of a call for each file, which Node has no way to.
 * @throws KeywrightError `io`
 */
export async function flushFiles(directory: string, paths: readonly string[]): Promise<void> {
  if (paths.length === 0) return;
  if (paths.length >= MANY && (await flushFileSystem(directory))) return;
  const left = [...paths];
  const flushNext = async (): Promise<void> => {
    for (let path = left.pop(); path !== undefined; path = left.pop()) await flushFile(path);
  };
  await Promise.all([flushNext(), flushNext(), flushNext()]);
  await syncDirectory(directory).catch((error) => {
    throw ioError('flush', directory, error);
  });
}

const MANY = 16;

// Other systems' `sync` returns before it is done.
async function flushFileSystem(directory: string): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  return promisify(execFile)('sync', ['-f', directory]).then(
    () => true,
    () => false,
  );
}

async function flushFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    // Whoever has taken it away looks after it.
    if (systemCode(error) !== 'ENOENT') throw ioError('flush', path, error);
  }
}
