import type { Stats } from 'node:fs';
import { type FileHandle, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { listDirectory } from '../disk/directory.js';
import { readOptional, replaceFile, statOptional, syncDirectory } from '../disk/durable-file.js';
import { ioError, systemCode } from '../disk/io-error.js';
import { linesFromEnd } from './backwards.js';
import type { ChainEnd } from './chain.js';

/** A line of the log. */
interface LogLine {
  /** The name of its file. */
  readonly file: string;
  readonly text: string;
  /** False for half a line at the end of the log. */
  readonly isWhole: boolean;
}

/** The log as it was at one moment. */
export interface Snapshot {
  /** The line that `audit.head` names. */
  readonly head: ChainEnd | LostHead;
  /** Reads the lines from the first on. */
  lines(): AsyncGenerator<LogLine, void>;
  /** Reads the lines from the last on, without half a line at the end of the log. */
  backwards(): AsyncGenerator<string, void>;
}

/** The state of `audit.head` if it names no line. */
export type LostHead = 'missing' | 'damaged';

const NEWEST = 'audit.log';
const OLDER = /^audit\.log\.(\d{1,15})$/;
// A longer line is none of ours, and must not fill the memory.
const MAX_LINE = 64 * 1024;
const CHUNK = 64 * 1024;
const LINE_END = 10;

/**
 * The files of the log: `audit.log` is the newest, `audit.log.NUMBER` the older ones, each named by its last line.
 * `audit.head` names the last line of all.
 */
export class LogFiles {
  readonly newest: string;
  readonly head: string;
  readonly #home: string;

  constructor(home: string) {
    this.#home = home;
    this.newest = join(home, NEWEST);
    this.head = join(home, 'audit.head');
  }

  /**
   * Reads without the writers' lock. A line is written before the head that names it, so the lines read afterwards go as
   * far as the head or further.
   */
  async snapshot(): Promise<Snapshot> {
    const head = await this.readHead();
    const newest = await statOptional(this.newest, 'read');
    const older = await this.#olderThan(newest);
    const sources: Source[] = older.map((name) => ({ name, open: () => this.#open(name) }));
    if (newest !== undefined) {
      const { ino, size } = newest;
      sources.push({ name: NEWEST, open: () => this.#openOnce(ino), size });
    }
    return { head, lines: () => linesOf(sources), backwards: () => linesBackwards(sources) };
  }

  async hasLines(): Promise<boolean> {
    return ((await statOptional(this.newest, 'read'))?.size ?? 0) > 0 || (await this.#older()).length > 0;
  }

  /** Lists the older files, oldest first. */
  async #older(): Promise<string[]> {
    const number = (name: string) => Number(OLDER.exec(name)?.[1]);
    return (await listDirectory(this.#home))
      .filter((name) => OLDER.test(name))
      .sort((one, other) => number(one) - number(other));
  }

  async readHead(): Promise<ChainEnd | LostHead> {
    const text = await readOptional(this.head);
    if (text === undefined) return 'missing';
    const [, seq, hash] = /^(\d+) ([0-9a-f]{64})\n$/.exec(text) ?? [];
    return seq === undefined || hash === undefined ? 'damaged' : { seq: Number(seq), hash };
  }

  /** Replaces the head, even if that may be lost in a power cut: the lines behind an older head still count. */
  async writeHead({ seq, hash }: ChainEnd): Promise<void> {
    await replaceFile(this.head, { data: `${seq} ${hash}\n`, mode: 0o600 });
  }

  /** Closes the newest file, whose last line is `seq`: the next line begins another. */
  async retire(seq: number): Promise<void> {
    const name = `${NEWEST}.${seq}`;
    if ((await this.#older()).includes(name)) return;
    await rename(this.newest, join(this.#home, name));
    await syncDirectory(this.#home);
  }

  // A writer may have renamed the newest file since it was looked at, and begun another.
  async #olderThan(newest: Stats | undefined): Promise<string[]> {
    const names = await this.#older();
    if (newest === undefined) return names;
    for (const [index, name] of names.entries()) {
      if ((await statOptional(join(this.#home, name), 'read'))?.ino === newest.ino)
        return names.slice(0, index);
    }
    return names;
  }

  /** Opens what was the newest file; undefined if it was removed. */
  async #openOnce(inode: number): Promise<FileHandle | undefined> {
    const newest = await this.#open(NEWEST);
    if (newest && (await isOf(newest, inode))) return newest;
    await newest?.close();
    // What is not there any more under its first name has its second.
    for (const name of (await this.#older()).reverse()) {
      const file = await this.#open(name);
      if (file && (await isOf(file, inode))) return file;
      await file?.close();
    }
    return undefined;
  }

  async #open(name: string): Promise<FileHandle | undefined> {
    const path = join(this.#home, name);
    try {
      return await open(path, 'r');
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw ioError('read', path, error);
    }
  }
}

interface Source {
  readonly name: string;
  open(): Promise<FileHandle | undefined>;
  /** Reads no further; undefined for the whole file. */
  readonly size?: number;
}

async function* linesOf(sources: readonly Source[]): AsyncGenerator<LogLine, void> {
  for (const [index, { name, open, size = Number.POSITIVE_INFINITY }] of sources.entries()) {
    const file = await open();
    if (file === undefined) continue;
    // Half a line in an older file is a line that does not continue the chain.
    const isOlder = index < sources.length - 1;
    try {
      for await (const { text, isWhole } of linesIn(file, size))
        yield { file: name, text, isWhole: isWhole || isOlder };
    } finally {
      await file.close();
    }
  }
}

async function* linesBackwards(sources: readonly Source[]): AsyncGenerator<string, void> {
  for (const [index, { open, size }] of [...sources.entries()].reverse()) {
    const file = await open();
    if (file === undefined) continue;
    try {
      const isOlder = index < sources.length - 1;
      const from = size ?? (await file.stat()).size;
      for await (const { text, isWhole } of linesFromEnd(file, from)) if (isWhole || isOlder) yield text;
    } finally {
      await file.close();
    }
  }
}

async function* linesIn(file: FileHandle, size: number): AsyncGenerator<Omit<LogLine, 'file'>, void> {
  let rest: Buffer = Buffer.alloc(0);
  let position = 0;
  while (position < size && rest.length <= MAX_LINE) {
    const wanted = Math.min(CHUNK, size - position);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
    if (bytesRead === 0) break;
    position += bytesRead;
    rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    let begin = 0;
    for (let end = rest.indexOf(LINE_END); end !== -1; end = rest.indexOf(LINE_END, begin)) {
      yield { text: rest.toString('utf8', begin, end), isWhole: true };
      begin = end + 1;
    }
    rest = rest.subarray(begin);
  }
  if (rest.length > 0) yield { text: rest.toString('utf8'), isWhole: rest.length > MAX_LINE };
}

async function isOf(file: FileHandle, inode: number): Promise<boolean> {
  return (await file.stat()).ino === inode;
}
