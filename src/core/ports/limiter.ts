/** Limits how often each key may pass in a span of time. */
export interface Limiter {
  /**
   * Counts one try.
   * @returns 0, or the milliseconds to wait if there were too many tries; a plain number if the answer is known at once
   */
  take(key: string): number | Promise<number>;
  /** Takes back one try that should not have counted. */
  giveBack(key: string): Promise<void>;
}
