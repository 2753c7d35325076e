/** A share of the event loop's time, in steps of about a microsecond; each step takes one from it. */
export interface Budget {
  left: number;
}

/** Work that may take long, and is done in slices. */
export interface Job {
  /** Goes on until it is done, or the budget is used up. @returns true if it is done */
  run(budget: Budget): boolean;
}

// The steps that one connection, or one message, may take before the others have their turn.
export const SLICE_STEPS = 500;

// The time that jobs keep the event loop before everything else has its turn.
const TURN_MS = 5;

/** The jobs that take more than one slice: each in turn, a slice at a time. */
export class Work {
  readonly #jobs = new Set<Job>();
  readonly #onFailure: (error: unknown) => void;
  #isScheduled = false;

  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  add(job: Job): void {
    this.#jobs.add(job);
    this.#schedule();
  }

  delete(job: Job): void {
    this.#jobs.delete(job);
  }

  #schedule(): void {
    if (this.#isScheduled || this.#jobs.size === 0) return;
    this.#isScheduled = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    const end = performance.now() + TURN_MS;
    for (const job of this.#jobs) {
      this.#jobs.delete(job);
      // Added again it is the last, and this loop comes to it once more.
      if (!this.#slice(job)) this.#jobs.add(job);
      if (performance.now() >= end) break;
    }
    this.#schedule();
  }

  #slice(job: Job): boolean {
    try {
      return job.run({ left: SLICE_STEPS });
    } catch (error) {
      // The other jobs go on if one fails.
      this.#onFailure(error);
      return true;
    }
  }
}
