import type { Change } from '../ports/key-store.js';

type Listener = (changes: readonly Change[]) => void;

/** Tells listeners of changes once they hold: those that come together are told together. */
export class Announcements {
  readonly #listeners = new Set<Listener>();
  #waiting: Change[] = [];

  onChange(listener: Listener): void {
    this.#listeners.add(listener);
  }

  add(changes: readonly Change[]): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#tell());
    this.#waiting.push(...changes);
  }

  #tell(): void {
    const changes = this.#waiting;
    this.#waiting = [];
    for (const listener of this.#listeners) listener(changes);
  }
}
