import { join } from 'node:path';
import { KeywrightError } from '../../core/model/errors.js';
import type { Unreadable } from '../../core/ports/key-store.js';
import { listDirectory, makeDirectory } from '../../disk/directory.js';
import { releaseAbandoned, withLock } from '../../disk/lock.js';
import { leftoversIn } from '../../disk/temporary.js';
import { finishJournals, finishPlace, removeUnnamed } from './journal.js';
import { KINDS, type Place, type StoredKind } from './kinds.js';
import { Shard } from './shard.js';

/** The store's files. Each file has one writer at a time, across processes. Readers need no lock. */
export class StoreFiles {
  readonly root: string;

  constructor(home: string) {
    this.root = join(home, 'store');
  }

  path({ directory, name }: Place): string {
    return join(this.root, directory, `${name}.json`);
  }

  read(place: Place): Promise<Shard> {
    return Shard.read(this.path(place));
  }

  /** Lists the existing files of a directory. @throws KeywrightError `io` */
  async placesIn(directory: string): Promise<Place[]> {
    const names = await listDirectory(join(this.root, directory));
    return names
      .filter((name) => /^[0-9a-f]{2}\.json$/.test(name))
      .sort()
      .map((name) => ({ directory, name: name.slice(0, 2) }));
  }

  /** Reads all files of a kind, one after the other. */
  async *shards(kind: StoredKind): AsyncGenerator<Shard> {
    for (const place of await this.placesIn(KINDS[kind].directory)) yield await this.read(place);
  }

  /** Runs `write` as the only writer of these files. @throws KeywrightError `store-busy`, `io` */
  async exclusively<T>(places: readonly Place[], write: () => Promise<T>): Promise<T> {
    // All writers lock in one order, so two writers of the same files never wait for each other.
    const sorted = [...places].sort((one, other) => (this.path(one) < this.path(other) ? -1 : 1));
    const locked = (index: number): Promise<T> => {
      const place = sorted[index];
      return place === undefined ? write() : this.#withLock(place, () => locked(index + 1));
    };
    return locked(0);
  }

  /** Finishes the changes of several files that killed writers left half done. @throws KeywrightError `io` */
  finishJournals(): Promise<void> {
    return finishJournals(this.root, (place) => this.#withLock(place, () => finishPlace(this.root, place)));
  }

  /** Removes what killed writers left behind. What cannot be removed is left to the next command. */
  async sweep(): Promise<void> {
    const directories = [...new Set(Object.values(KINDS).map(({ directory }) => directory))];
    const places = ['', ...directories.flatMap((directory) => [directory, locksOf(directory)])];
    await this.#removeLeftovers(places).catch(() => undefined);
    for (const directory of directories) {
      await releaseAbandoned(join(this.root, locksOf(directory)), {
        isLock: () => true,
        take: (name) => this.#withLock({ directory, name }, async () => undefined),
      }).catch(() => undefined);
    }
  }

  async #removeLeftovers(directories: readonly string[]): Promise<void> {
    const leftovers: string[] = [];
    for (const directory of directories) leftovers.push(...(await leftoversIn(join(this.root, directory))));
    if (leftovers.length > 0) await removeUnnamed(this.root, leftovers);
  }

  async #withLock<T>(place: Place, action: () => Promise<T>): Promise<T> {
    const locks = join(this.root, locksOf(place.directory));
    await makeDirectory(locks);
    return withLock(join(locks, place.name), async (tookOver) => {
      if (tookOver) {
        await finishPlace(this.root, place);
        await this.#removeLeftovers([place.directory, locksOf(place.directory)]);
      }
      return action();
    });
  }
}

function locksOf(directory: string): string {
  return join(directory, 'locks');
}

/** Reads a part of the store, or says why it is left out. @throws KeywrightError if nobody is told */
export async function leavingOut(
  unreadable: Unreadable | undefined,
  read: () => Promise<void>,
): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (unreadable === undefined || !(error instanceof KeywrightError)) throw error;
    unreadable(error);
  }
}
