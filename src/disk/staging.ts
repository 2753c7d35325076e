import { lstat, mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { ioError, systemCode } from './io-error.js';
import { type LockOptions, withLock } from './lock.js';

export interface StagingOptions extends LockOptions {
  /** What an error names if the directory cannot be made: the first thing that is to come beside it. */
  readonly first: string;
}

/** The name of the lock in a staging directory. */
export const STAGING_LOCK = 'lock';

/**
 * Runs `work` as the only one that works in a directory beside what it hands over. The directory is closed to others, and is
 * removed if the work leaves nothing in it.
 * @throws KeywrightError `io`, `store-busy`; `cancelled` by `stop`
 */
export async function inStaging<T>(
  directory: string,
  { first, ...options }: StagingOptions,
  work: () => Promise<T>,
): Promise<T> {
  let isLocked = false;
  for (;;) {
    await openStaging(directory, first);
    const act = () => {
      isLocked = true;
      return work();
    };
    try {
      return await withLock(join(directory, STAGING_LOCK), act, options);
    } catch (error) {
      // The command before has removed the directory meanwhile.
      const isGone = error instanceof KeywrightError && systemCode(error.cause) === 'ENOENT';
      if (isLocked || !isGone) throw error;
    } finally {
      await rmdir(directory).catch(() => undefined);
    }
  }
}

async function openStaging(directory: string, first: string): Promise<void> {
  try {
    await mkdir(directory, { mode: 0o700 });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw ioError('create', first, error);
  }
  const found = await lstat(directory).catch((error) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('look at', directory, error);
  });
  // The command before has removed it meanwhile.
  if (found === undefined) return openStaging(directory, first);
  const isOurs = process.getuid === undefined || found.uid === process.getuid();
  if (found.isDirectory() && isOurs && (found.mode & 0o022) === 0) return;
  throw new KeywrightError('io', `${directory} is not what keywright makes there`, {
    hint: 'name another place with --output, or remove it',
  });
}
