import { randomBytes } from 'node:crypto';
import { lstat, lutimes, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeywrightError } from '../core/model/errors.js';
import { listDirectory } from './directory.js';
import { ioError, systemCode } from './io-error.js';
import { hostOf, isRunning, type ProcessIdentity, thisProcess } from './process-identity.js';
import { temporaryPath } from './temporary.js';

/** The process that holds a lock, and a name of that holding. */
interface Holder extends ProcessIdentity {
  readonly nonce: string;
}

export interface LockOptions {
  /** The time to wait for the present holder. */
  readonly patienceMs?: number;
  /** Ends the waiting. */
  readonly stop?: AbortSignal;
  /** True for work that takes longer than milliseconds: the lock is kept fresh, so that nobody elsewhere takes it for a dead one's. */
  readonly isLong?: boolean;
  /** The time after which a holder of doubtful age is dead, if the lock stays the same meanwhile. */
  readonly quietMs?: number;
}

// A holder on another host, or in another container with the same volume, cannot be asked. Its lock is taken over after
// this time: work under a lock takes milliseconds.
const FOREIGN_STALE_MS = 60_000;
const PATIENCE_MS = 30_000;
const QUIET_MS = 5_000;

// What says a file system that has no symbolic links.
const WITHOUT_LINKS = ['EPERM', 'ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'];

// What this copy of the program holds. Its locks that it does not hold are those that it failed to let go of.
const instance = randomBytes(4).toString('hex');
const held = new Set<string>();

/**
 * Runs `action` while no other process runs one under the same path. Takes over the lock of a killed holder at once,
 * and tells `action`, which then cleans up. The result of `action` stands, whether or not the lock can be let go of.
 * @throws KeywrightError `store-busy` if the holder does not let go in time; `cancelled` by `stop`; `io`
 */
export async function withLock<T>(
  path: string,
  action: (tookOver: boolean) => Promise<T>,
  { patienceMs = PATIENCE_MS, quietMs = QUIET_MS, isLong = false, stop }: LockOptions = {},
): Promise<T> {
  const deadline = performance.now() + patienceMs;
  const { nonce, tookOver } = await acquire(path, { deadline, quietMs, stop }).catch((error) => {
    throw ioError('lock', path, error);
  });
  const fresh = isLong ? setInterval(() => void freshen(path), FOREIGN_STALE_MS / 4) : undefined;
  try {
    return await action(tookOver);
  } finally {
    clearInterval(fresh);
    await release(path, nonce);
  }
}

async function freshen(path: string): Promise<void> {
  const now = new Date();
  await lutimes(path, now, now).catch(() => undefined);
}

/**
 * Takes and lets go of those locks in a directory whose holders are dead. What fails is left to the next command.
 * @param take takes one lock, with the cleaning up that belongs to it
 */
