import { isIPv6 } from 'node:net';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ipv6Words } from '../core/model/ipv6.js';
import type { Limiter } from '../core/ports/limiter.js';

/** Lets each key through so many times in a span, counted in memory. */
export class MemoryLimiter implements Limiter {
  readonly #limiter: RateLimiterMemory;
  /** The time until which a key has to wait: a flood is refused without being counted. */
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

// A key that is forgotten here is counted again, and refused again.
const MAX_WAITING = 10_000;

/** The key that an address is counted under: itself, or the /64 network of an IPv6 address, which one customer has (RFC 6177). */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.replace(/^::ffff:(?=\d+\.)/i, '');
  if (!isIPv6(bare)) return bare;
  const network = ipv6Words(bare).slice(0, 4);
  return `${network.map((word) => word.toString(16)).join(':')}::/64`;
}
