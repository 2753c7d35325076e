import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { link, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { KeywrightError } from '../core/model/errors.js';
import { ioError, systemCode } from './io-error.js';

/** The process that holds a lock. Its start time tells it from a later process with the same number. */
interface Holder {
  readonly pid: number;
  readonly started: string;
  /** The host, boot and process namespace in which `pid` is valid. */
  readonly place: string;
  readonly nonce: string;
}

export interface LockOptions {
  /** The time to wait for the present holder. */
  readonly patienceMs?: number;
}

// A holder on another host, or in another container with the same volume, cannot be asked. Its lock is taken over after
// this time: work under a lock takes milliseconds.
const FOREIGN_STALE_MS = 60_000;
const PATIENCE_MS = 30_000;

/**
 * Runs `action` while no other process runs one under the same path. Takes over the lock of a killed holder at once,
 * and tells `action`, which then cleans up.
 * @throws KeywrightError `store-busy` if the holder does not let go in time; `io`
 */
export async function withLock<T>(
  path: string,
  action: (tookOver: boolean) => Promise<T>,
  { patienceMs = PATIENCE_MS }: LockOptions = {},
): Promise<T> {
  const { nonce, tookOver } = await acquire(path, performance.now() + patienceMs);
  try {
    return await action(tookOver);
  } finally {
    await release(path, nonce);
  }
}

async function acquire(path: string, deadline: number): Promise<{ nonce: string; tookOver: boolean }> {
  const holder: Holder = { ...me(), nonce: randomBytes(6).toString('hex') };
  const claim = `${path}.${holder.nonce}`;
  try {
    // The claim is complete before it becomes the lock, so a lock's content is never half-written.
    await writeFile(claim, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    for (let attempt = 0; ; attempt += 1) {
      if (await linked(claim, path)) return { nonce: holder.nonce, tookOver: false };
      const current = await readHolder(path);
      if (current && (await isGone(path, current)) && (await takeOver(path, current, { claim, deadline }))) {
        return { nonce: holder.nonce, tookOver: true };
      }
      if (performance.now() > deadline) throw busy(path, current);
      await sleep(1 + Math.random() * Math.min(20, 2 + attempt));
    }
  } catch (error) {
    throw ioError('lock', path, error);
  } finally {
    await rm(claim, { force: true });
  }
}

// A dead holder's lock may be replaced only under a second lock, named after the dead holder. If two processes find it
// dead, one of them wins. The lock of a killed holder of the second lock is taken over in the same way.
async function takeOver(
  path: string,
  dead: Holder,
  { claim, deadline }: { readonly claim: string; readonly deadline: number },
): Promise<boolean> {
  const inheritance = `${path}.dead-${dead.nonce}`;
  const { nonce } = await acquire(inheritance, deadline);
  try {
    const current = await readHolder(path);
    if (current?.nonce !== dead.nonce) return false;
    await rename(claim, path);
    return true;
  } finally {
    await release(inheritance, nonce);
  }
}

async function release(path: string, nonce: string): Promise<void> {
  const current = await readHolder(path);
  if (current?.nonce === nonce) await rm(path, { force: true });
}

async function linked(claim: string, path: string): Promise<boolean> {
  try {
    await link(claim, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
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
    return { pid: Number(pid), started: String(started), place: String(place), nonce: String(nonce) };
  } catch {
    // The file is not a lock, or a crash of the machine cut it short. There is no process to ask, so its age decides.
    return { pid: 0, started: '', place: '', nonce: 'unreadable' };
  }
}

async function isGone(path: string, holder: Holder): Promise<boolean> {
  if (holder.place === me().place) return !isRunning(holder);
  try {
    return Date.now() - (await stat(path)).mtimeMs > FOREIGN_STALE_MS;
  } catch {
    return false;
  }
}

/** Tells if a process of this machine still runs. @param started its start, as `startOf` says it */
export function isRunning({ pid, started }: Pick<Holder, 'pid' | 'started'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return systemCode(error) === 'EPERM' && startOf(pid) === started;
  }
  return startOf(pid) === started;
}

let self: Omit<Holder, 'nonce'> | undefined;

/** This process, as other processes may know it. */
export function me(): Omit<Holder, 'nonce'> {
  self ??= { pid: process.pid, started: startOf(process.pid), place: place() };
  return self;
}

function place(): string {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${hostname()} ${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return hostname();
  }
}

// Reads fields 3 (state) and 22 (start, in clock ticks since boot) of /proc/PID/stat, proc(5). Field 2 may hold spaces
// and brackets. A zombie has ended, and only waits for its parent.
function startOf(pid: number): string {
  try {
    const stats = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stats.slice(stats.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
  } catch {
    return '';
  }
}

function busy(path: string, holder: Holder | undefined): KeywrightError {
  const who = holder === undefined ? '' : ` by process ${holder.pid} (${holder.place.split(' ')[0]})`;
  return new KeywrightError('store-busy', `${path} is held${who}`, {
    hint: 'try again; if nothing is running there, delete that file',
  });
}
