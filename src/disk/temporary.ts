import { lstat, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { listDirectory } from './directory.js';
import { isRunning, readWriterMark, thisProcess, writerMark } from './process-identity.js';

// A writer elsewhere cannot be asked. It has its temporary files for milliseconds.
const FOREIGN_STALE_MS = 60_000;

/** Makes a temporary name beside a file. It says which process uses it, so that others know when it is left over. */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.new-${writerMark()}`);
}

/** Finds the temporary files in a directory whose writers are gone. @throws KeywrightError `io` */
export async function leftoversIn(directory: string): Promise<string[]> {
  const found: string[] = [];
  for (const name of await listDirectory(directory)) {
    const path = join(directory, name);
    if (await isLeftover(path)) found.push(path);
  }
  return found;
}

/** Removes what is left over, private keys first. What cannot be removed is left to the next command. */
export async function removeLeftovers(paths: readonly string[]): Promise<void> {
  const isKey = (path: string) => /^\.(ca|hmac\.key|server\.pem)\b/.test(basename(path));
  for (const path of [...paths.filter(isKey), ...paths.filter((each) => !isKey(each))])
    await rm(path, { recursive: true, force: true }).catch(() => undefined);
}

async function isLeftover(path: string): Promise<boolean> {
  const [, mark] = /^\..+\.new-(.+)$/.exec(basename(path)) ?? [];
  const writer = mark === undefined ? undefined : readWriterMark(mark);
  if (writer === undefined) return isLeftoverOfFirstVersion(path);
  return writer === 'elsewhere' ? isOld(path) : !isRunning(writer);
}

// The first version did not say who wrote a temporary file, except in the claims of its locks.
async function isLeftoverOfFirstVersion(path: string): Promise<boolean> {
  const name = basename(path);
  if (/^(\..+|hmac\.key)\.new-[0-9A-Za-z]{6,12}$/.test(name)) return true;
  if (!/^(.+\.lock|[0-9a-f]{2})(\.dead-[0-9a-z]+)*\.[0-9a-f]{12}$/.test(name)) return false;
  try {
    const { pid, started, place } = JSON.parse(await readFile(path, 'utf8'));
    return place === thisProcess().place ? !isRunning({ pid, started }) : isOld(path);
  } catch {
    return true;
  }
}

async function isOld(path: string): Promise<boolean> {
  const { mtimeMs } = await lstat(path).catch(() => ({ mtimeMs: Date.now() }));
  return Math.abs(Date.now() - mtimeMs) > FOREIGN_STALE_MS;
}
