import { chmod, mkdir, readdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ioError, systemCode } from './io-error.js';

/** Makes a directory that only its owner can read, and those above it. @throws KeywrightError `io` */
export async function makeDirectory(path: string): Promise<void> {
  try {
    await makeWithParents(path, { mode: 0o700, parents: 0o700 });
  } catch (error) {
    throw ioError('make', path, error);
  }
}

interface Modes {
  readonly mode: number;
  /** The mode of the directories above it that do not exist. */
  readonly parents: number;
}

/**
 * Makes a directory and those above it. Node's own way never ends where a file system says that what it is asked to make does
 * not exist (/proc).
 * @returns whether it is new
 * @throws a system error
 */
export async function makeWithParents(path: string, { mode, parents }: Modes): Promise<boolean> {
  try {
    return await makeOne(path, mode);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT' || dirname(path) === path) throw error;
  }
  await makeWithParents(dirname(path), { mode: parents, parents });
  return makeOne(path, mode);
}

async function makeOne(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isDirectory()) return false;
    throw error;
  }
}

/** Makes a directory for files that others may read. @throws KeywrightError `io` */
export async function makePublicDirectory(path: string): Promise<void> {
  try {
    // The program's umask would close it.
    if (await makeWithParents(path, { mode: 0o755, parents: 0o755 })) await chmod(path, 0o755);
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
