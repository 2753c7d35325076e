import type { Limiter } from '../ports/limiter.js';

/** The result of a check, or for how long the caller has to wait because too many failed before. */
export type Checked<T> =
  | { readonly outcome: 'checked'; readonly result: T }
  | { readonly outcome: 'limited'; readonly waitMs: number };

export interface CostlyCheck<T> {
  /** The key that attempts are counted by: those of an address, of a caller. */
  readonly by: string;
  /** The key of other failures, which a wrong one counts for, too. */
  readonly failsAs?: string;
  check(): Promise<T>;
  isRight(result: T): boolean;
}

/**
 * Counts failed attempts, and refuses when there are too many of them. The order is the same for all ways in:
 * 1. A credential that is known to hold is neither counted nor refused, whatever others by the same key have tried.
 * 2. A check that costs (a password never seen before) is counted before it begins, and the count is given back if it was right. Such
 *    checks have a count of their own: no flood of wrong tokens keeps a password from being looked at.
 * 3. A failure (a wrong token, a wrong password, something that is not allowed) is counted when it is known.
 */
export class Attempts {
  readonly #limiter: Limiter | undefined;

  /** @param limiter undefined for no limit */
  constructor(limiter: Limiter | undefined) {
    this.#limiter = limiter;
  }

  /** Counts a failure. @returns 0, or for how many milliseconds to wait; at once if that is known already */
  failed(by: string): number | Promise<number> {
    return this.#limiter?.take(by) ?? 0;
  }

  /** Checks within the limit. A check that throws stays counted. */
  async costly<T>({ by, failsAs, check, isRight }: CostlyCheck<T>): Promise<Checked<T>> {
    const waitMs = await this.failed(by);
    if (waitMs > 0) return { outcome: 'limited', waitMs };
    const result = await check();
    const isGood = isRight(result);
    if (isGood) await this.#limiter?.giveBack(by);
    const toWaitMs = isGood || failsAs === undefined ? 0 : await this.failed(failsAs);
    return toWaitMs > 0 ? { outcome: 'limited', waitMs: toWaitMs } : { outcome: 'checked', result };
  }
}

/** Makes the key that attempts at passwords are counted by. @param by the key of other failures */
export function passwordsBy(by: string): string {
  return `passwords ${by}`;
}
