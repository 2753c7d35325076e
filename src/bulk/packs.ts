import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Timestamp } from '../core/model/time.js';
import { createFile, readOptional, syncDirectory } from '../disk/durable-file.js';
import { ioError } from '../disk/io-error.js';

/** A bundle that is to be registered, or was: its texts, and how its registration is told. */
export interface PackedBundle {
  readonly id: string;
  readonly serial: string;
  readonly fingerprint: string;
  readonly notBefore: Timestamp;
  readonly notAfter: Timestamp;
  readonly isCut: boolean;
  readonly certificate: string;
  readonly privateKey: string;
  readonly token: string;
}

/** Bundles in one durable file. */
export interface Pack {
  readonly path: string;
  readonly bundles: readonly PackedBundle[];
}

/** A pack as it is read, with the home whose clients its bundles are for, unless it is not whole. */
interface LeftPack extends Pack {
  readonly home: string | undefined;
}

const PACK = /^pack-(\d{1,12})$/;

/**
 * The bundles of a run between their making and their places: each pack of them is one durable file before they are
 * registered, and is removed when they are where they belong, and on the disk there. So nobody is registered whose key could
 * be lost, and a run that is killed leaves what the next one needs.
 */
export class Packs {
  readonly #directory: string;
  /** The home whose clients these are. */
  readonly #home: string;
  #next = 0;

  constructor(directory: string, home: string) {
    this.#directory = directory;
    this.#home = home;
  }

  /** @throws KeywrightError `io` */
  async add(bundles: readonly PackedBundle[]): Promise<Pack> {
    const path = join(this.#directory, `pack-${this.#next}`);
    this.#next += 1;
    const lines = [{ home: this.#home }, ...bundles].map((each) => JSON.stringify(each));
    await createFile(path, { data: `${lines.join('\n')}\n`, mode: 0o600 });
    await syncDirectory(this.#directory).catch((error) => {
      throw ioError('write', path, error);
    });
    return { path, bundles };
  }

  async remove({ path }: Pick<Pack, 'path'>): Promise<void> {
    await rm(path, { force: true }).catch((error) => {
      throw ioError('remove', path, error);
    });
  }

  /**
   * Reads the packs that a run before has left, oldest first. Half a pack is of bundles that were never registered.
   * @throws KeywrightError `io`
   */
  async *left(): AsyncGenerator<LeftPack, void> {
    const number = (name: string) => Number(PACK.exec(name)?.[1]);
    const names = (await readdir(this.#directory)).filter((name) => PACK.test(name));
    for (const name of names.sort((one, other) => number(one) - number(other))) {
      this.#next = Math.max(this.#next, number(name) + 1);
      yield await this.read(join(this.#directory, name));
    }
  }

  /** @throws KeywrightError `io` */
  async read(path: string): Promise<LeftPack> {
    const [head, ...bundles] = ((await readOptional(path)) ?? '').split('\n').flatMap(parsed);
    const { home } = (head ?? {}) as { readonly home?: string };
    return { path, bundles: bundles as PackedBundle[], home };
  }
}

function parsed(line: string): unknown[] {
  try {
    return line === '' ? [] : [JSON.parse(line)];
  } catch {
    return [];
  }
}
