import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { ioError, systemCode } from './io-error.js';

/** A process. Its start time tells it from a later process with the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
  /** The host, boot and process namespace in which `pid` is valid. */
  readonly place: string;
}

let self: ProcessIdentity | undefined;

/** Identifies this process. @throws KeywrightError `io` if it cannot find out, for want of a file handle */
export function thisProcess(): ProcessIdentity {
  self ??= { pid: process.pid, started: startOf(process.pid), place: place() };
  return self;
}

/** Tells if a process of this place still runs. One that cannot be looked at counts as running. */
export function isRunning({ pid, started }: Pick<ProcessIdentity, 'pid' | 'started'>): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (systemCode(error) !== 'EPERM') return false;
  }
  try {
    return startOf(pid) === started;
  } catch {
    return true;
  }
}

/** Names the host of a place. */
export function hostOf(place: string): string {
  return place.split(' ')[0] ?? '';
}

/** Makes a text for file names that says which process wrote a file; it is another one each time. */
export function writerMark(): string {
  const { pid, started, place } = thisProcess();
  return `${placeMark(place)}-${pid}-${started}-${randomBytes(6).toString('hex')}`;
}

/** Who wrote a file, by the mark in its name: a process of this place, or somebody elsewhere. */
export function readWriterMark(text: string): Omit<ProcessIdentity, 'place'> | 'elsewhere' | undefined {
  const [, mark, pid, started = ''] = /^([0-9a-f]{8})-(\d+)-(\d*)-[0-9a-f]{12}$/.exec(text) ?? [];
  if (mark === undefined) return undefined;
  return mark === placeMark(thisProcess().place) ? { pid: Number(pid), started } : 'elsewhere';
}

function placeMark(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function place(): string {
  const boot = readProc(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const namespace = readProc(() => readlinkSync('/proc/self/ns/pid'));
  return boot && namespace ? `${hostname()} ${boot} ${namespace}` : hostname();
}

// Reads fields 3 (state) and 22 (start, in clock ticks since boot) of /proc/PID/stat, proc(5). Field 2 may hold spaces
// and brackets. A zombie has ended, and only waits for its parent.
function startOf(pid: number): string {
  const stats = readProc(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = stats.slice(stats.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? '');
}

/** Returns an empty text where there is no such file. */
function readProc(read: () => string): string {
  try {
    return read();
  } catch (error) {
    // A want of file handles must not make a living process look dead.
    if (['EMFILE', 'ENFILE', 'ENOMEM'].includes(systemCode(error) ?? ''))
      throw ioError('read', '/proc', error);
    return '';
  }
}
