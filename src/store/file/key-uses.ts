import type { LastUse } from '../../core/model/last-use.js';
import type { KeyUses } from '../../core/ports/key-store.js';
import type { StoreFiles } from './files.js';
import { type Place, placeAt, useBucket } from './kinds.js';

const WRITE_EVERY_MS = 60_000;

/**
 * The last uses of credentials. Many of them share a file, and each file is written at most once a minute. So the cost does
 * not grow with the number of keys. The uses lie apart from the clients, so a use does not change a client.
 */
export class FileKeyUses implements KeyUses {
  readonly #files: StoreFiles;
  readonly #prepare: () => Promise<void>;
  readonly #waiting = new Map<string, Map<string, LastUse>>();
  readonly #writtenAtMs = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  constructor(files: StoreFiles, prepare: () => Promise<void>) {
    this.#files = files;
    this.#prepare = prepare;
  }

  note(uses: ReadonlyMap<string, LastUse>): Promise<void> {
    for (const [id, use] of uses) {
      const bucket = useBucket(id);
      this.#waiting.set(bucket, (this.#waiting.get(bucket) ?? new Map()).set(id, use));
    }
    return this.#write(performance.now() - WRITE_EVERY_MS);
  }

  flush(): Promise<void> {
    return this.#write(Number.POSITIVE_INFINITY);
  }

  async of(apiKeyIds: readonly string[]): Promise<ReadonlyMap<string, LastUse>> {
    const found = new Map<string, LastUse>();
    const places = await this.#files.placesIn('uses');
    if (places.length === 0) return found;
    const wanted = new Set(apiKeyIds);
    const buckets = new Set(apiKeyIds.map(useBucket));
    const names = new Set([...buckets].map((bucket) => placeAt('use', bucket).name));
    for (const place of places.filter(({ name }) => names.has(name))) {
      for (const { id, at, from } of (await this.#files.read(place)).all('use')) {
        if (wanted.has(id)) found.set(id, { at, from });
      }
    }
    return found;
  }

  async *all(): AsyncGenerator<ReadonlyMap<string, LastUse>> {
    for (const place of await this.#files.placesIn('uses')) {
      const uses = (await this.#files.read(place)).all('use');
      yield new Map(uses.map(({ id, at, from }) => [id, { at, from }]));
    }
  }

  async keepOnly(isKey: (apiKeyId: string) => boolean): Promise<void> {
    for (const place of await this.#files.placesIn('uses')) {
      const gone = (await this.#files.read(place)).all('use').filter(({ id }) => !isKey(id));
      if (gone.length > 0)
        await this.#change(place, (shard) => {
          for (const { id } of gone) shard.delete('use', id);
        });
    }
  }

  #write(ifWrittenBeforeMs: number): Promise<void> {
    // A failed write must not keep the next one from running.
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        for (const [bucket, uses] of this.#waiting) {
          if ((this.#writtenAtMs.get(bucket) ?? Number.NEGATIVE_INFINITY) > ifWrittenBeforeMs) continue;
          this.#waiting.delete(bucket);
          this.#writtenAtMs.set(bucket, performance.now());
          await this.#merge(bucket, uses);
        }
      });
    return this.#writing;
  }

  #merge(bucket: string, uses: ReadonlyMap<string, LastUse>): Promise<void> {
    return this.#change(placeAt('use', bucket), (shard) => {
      for (const [id, { at, from }] of uses) {
        if (at >= (shard.get('use', id)?.at ?? 0)) shard.put('use', { id, revision: 0, at, from });
      }
    });
  }

  async #change(
    place: Place,
    change: (shard: Awaited<ReturnType<StoreFiles['read']>>) => void,
  ): Promise<void> {
    await this.#prepare();
    await this.#files.exclusively([place], async () => {
      const shard = await this.#files.read(place);
      change(shard);
      await shard.write();
    });
  }
}
