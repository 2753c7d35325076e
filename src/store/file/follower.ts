import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { KeywrightError } from '../../core/model/errors.js';
import type { Change, UnreadablePart, Watcher } from '../../core/ports/key-store.js';
import type { HomeSocket } from '../../disk/home-sockets.js';
import type { StoreFiles } from './files.js';
import {
  DIRECTORIES,
  difference,
  FOLLOWED,
  type Followed,
  isFollowed,
  kindsIn,
  recordsOf,
} from './followed.js';
import { type Place, shardName } from './kinds.js';
import type { Readers } from './readers.js';
import { type FileVersion, fileVersion } from './shard.js';

// Whatever changed must be seen within a second, on a busy machine too.
const LOOK_EVERY_MS = 200;
const FULL_EVERY_LOOKS = 4;
// Other work goes on between so many files.
const FILES_AT_ONCE = 64;

const NO_FILE = 'none';
const READ_AGAIN = '';

interface Seen {
  /** The version that was read, `NO_FILE`, or `READ_AGAIN`. */
  readonly version: string;
  readonly inode: bigint | undefined;
  readonly records: ReadonlyMap<string, Followed>;
}

/**
 * Tells a watcher how the records change. Other processes of this machine say which files they have changed. Polling
 * finds the rest: changes by other machines, by killed writers, and by whoever restores or edits a file in place. It,
 * unlike inotify, misses nothing on network file systems and in containers. A write by keywright renames a file into its
 * directory, and so changes the directory's time, which costs one stat to see; the files themselves are looked at less
 * often.
 */
export class Follower {
  readonly #files: StoreFiles;
  readonly #watcher: Watcher;
  readonly #readers: Readers;
  readonly #seen = new Map<string, Seen>();
  readonly #directories = new Map<string, FileVersion | undefined>();
  readonly #unreadable = new Map<string, UnreadablePart>();
  #socket: HomeSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();
  #looks = 0;
  #stopped = false;

  constructor(
    files: StoreFiles,
    { watcher, readers }: { readonly watcher: Watcher; readonly readers: Readers },
  ) {
    this.#files = files;
    this.#watcher = watcher;
    this.#readers = readers;
  }

