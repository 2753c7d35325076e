import { setTimeout as sleep } from 'node:timers/promises';

// A batch waits for more so long, or until it has so many.
const WAITS_MS = 500;
const ENOUGH = 256;

/** What is made and waits for the next batch: whoever makes more than is taken waits. */
export class Ready<T> {
  readonly #most: number;
  readonly #items: T[] = [];
  #waiting: (() => void)[] = [];
  #end: { readonly error?: unknown } | undefined;

  /** @param most the most that a batch has, and about the most that waits */
  constructor(most: number) {
    this.#most = most;
  }

  add(items: readonly T[]): void {
    this.#items.push(...items);
    this.#wake();
  }

  /** Says that nothing more comes, and for what error if there was one. */
  end(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end;
    this.#wake();
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Waits until there is room for more. */
  async room(): Promise<void> {
    while (this.#items.length >= this.#most && this.#end === undefined) await this.#change();
  }

  /** Waits for the next batch; nothing is in it at the end. @throws the error that nothing more came for */
  async take(): Promise<T[]> {
    while (this.#items.length === 0 && this.#end === undefined) await this.#change();
    const waits = new AbortController();
    const late = sleep(WAITS_MS, undefined, { signal: waits.signal, ref: false }).then(
      () => true,
      () => true,
    );
    while (this.#items.length < ENOUGH && this.#end === undefined)
      if (await Promise.race([late, this.#change()])) break;
    waits.abort();
    if (this.#end !== undefined && 'error' in this.#end) throw this.#end.error;
    const batch = this.#items.splice(0, this.#most);
    this.#wake();
    return batch;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
