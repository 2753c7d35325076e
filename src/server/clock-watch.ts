import type { Timestamp } from '../core/model/time.js';
import type { Clock } from '../core/ports/clock.js';

// Machines' clocks are slewed by less, and set by more.
const LEAST_JUMP_MS = 10_000;

/** A clock that was set. */
interface ClockJump {
  /** Negative if it was set back. */
  readonly byMs: number;
  readonly now: Timestamp;
}

/** Notices that the clock was set, by the time that has passed since it was last looked at. */
export class ClockWatch {
  readonly #clock: Clock;
  #now: Timestamp;
  #passedMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#now = clock.now();
    this.#passedMs = performance.now();
  }

  look(): ClockJump | undefined {
    const [now, passedMs] = [this.#clock.now(), performance.now()];
    const byMs = Math.round(now - this.#now - (passedMs - this.#passedMs));
    [this.#now, this.#passedMs] = [now, passedMs];
    return Math.abs(byMs) < LEAST_JUMP_MS ? undefined : { byMs, now };
  }
}
