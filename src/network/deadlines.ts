/** Items that all have the same time until they fall due; one timer serves them all. */
export class Deadlines<T> {
  readonly #spanMs: number;
  readonly #onOverdue: (item: T) => void;
  /** The times by their items, in the order in which they fall due. */
  readonly #due = new Map<T, number>();
  #timer: NodeJS.Timeout | undefined;

  constructor(spanMs: number, onOverdue: (item: T) => void) {
    this.#spanMs = spanMs;
    this.#onOverdue = onOverdue;
  }

  add(item: T): void {
    this.#due.set(item, performance.now() + this.#spanMs);
    this.#timer ??= setInterval(() => this.#sweep(), Math.min(this.#spanMs, 250)).unref();
  }

  delete(item: T): void {
    this.#due.delete(item);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#due.clear();
  }

  #sweep(): void {
    const now = performance.now();
    for (const [item, due] of this.#due) {
      if (due > now) return;
      this.#due.delete(item);
      this.#onOverdue(item);
    }
    this.close();
  }
}
