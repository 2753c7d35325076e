import { constants } from 'node:fs';
import { access, chmod, chown, lstat, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { KeywrightError } from '../core/model/errors.js';
import { statOptional } from '../disk/durable-file.js';
import { ioError, systemCode } from '../disk/io-error.js';

/**
 * Puts a complete file in the place of another. The new file has the owner, the group and the permissions of the former
 * one, and a symbolic link keeps its target. A secret is closed to other users, as before or not.
 * @param staged a file on the same file system, which is gone afterwards
 * @throws KeywrightError `io`; then the staged file is still whole
 */
export async function placeFile(staged: string, path: string): Promise<void> {
  try {
    const target = await targetOf(path);
    const former = await statOptional(target);
    if (former === undefined) return await rename(staged, target);
    const { mode, uid, gid, nlink } = former;
    const own = await stat(staged);
    const isSecret = (own.mode & 0o077) === 0;
    const isKept = await keepOwner(staged, { uid, gid, own });
    const permissions = mode & (isSecret ? 0o770 : 0o777);
    await chmod(staged, permissions);
    // Another name of the file, or an owner that we cannot give away, keeps its content only by being written into.
    if (isKept && nlink === 1) {
      try {
        return await rename(staged, target);
      } catch (error) {
        if (!['EXDEV', 'EBUSY', 'EPERM', 'EACCES'].includes(systemCode(error) ?? '')) throw error;
      }
    }
    await overwrite(target, { data: await readFile(staged), mode: permissions });
    await rm(staged);
  } catch (error) {
    throw ioError('write', path, error);
  }
}

/** Checks early that a file can be replaced. @throws KeywrightError `io` */
export async function checkPlace(path: string): Promise<void> {
  try {
    const target = await targetOf(path);
    const former = await statOptional(target);
    if (former?.isDirectory()) throw new KeywrightError('io', `cannot replace ${path}: it is a directory`);
    if (former && !former.isFile()) throw new KeywrightError('io', `cannot replace ${path}: it is no file`);
    if (former && (target !== path || former.nlink > 1)) await access(target, constants.W_OK);
  } catch (error) {
    throw ioError('replace', path, error);
  }
}

async function targetOf(path: string): Promise<string> {
  const found = await lstat(path).catch((error) => {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  });
  if (!found?.isSymbolicLink()) return path;
  return realpath(path).catch((error) => {
    if (systemCode(error) === 'ENOENT')
      throw new KeywrightError('io', `cannot write ${path}: it is a link to a file that does not exist`);
    throw error;
  });
}

async function keepOwner(
  staged: string,
  { uid, gid, own }: { uid: number; gid: number; own: { uid: number; gid: number } },
): Promise<boolean> {
  if (own.uid === uid && own.gid === gid) return true;
  try {
    await chown(staged, uid, gid);
    return true;
  } catch {
    return false;
  }
}

async function overwrite(path: string, { data, mode }: { data: Buffer; mode: number }): Promise<void> {
  const file = await open(path, 'r+');
  try {
    // A secret must not be readable before it is there.
    await file.chmod(mode).catch((error) => {
      if (systemCode(error) !== 'EPERM') throw error;
    });
    await file.writeFile(data);
    await file.truncate(data.length);
    await file.sync();
  } finally {
    await file.close();
  }
}
