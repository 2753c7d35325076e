import { createHash } from 'node:crypto';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Collection, Subscription, Watcher } from '../../core/ports/key-store.js';
import { ioError, systemCode } from '../../disk/io-error.js';
import { withLock } from '../../disk/lock.js';
import { Follower } from './follower.js';
import { corrupt, openShard, sweepTemporaries } from './shard.js';

export interface CollectionOptions<T> {
  /** The directory of the collection's files; made with the first record. */
  readonly directory: string;
  /** Reads one record. @throws KeywrightError `store-corrupt` */
  readonly parse: (value: unknown) => T;
  /** Makes what must stand before the first record is written. */
  readonly prepare: () => Promise<void>;
}

/**
 * Records in up to 256 files by a hash of the id, so that a change costs the same however many there are.
 * One writer at a time for each file, across processes; readers need no lock.
 */
export class FileCollection<T> implements Collection<T> {
  readonly #options: CollectionOptions<T>;
  readonly #followers = new Set<Follower<T>>();

  constructor(options: CollectionOptions<T>) {
    this.#options = options;
  }

  async get(id: string): Promise<T | undefined> {
    const path = this.#path(shardName(id));
    const shard = openShard(path);
    await shard.read();
    return this.#parse(shard.data.records[id], path);
  }

  async update<Next extends T | undefined>(
    id: string,
    change: (current: T | undefined) => Next,
  ): Promise<Next> {
    const name = shardName(id);
    const path = this.#path(name);
    await this.#options.prepare();
    await this.#makeDirectories();
    const next = await withLock(join(this.#options.directory, 'locks', name), async (tookOver) => {
      if (tookOver) await sweepTemporaries(path);
      const shard = openShard(path);
      await shard.read();
      const { records } = shard.data;
      const record = change(this.#parse(records[id], path));
      if (record === undefined) delete records[id];
      else records[id] = record;
      await shard.write();
      return record;
    });
    for (const follower of this.#followers) await follower.refresh(name);
    return next;
  }

  async list(): Promise<T[]> {
    const all: [string, T][] = [];
    for (const name of await this.#shardNames()) {
      for (const [id, record] of await this.#readShard(name)) all.push([id, record]);
    }
    return all.sort(([one], [other]) => (one < other ? -1 : 1)).map(([, record]) => record);
  }

  async watch(watcher: Watcher<T>): Promise<Subscription> {
    const follower = new Follower<T>({
      directory: this.#options.directory,
      shardNames: () => this.#shardNames(),
      path: (name) => this.#path(name),
      read: (name) => this.#readShard(name),
      watcher,
    });
    await follower.start();
    this.#followers.add(follower);
    return {
      stop: () => {
        follower.stop();
        this.#followers.delete(follower);
      },
    };
  }

  async #readShard(name: string): Promise<Map<string, T>> {
    const path = this.#path(name);
    const shard = openShard(path);
    await shard.read();
    const records = new Map<string, T>();
    for (const [id, value] of Object.entries(shard.data.records)) {
      const record = this.#parse(value, path);
      if (record !== undefined) records.set(id, record);
    }
    return records;
  }

  async #shardNames(): Promise<string[]> {
    try {
      const names = await readdir(this.#options.directory);
      return names.filter((name) => /^[0-9a-f]{2}\.json$/.test(name)).map((name) => name.slice(0, 2));
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw ioError('read', this.#options.directory, error);
    }
  }

  #path(name: string): string {
    return join(this.#options.directory, `${name}.json`);
  }

  #parse(value: unknown, path: string): T | undefined {
    if (value === undefined) return undefined;
    try {
      return this.#options.parse(value);
    } catch (error) {
      throw corrupt(path, error);
    }
  }

  async #makeDirectories(): Promise<void> {
    const locks = join(this.#options.directory, 'locks');
    try {
      await mkdir(locks, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw ioError('make', locks, error);
    }
  }
}

function shardName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 2);
}
