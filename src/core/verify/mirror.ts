import { KeywrightError } from '../model/errors.js';
import type { Collection, Subscription } from '../ports/key-store.js';

export interface MirrorOptions<T> {
  readonly collection: Collection<T>;
  /** Is told of each change after it holds, in order. */
  readonly onChange: (
    id: string,
    change: { readonly before: T | undefined; readonly after: T | undefined },
  ) => void;
  /** Is told when nothing can be known any more (an error), and when it can again. */
  readonly onAvailability: (failure: unknown) => void;
}

/**
 * A collection in memory, kept as the keystore stands. While it cannot be followed it answers nothing: who was revoked
 * meanwhile must not get in.
 */
export class Mirror<T> {
  readonly #records = new Map<string, T>();
  #subscription: Subscription | undefined;
  #failure: unknown;

  static async follow<T>({ collection, onChange, onAvailability }: MirrorOptions<T>): Promise<Mirror<T>> {
    const mirror = new Mirror<T>();
    mirror.#subscription = await collection.watch({
      changed: (changes) => {
        for (const { id, record } of changes) {
          const before = mirror.#records.get(id);
          if (record === undefined) mirror.#records.delete(id);
          else mirror.#records.set(id, record);
          onChange(id, { before, after: record });
        }
      },
      failed: (error) => {
        const isNew = mirror.#failure === undefined;
        mirror.#failure ??= error;
        if (isNew) onAvailability(error);
      },
      recovered: () => {
        mirror.#failure = undefined;
        onAvailability(undefined);
      },
    });
    return mirror;
  }

  get available(): boolean {
    return this.#failure === undefined;
  }

  /** @throws KeywrightError `io` while the collection cannot be followed */
  get(id: string): T | undefined {
    if (this.#failure !== undefined)
      throw new KeywrightError('io', 'the keystore cannot be followed', { cause: this.#failure });
    return this.#records.get(id);
  }

  values(): Iterable<T> {
    return this.#records.values();
  }

  stop(): void {
    this.#subscription?.stop();
  }
}