  async start(): Promise<void> {
    await this.#inTurn(() => this.#lookAtAll());
    await this.#listen();
    // What has changed before somebody could say so.
    await this.#inTurn(() => this.#lookIfChanged());
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /** Looks at some files now: they have changed. */
  readonly refresh = (places: readonly Place[]): Promise<void> =>
    this.#inTurn(() => this.#lookAt(places.filter(isFollowed)));

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#looks += 1;
      const isFull = this.#looks % FULL_EVERY_LOOKS === 0;
      this.#inTurn(async () => {
        await (isFull ? this.#lookAtAll() : this.#lookIfChanged());
        // The socket goes with a home that is moved away, and does not come back with it.
        if (isFull && this.#socket?.isThere() === false) await this.#listen();
      }).finally(() => this.#schedule());
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async #listen(): Promise<void> {
    // A home that is gone must not be made anew by the way.
    if ([...this.#unreadable.values()].some(({ isWhole }) => isWhole)) return;
    this.#socket?.close();
    const socket = await this.#readers.listen(this.refresh);
    if (this.#stopped) socket?.close();
    else this.#socket = socket;
  }

  // One look at a time, so that an older state never overtakes a newer one.
  #inTurn(look: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#stopped) return;
      // What a watcher has not taken up is not told to it again.
      await look().catch((error) => this.#nowUnreadable('', allUnreadable(error)));
    });
    return this.#queue;
  }

  async #lookIfChanged(): Promise<void> {
    for (const directory of DIRECTORIES) {
      const before = this.#directories.get(directory);
      if (before?.isSettled === false || this.#versionOf(directory)?.text !== before?.text)
        await this.#lookAtDirectory(directory);
    }
  }

  async #lookAtAll(): Promise<void> {
    for (const directory of DIRECTORIES) await this.#lookAtDirectory(directory);
  }

  async #lookAtDirectory(directory: string): Promise<void> {
    const known = this.#knownIn(directory);
    try {
      const version = this.#versionOf(directory);
      const places = await this.#files.placesIn(directory);
      // Files are never removed one by one: these lie on a volume that is not mounted, or were moved away.
      if (places.length === 0 && known.length > 0) throw goneError(join(this.#files.root, directory));
      const names = new Set([...places.map(({ name }) => name), ...known.map((key) => key.slice(-2))]);
      let looked = 0;
      for (const name of names) {
        await this.#lookAt([{ directory, name }]);
        looked += 1;
        if (looked % FILES_AT_ONCE === 0) await setImmediate();
      }
      this.#directories.set(directory, version);
      this.#nowReadable(directory);
    } catch (error) {
      this.#nowUnreadable(directory, { ...allUnreadable(error), kinds: kindsIn(directory) });
    }
  }

  async #lookAt(places: readonly Place[]): Promise<void> {
    const changes: Change[] = [];
    const read: string[] = [];
    for (const place of places) {
      const key = keyOf(place);
      try {
        changes.push(...(await this.#changesOf(place)));
        read.push(key);
      } catch (error) {
        const { directory, name } = place;
        const records = this.#seen.get(key)?.records ?? new Map();
        this.#seen.set(key, { version: READ_AGAIN, inode: undefined, records });
        const has = (id: string) => shardName(id) === name;
        this.#nowUnreadable(key, { error, isWhole: false, kinds: kindsIn(directory), has });
      }
    }
    if (changes.length > 0) this.#watcher.changed(changes);
    for (const key of read) this.#nowReadable(key);
  }

  async #changesOf(place: Place): Promise<Change[]> {
    const key = keyOf(place);
    const before = this.#seen.get(key);
    // The version is read first, so that the next look sees a write in between.
    const found = fileVersion(this.#files.path(place));
    const version = found?.text ?? NO_FILE;
    if (before?.version === version) return [];
    const records = recordsOf(await this.#files.read(place), place.directory);
    // A write in place may go on without another time.
    const isSure = found === undefined || found.isSettled || found.inode !== before?.inode;
    this.#seen.set(key, { version: isSure ? version : READ_AGAIN, inode: found?.inode, records });
    return difference(before?.records ?? new Map(), records);
  }

  #versionOf(directory: string): FileVersion | undefined {
    return fileVersion(join(this.#files.root, directory));
  }

  #nowUnreadable(key: string, part: UnreadablePart): void {
    const known = this.#unreadable.get(key);
    if (known !== undefined && String(known.error) === String(part.error)) return;
    this.#unreadable.set(key, part);
    this.#tellUnreadable();
  }

  #nowReadable(key: string): void {
    if (this.#unreadable.delete(key)) this.#tellUnreadable();
  }

  #tellUnreadable(): void {
    const isWhole = (directory: string) => this.#knownIn(directory).every((key) => this.#unreadable.has(key));
    const parts = [...this.#unreadable].map(([key, part]) => {
      const [directory = '', name] = key.split('/');
      return name !== undefined && isWhole(directory) ? { ...part, isWhole: true } : part;
    });
    this.#watcher.unreadable(parts);
  }

  #knownIn(directory: string): string[] {
    return [...this.#seen.keys()].filter((key) => key.startsWith(`${directory}/`));
  }
}

function keyOf({ directory, name }: Place): string {
  return `${directory}/${name}`;
}

function allUnreadable(error: unknown): UnreadablePart {
  return { error, isWhole: true, kinds: FOLLOWED, has: () => true };
}

function goneError(path: string): KeywrightError {
  return new KeywrightError('io', `the files in ${path} are gone`, {
    hint: 'mount its volume, or put them back from a backup; if it is to be empty, restart keywright',
  });
}