export async function releaseAbandoned(
  directory: string,
  { isLock, take }: { isLock: (name: string) => boolean; take: (name: string) => Promise<void> },
): Promise<void> {
  for (const name of (await listDirectory(directory)).filter(isLock)) {
    if (await isAbandoned(join(directory, name)).catch(() => false)) await take(name).catch(() => undefined);
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  return holder !== undefined && (await isGone(path, holder, Number.NEGATIVE_INFINITY));
}

interface Waiting {
  readonly deadline: number;
  readonly quietMs: number;
  readonly stop: AbortSignal | undefined;
}

async function acquire(path: string, waiting: Waiting): Promise<{ nonce: string; tookOver: boolean }> {
  const holder: Holder = { ...thisProcess(), nonce: `${instance}${randomBytes(6).toString('hex')}` };
  const { nonce } = holder;
  let [seen, seenAt] = ['', performance.now()];
  held.add(nonce);
  try {
    for (let attempt = 0; ; attempt += 1) {
      if (await made(holder, path)) return { nonce, tookOver: false };
      const current = await readHolder(path);
      if (current && current.nonce !== seen) [seen, seenAt] = [current.nonce, performance.now()];
      const quietMs = performance.now() - seenAt - waiting.quietMs;
      if (
        current &&
        (await isGone(path, current, quietMs)) &&
        (await takeOver(path, current, holder, waiting))
      )
        return { nonce, tookOver: true };
      if (performance.now() > waiting.deadline) throw busy(path, current);
      if (waiting.stop?.aborted) throw new KeywrightError('cancelled', 'cancelled');
      await sleep(1 + Math.random() * Math.min(20, 2 + attempt));
    }
  } catch (error) {
    held.delete(nonce);
    throw error;
  }
}

async function made(holder: Holder, path: string): Promise<boolean> {
  try {
    await write(holder, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

// A symbolic link is made with its whole text or not at all, needs no second file beside it, and neither to make it nor
// to remove it takes a file handle: a process that has none left still lets go of its locks.
async function write(holder: Holder, path: string): Promise<void> {
  const text = JSON.stringify(holder);
  try {
    await symlink(text, path);
  } catch (error) {
    if (!WITHOUT_LINKS.includes(systemCode(error) ?? '')) throw error;
    await writeFile(path, text, { flag: 'wx', mode: 0o600 });
  }
}

// A dead holder's lock may be replaced only under a second lock, named after the dead holder. If two processes find it
// dead, one of them wins. The lock of a killed holder of the second lock is taken over in the same way.
async function takeOver(path: string, dead: Holder, holder: Holder, waiting: Waiting): Promise<boolean> {
  const inheritance = `${path}.dead-${dead.nonce}`;
  const { nonce } = await acquire(inheritance, waiting);
  const claim = temporaryPath(path);
  try {
    if ((await readHolder(path))?.nonce !== dead.nonce) return false;
    await write(holder, claim);
    await rename(claim, path);
    return true;
  } catch (error) {
    await rm(claim, { force: true }).catch(() => undefined);
    throw error;
  } finally {
    await release(inheritance, nonce);
  }
}

// It never throws: what was done under the lock is done. A lock that stays is taken over by this process's next
// holder, or by anybody after this process has ended.
async function release(path: string, nonce: string): Promise<void> {
  for (let attempt = 0; attempt < 3 && held.has(nonce); attempt += 1) {
    try {
      if ((await readHolder(path))?.nonce === nonce) await unlink(path);
      held.delete(nonce);
    } catch {
      await sleep(attempt);
    }
  }
  held.delete(nonce);
}

async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    return parseHolder(await readlink(path));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) !== 'EINVAL') throw error;
  }
  // The first version wrote its locks into files, as do file systems without links.
  try {
    return parseHolder(await readFile(path, 'utf8'));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseHolder(text: string): Holder {
  try {
    const { pid, started, place, nonce } = JSON.parse(text);
    if (/^[0-9a-z-]{1,40}$/.test(nonce))
      return { pid: Number(pid), started: String(started), place: String(place), nonce };
  } catch {
    // It is not a lock, or a crash of the machine cut it short. There is no process to ask, so its age decides.
  }
  return { pid: 0, started: '', place: '', nonce: 'unreadable' };
}

/** @param quietMs how much longer than enough the lock was seen unchanged; negative if it was not long enough */
async function isGone(path: string, holder: Holder, quietMs: number): Promise<boolean> {
  const { place } = thisProcess();
  if (holder.place === place) {
    if (holder.nonce.startsWith(instance)) return !held.has(holder.nonce);
    return !isRunning(holder);
  }
  const ageMs = Date.now() - (await mtimeOf(path));
  if (ageMs > FOREIGN_STALE_MS) return true;
  // This host was booted since, or its container started anew; or one of the clocks was set.
  const isDoubtful = ['', hostOf(place)].includes(hostOf(holder.place)) || ageMs < -FOREIGN_STALE_MS;
  return isDoubtful && quietMs > 0;
}

async function mtimeOf(path: string): Promise<number> {
  try {
    return (await lstat(path)).mtimeMs;
  } catch {
    return Date.now();
  }
}

function busy(path: string, holder: Holder | undefined): KeywrightError {
  const who = holder === undefined ? '' : ` by process ${holder.pid} (${hostOf(holder.place)})`;
  const isHere = holder?.place === thisProcess().place;
  return new KeywrightError('store-busy', `${path} is held${who}`, {
    hint: isHere
      ? 'try again when that process is done, or has ended'
      : 'try again; if nothing is running there, delete that file',
  });
}
