import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { KeywrightError } from '../core/model/errors.js';
import { makeWithParents } from './directory.js';
import { statOptional } from './durable-file.js';
import { ioError } from './io-error.js';
import { releaseAbandoned, withLock } from './lock.js';
import { leftoversIn, removeLeftovers } from './temporary.js';

/** Who may open a home beside its owner. */
export interface HomeAccess {
  /** One group, by its number: that of a volume that a container is given. `any` stands for a home that was checked before. */
  readonly group?: number | 'any' | undefined;
}

/** Makes the home, or checks again whose an existing one is. @throws KeywrightError `unsafe-home`; `io` */
export async function prepareHome(home: string): Promise<void> {
  let isNew: boolean;
  try {
    isNew = await makeWithParents(home, { mode: 0o700, parents: 0o777 });
  } catch (error) {
    const { message } = ioError('make the home', home, error);
    throw new KeywrightError('io', message, {
      cause: error,
      hint: 'name another with --home or KEYWRIGHT_HOME',
    });
  }
  await checkHome(home, isNew ? {} : { group: 'any' });
}

/**
 * Checks the home. A missing home is no error.
 * @throws KeywrightError `unsafe-home` if others own it or can read it; `io`
 */
export async function checkHome(home: string, access: HomeAccess = {}): Promise<void> {
  const found = await statOptional(home, 'look at the home');
  if (found === undefined) return;
  if (!found.isDirectory()) throw new KeywrightError('unsafe-home', `the home ${home} is not a directory`);
  const uid = process.getuid?.();
  if (uid === undefined) return; // Windows has no such permissions
  const closed = !isOpenToOthers(found, access);
  // A volume's directory is root's, who may read everything anyway, and its group's.
  const isVolume = closed && found.uid === 0 && (found.mode & 0o070) === 0o070;
  if (found.uid !== uid && !isVolume) {
    throw new KeywrightError('unsafe-home', `the home ${home} belongs to another user (uid ${found.uid})`, {
      hint: isOursByGroup(found)
        ? groupHint(found)
        : 'run keywright as that user, or name another home with --home',
    });
  }
  if (closed) return;
  throw new KeywrightError(
    'unsafe-home',
    `the home ${home} is open to other users (mode ${mode(found.mode)})`,
    {
      hint: `keywright needs a directory of its own; if this is it, close it with: chmod 700 ${home}${
        isOursByGroup(found) ? `; or ${groupHint(found)}` : ''
      }`,
    },
  );
}

/** Whether others than the owner, and the group that may, can get at a file or directory. */
export function isOpenToOthers({ mode, gid }: Pick<Stats, 'mode' | 'gid'>, { group }: HomeAccess): boolean {
  const others = group === 'any' || (group === gid && isOurs(gid)) ? 0o007 : 0o077;
  return (mode & others) !== 0;
}

function isOursByGroup({ mode, gid }: Stats): boolean {
  return (mode & 0o077) === 0o070 && isOurs(gid);
}

function isOurs(gid: number): boolean {
  return process.getgroups?.().includes(gid) === true;
}

function groupHint({ gid }: Stats): string {
  return `if it is a volume for this user's group ${gid} (a Kubernetes fsGroup), say so with KEYWRIGHT_HOME_GROUP=${gid}`;
}

/** Removes what killed commands left beside the files of a home, but not in its directories. @throws KeywrightError `io` */
export async function sweepHome(home: string): Promise<void> {
  await removeLeftovers(await leftoversIn(home));
  await releaseAbandoned(home, {
    isLock: (name) => /\.lock(\.dead-[0-9a-z]+)*$/.test(name),
    take: (name) => withLock(join(home, name), async () => undefined),
  });
}

function mode(bits: number): string {
  return (bits & 0o777).toString(8).padStart(4, '0');
}
