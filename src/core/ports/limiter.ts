/** So many times for each key in a span. */
export interface Limiter {
  /** Counts once. @returns 0, or how many milliseconds to wait where that was once too often; at once where it is known already */
  take(key: string): number | Promise<number>;
  /** Takes one back that was counted before it was known to be none. */
  giveBack(key: string): Promise<void>;
}
