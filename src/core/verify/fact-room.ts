/**
 * Facts by their key, so many of them; the oldest are forgotten. Good and bad ones have room of their own: no flood of bad ones
 * drives out a good one. A key names all that its fact depends on, so that a fact never has to be dropped.
 */
export class FactRoom<T> {
  readonly #capacity: FactCapacity;
  readonly #good = new Map<string, T>();
  readonly #bad = new Map<string, T>();

  constructor(capacity: FactCapacity) {
    this.#capacity = capacity;
  }

  recall(key: string): T | undefined {
    return this.#good.get(key) ?? this.#bad.get(key);
  }

  keep(key: string, fact: T, { isGood }: { readonly isGood: boolean }): void {
    const room = isGood ? this.#good : this.#bad;
    room.set(key, fact);
    if (room.size > (isGood ? this.#capacity.good : this.#capacity.bad)) forgetOldest(room);
  }
}

export interface FactCapacity {
  readonly good: number;
  readonly bad: number;
}

function forgetOldest<T>(room: Map<string, T>): void {
  const [oldest] = room.keys();
  if (oldest !== undefined) room.delete(oldest);
}
