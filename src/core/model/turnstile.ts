import { KeywrightError } from './errors.js';

export interface TurnstileOptions {
  readonly atOnce: number;
  /** How many may wait; more are turned away. */
  readonly maxWaiting: number;
  /** What there is too much of, for the error. */
  readonly what: string;
}

/** Lets only so many pieces of heavy work run at once, in the order in which they came. */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** @throws KeywrightError `busy` */
  async pass<T>(work: () => Promise<T>): Promise<T> {
    const { atOnce, maxWaiting, what } = this.#options;
    if (this.#running < atOnce) this.#running += 1;
    else if (this.#waiting.length >= maxWaiting) throw new KeywrightError('busy', `too many ${what} at once`);
    // Whoever leaves hands its place on.
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
