import type { Stats } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { KeywrightError } from '../core/model/errors.js';
import { ioError, systemCode } from './io-error.js';
import { temporaryPath } from './temporary.js';

export interface FileContent {
  readonly data: string | Buffer;
  /** Permission bits. They are set exactly, whatever the umask. */
  readonly mode: number;
}

/**
 * Creates a file that must not exist yet. It is on the disk when this resolves, else not there.
 * @throws a system error with code EEXIST if it exists; KeywrightError `io` if it cannot be written
 */
export async function createFile(path: string, content: FileContent): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', 0o600);
  } catch (error) {
    throw systemCode(error) === 'EEXIST' ? error : ioError('create', path, error);
  }
  try {
    await file.writeFile(content.data);
    await file.chmod(content.mode);
    await file.sync();
    await file.close();
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
    throw ioError('write', path, error);
  }
}

/**
 * Replaces a file: a reader meanwhile, or after a crash, finds the old content or the new.
 * @returns what went wrong after the file was replaced; undefined if nothing did
 * @throws KeywrightError `io` if it cannot be written; the old content stays
 */
export async function replaceFile(path: string, content: FileContent): Promise<KeywrightError | undefined> {
  const temporary = await prepareFile(path, content);
  try {
    return await putInPlace(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** Writes a file's new content under a temporary name beside it. @returns that name @throws KeywrightError `io` */
export async function prepareFile(path: string, content: FileContent): Promise<string> {
  const temporary = temporaryPath(path);
  await createFile(temporary, content);
  return temporary;
}

/**
 * Renames a prepared file to its final name.
 * @returns what went wrong after that: the file has its name, and a power cut may take it back
 * @throws KeywrightError `io` if it did not get its name
 */
export async function putInPlace(temporary: string, path: string): Promise<KeywrightError | undefined> {
  try {
    await rename(temporary, path);
  } catch (error) {
    throw ioError('write', path, error);
  }
  return syncDirectory(dirname(path)).then(
    () => undefined,
    (error) => ioError('flush', path, error),
  );
}

/** Makes a directory's entries durable. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/**
 * Looks at what a path leads to; undefined if nothing is there.
 * @param action what cannot be done if it cannot be looked at, as the error says
 * @throws KeywrightError `io`
 */
export async function statOptional(path: string, action = 'look at'): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError(action, path, error);
  }
}

/** Reads a file's text; undefined if there is no file. @throws KeywrightError `io` if it cannot be read */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('read', path, error);
  }
}
