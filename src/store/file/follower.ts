import { stat } from 'node:fs/promises';
import type { Change, Watcher } from '../../core/ports/key-store.js';
import { ioError, systemCode } from '../../disk/io-error.js';
import { type FileVersion, shardVersion } from './shard.js';

// A change must hold everywhere within a second: five looks leave room for a busy machine.
const LOOK_EVERY_MS = 200;

// The kernel's clock for file times ticks every 4 to 10 ms: a directory that changed this recently may change again
// without its time showing it.
const CLOCK_GRAIN_MS = 50;
const UNSETTLED = '';

interface FollowerOptions<T> {
  readonly directory: string;
  readonly shardNames: () => Promise<string[]>;
  readonly path: (name: string) => string;
  readonly read: (name: string) => Promise<Map<string, T>>;
  readonly watcher: Watcher<T>;
}

interface Seen<T> {
  readonly version: FileVersion | undefined;
  readonly records: ReadonlyMap<string, T>;
}

/**
 * Tells a watcher how a collection changes. Every write renames a file into the directory, which changes the
 * directory's own time: while that stands still, one stat a look is all it costs. Polling, unlike inotify, misses
 * nothing on network file systems and in containers.
 */
export class Follower<T> {
  readonly #options: FollowerOptions<T>;
  readonly #seen = new Map<string, Seen<T>>();
  #directoryTime: string = UNSETTLED;
  #timer: NodeJS.Timeout | undefined;
  #queue: Promise<void> = Promise.resolve();
  #failing = false;
  #stopped = false;

  constructor(options: FollowerOptions<T>) {
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.#lookAtAll();
    this.#schedule();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Looks at one file now, for a change that this very process made. */
  refresh(name: string): Promise<void> {
    return this.#inTurn(() => this.#lookAt(name));
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
        if (this.#failing) this.#options.watcher.recovered();
        this.#failing = false;
      } catch (error) {
        this.#failing = true;
        this.#directoryTime = UNSETTLED;
        this.#options.watcher.failed(error);
      }
    });
    return this.#queue;
  }

  async #lookIfChanged(): Promise<void> {
    const time = await this.#timeOfDirectory();
    if (time !== UNSETTLED && time === this.#directoryTime) return;
    await this.#lookAtAll();
  }

  async #lookAtAll(): Promise<void> {
    const time = await this.#timeOfDirectory();
    const names = new Set([...(await this.#options.shardNames()), ...this.#seen.keys()]);
    for (const name of names) await this.#lookAt(name);
    this.#directoryTime = time;
  }

  async #lookAt(name: string): Promise<void> {
    const before = this.#seen.get(name);
    // The version is taken first: a write in between is seen again at the next look.
    const version = await shardVersion(this.#options.path(name));
    if (before !== undefined && before.version === version) return;
    const records = await this.#options.read(name);
    const changes = difference(before?.records ?? new Map<string, T>(), records);
    this.#seen.set(name, { version, records });
    if (changes.length > 0) this.#options.watcher.changed(changes);
  }

  /** The directory's time, or `UNSETTLED` while it may still change without showing it. */
  async #timeOfDirectory(): Promise<string> {
    try {
      const { mtimeMs, mtimeNs } = await stat(this.#options.directory, { bigint: true });
      return Date.now() - Number(mtimeMs) < CLOCK_GRAIN_MS ? UNSETTLED : String(mtimeNs);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return 'none';
      throw ioError('look at', this.#options.directory, error);
    }
  }
}

/** The changes that lead from one state of a shard to another. */
function difference<T>(before: ReadonlyMap<string, T>, after: ReadonlyMap<string, T>): Change<T>[] {
  const changes: Change<T>[] = [];
  for (const [id, record] of after) {
    if (JSON.stringify(before.get(id)) !== JSON.stringify(record)) changes.push({ id, record });
  }
  for (const id of before.keys()) {
    if (!after.has(id)) changes.push({ id, record: undefined });
  }
  return changes;
}
