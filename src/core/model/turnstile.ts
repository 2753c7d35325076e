import { KeywrightError } from './errors.js';

export interface TurnstileOptions {
  readonly atOnce: number;
  /** The number of callers that may wait; more are refused. */
  readonly maxWaiting: number;
  /** The name of the work, for the error. */
  readonly what: string;
}

/** Limits the pieces of heavy work that run at once. The others wait in line. */
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
    // A finished work gives its place to the next in line.
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
