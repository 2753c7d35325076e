import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Limiter } from '../core/ports/limiter.js';

/** So many times for each key in a span, counted in memory. */
export class MemoryLimiter implements Limiter {
  readonly #limiter: RateLimiterMemory;
  /** Until when a key has to wait: a flood is told so without being counted. */
  readonly #waiting = new Map<string, number>();

  constructor({ count, perMs }: { readonly count: number; readonly perMs: number }) {
    this.#limiter = new RateLimiterMemory({ points: count, duration: perMs / 1000 });
  }

  take(key: string): number | Promise<number> {
    const waitMs = (this.#waiting.get(key) ?? 0) - performance.now();
    return waitMs > 0 ? waitMs : this.#count(key);
  }

  async giveBack(key: string): Promise<void> {
    await this.#limiter.reward(key);
  }

  async #count(key: string): Promise<number> {
    try {
      await this.#limiter.consume(key);
      return 0;
    } catch (refusal) {
      if (!(refusal instanceof RateLimiterRes)) throw refusal;
      this.#remember(key, refusal.msBeforeNext);
      return refusal.msBeforeNext;
    }
  }

  #remember(key: string, waitMs: number): void {
    const now = performance.now();
    if (this.#waiting.size >= MAX_WAITING) {
      for (const [each, until] of this.#waiting) if (until <= now) this.#waiting.delete(each);
      if (this.#waiting.size >= MAX_WAITING) this.#waiting.clear();
    }
    this.#waiting.set(key, now + waitMs);
  }
}

// What is forgotten here is counted again, and found to have to wait.
const MAX_WAITING = 10_000;

/** What stands for whoever has an address: the address, or the /64 network of an IPv6 one, which is one customer's (RFC 6177). */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(bare)) return bare;
  const [head = '', tail] = bare.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const groups = [
    ...before,
    ...Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0'),
    ...after,
  ];
  return `${groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
