import { chmod, cp } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa, type Options } from 'execa';
import { PROGRAM, scratchDirectory } from './keywright.js';

/** A copy of the program alone, in a scratch directory that every user of this machine can read. */
export async function installedCopy(): Promise<{ readonly directory: string; readonly program: string }> {
  const directory = await scratchDirectory();
  await chmod(directory, 0o755);
  const root = dirname(dirname(PROGRAM));
  for (const part of ['bin', 'dist', 'package.json', 'oclif.manifest.json'])
    await cp(join(root, part), join(directory, part), { recursive: true });
  return { directory, program: join(directory, 'bin/run.js') };
}

/** A user whom the system does not know, as in a container that is run with `--user`, and a group of that user. */
export const NOBODY_KNOWN = { uid: 12_345, gid: 12_346 };

/** Runs a command line as that user, with no more than these variables. */
export function asNobodyKnown(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  options: Options = {},
) {
  const { uid, gid } = NOBODY_KNOWN;
  return execa('setpriv', [`--reuid=${uid}`, `--regid=${gid}`, `--groups=${gid}`, ...command], {
    ...options,
    env: { PATH: process.env.PATH, ...env },
    extendEnv: false,
    reject: false,
  });
}
