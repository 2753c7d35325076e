import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Change, RecordKind, RecordTypes, Watcher } from '../../core/ports/key-store.js';
import { ioError, systemCode } from '../../disk/io-error.js';
import type { StoreFiles } from './files.js';
import type { Place } from './kinds.js';
import { KINDS } from './kinds.js';
import { type FileVersion, type Shard, shardVersion } from './shard.js';

// A change must hold everywhere within a second. Five looks a second leave room for a busy machine.
const LOOK_EVERY_MS = 200;

// The kernel's clock for file times ticks every 4 to 10 ms. A directory that has just changed may change again with the
// same time.
const CLOCK_GRAIN_MS = 50;
const UNSETTLED = '';

// A provisioning key is not followed: it is read when a device presents it.
const FOLLOWED: readonly RecordKind[] = [
  'signing-keys',
  'user',
  'session',
  'withdrawn-token',
  'client',
  'certificate',
];
const DIRECTORIES = [...new Set(FOLLOWED.map((kind) => KINDS[kind].directory))];

interface Seen {
  readonly version: FileVersion | undefined;
  readonly records: ReadonlyMap<string, Followed>;
}

type Followed = {
  readonly [Kind in RecordKind]: { readonly kind: Kind; readonly record: RecordTypes[Kind] };
}[RecordKind];

/**
 * Tells a watcher how the records change. Every write renames a file into its directory, and so changes the directory's
 * time. As long as that time stays the same, a look costs one stat. Polling, unlike inotify, misses nothing on network
 * file systems and in containers.
 */
export class Follower {
  readonly #files: StoreFiles;
  readonly #watcher: Watcher;
  readonly #seen = new Map<string, Seen>();
  readonly #directoryTimes = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor(files: StoreFiles, watcher: Watcher) {
    this.#files = files;
    this.#watcher = watcher;
  }

  async start(): Promise<void> {
    for (const directory of DIRECTORIES) await this.#lookAtAll(directory);
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at some files now, after a change by this process. */
  refresh(places: readonly Place[]): Promise<void> {
    return this.#inTurn(() =>
      this.#lookAt(places.filter(({ directory }) => DIRECTORIES.includes(directory))),
    );
  }

  #schedule(): void {
    if (this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#inTurn(() => this.#lookIfChanged()).finally(() => this.#schedule());
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  // One look at a time, so that an older state never overtakes a newer one.
  #inTurn(look: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(async () => {
      if (this.#stopped) return;
      try {
        await look();
        if (this.#failing) this.#watcher.recovered();
        this.#failing = false;
      } catch (error) {
        this.#failing = true;
        this.#directoryTimes.clear();
        this.#watcher.failed(error);
      }
    });
    return this.#queue;
  }

  async #lookIfChanged(): Promise<void> {
    for (const directory of DIRECTORIES) {
      const time = await this.#timeOf(directory);
      if (time === UNSETTLED || time !== this.#directoryTimes.get(directory))
        await this.#lookAtAll(directory);
    }
  }

  async #lookAtAll(directory: string): Promise<void> {
    const time = await this.#timeOf(directory);
    const names = new Set((await this.#files.placesIn(directory)).map(({ name }) => name));
    for (const key of this.#seen.keys()) {
      const [seenIn, name] = key.split('/');
      if (seenIn === directory && name !== undefined) names.add(name);
    }
    for (const name of names) await this.#lookAt([{ directory, name }]);
    this.#directoryTimes.set(directory, time);
  }

  async #lookAt(places: readonly Place[]): Promise<void> {
    const changes: Change[] = [];
    for (const place of places) {
      const key = `${place.directory}/${place.name}`;
      const before = this.#seen.get(key);
      // The version is read first, so that the next look sees a write in between.
      const version = await shardVersion(this.#files.path(place));
      if (before !== undefined && before.version === version) continue;
      const records = recordsOf(await this.#files.read(place), place.directory);
      changes.push(...difference(before?.records ?? new Map(), records));
      this.#seen.set(key, { version, records });
    }
    if (changes.length > 0) this.#watcher.changed(changes);
  }

  /** Finds the directory's time, or `UNSETTLED` while the directory may still change without a new time. */
  async #timeOf(directory: string): Promise<string> {
    const path = join(this.#files.root, directory);
    try {
      const { mtimeMs, mtimeNs } = await stat(path, { bigint: true });
      return Date.now() - Number(mtimeMs) < CLOCK_GRAIN_MS ? UNSETTLED : String(mtimeNs);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'none';
      throw ioError('look at', path, error);
    }
  }
}

function recordsOf(shard: Shard, directory: string): Map<string, Followed> {
  const records = new Map<string, Followed>();
  const add = <Kind extends RecordKind>(kind: Kind) => {
    for (const record of shard.all(kind)) records.set(`${kind} ${record.id}`, { kind, record } as Followed);
  };
  for (const kind of FOLLOWED) if (KINDS[kind].directory === directory) add(kind);
  return records;
}

/** Finds the changes between two states of a file. */
function difference(before: ReadonlyMap<string, Followed>, after: ReadonlyMap<string, Followed>): Change[] {
  const changes: Change[] = [];
  for (const [key, { kind, record }] of after) {
    const former = before.get(key)?.record;
    // A file that was edited or restored by hand may have the same revision.
    if (former?.revision === record.revision && isDeepStrictEqual(former, record)) continue;
    changes.push({ kind, id: record.id, before: former, after: record } as Change);
  }
  for (const [key, { kind, record }] of before) {
    if (!after.has(key)) changes.push({ kind, id: record.id, before: record, after: undefined } as Change);
  }
  return changes;
}
