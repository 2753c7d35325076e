import { mkdir, stat } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import { ioError, systemCode } from './io-error.js';

/** Makes the home, or checks an existing one. @throws KeywrightError `unsafe-home` if others can read it; `io` */
export async function prepareHome(home: string): Promise<void> {
  try {
    // The mode is for the home alone. Directories above it get the user's umask.
    await mkdir(home, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw ioError('make the home', home, error);
  }
  await checkHome(home);
}

/**
 * Checks the home. A missing home is no error.
 * @throws KeywrightError `unsafe-home` if others own it or can read it; `io`
 */
export async function checkHome(home: string): Promise<void> {
  const found = await statOptional(home);
  if (found === undefined) return;
  if (!found.isDirectory()) throw new KeywrightError('unsafe-home', `the home ${home} is not a directory`);
  const uid = process.getuid?.();
  if (uid === undefined) return; // Windows has no such permissions
  if (found.uid !== uid) {
    throw new KeywrightError('unsafe-home', `the home ${home} belongs to another user (uid ${found.uid})`, {
      hint: 'run keywright as that user, or name another home with --home',
    });
  }
  if ((found.mode & 0o077) !== 0) {
    throw new KeywrightError(
      'unsafe-home',
      `the home ${home} is open to other users (mode ${mode(found.mode)})`,
      {
        hint: `keywright needs a directory of its own; if this is it, close it with: chmod 700 ${home}`,
      },
    );
  }
}

async function statOptional(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw ioError('look at the home', path, error);
  }
}

function mode(bits: number): string {
  return (bits & 0o777).toString(8).padStart(4, '0');
}
