import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/ports/clock.js';
import type { FirstVisit } from '../core/ports/first-visit.js';
import { readOptional, replaceFile } from '../disk/durable-file.js';
import { prepareHome } from '../disk/home.js';
import { withLock } from '../disk/lock.js';

const LASTS_MS = 15 * 60_000;

/** The link to the first visit, of which the home keeps the hash. All processes of a home share it. */
export class HomeFirstVisit implements FirstVisit {
  readonly #home: string;
  readonly #path: string;
  readonly #clock: Clock;

  constructor(home: string, clock: Clock) {
    this.#home = home;
    this.#path = join(home, 'first-visit.json');
    this.#clock = clock;
  }

  async offer(consoleUrl: string): Promise<string> {
    const token = randomBytes(32).toString('base64url');
    await prepareHome(this.#home);
    const data = JSON.stringify({ hash: hashOf(token), expiresAt: this.#clock.now() + LASTS_MS });
    await withLock(`${this.#path}.lock`, () => replaceFile(this.#path, { data, mode: 0o600 }));
    // What follows # stays in the browser: no request, no log of a proxy has it.
    return `${consoleUrl}first#${token}`;
  }

  async redeem<T>(token: string, work: () => Promise<T>): Promise<T | undefined> {
    // Whoever guesses does not make others wait.
    if (!(await this.#isOffered(token))) return undefined;
    return withLock(`${this.#path}.lock`, async () => {
      if (!(await this.#isOffered(token))) return undefined;
      const result = await work();
      await rm(this.#path, { force: true });
      return result;
    });
  }

  async #isOffered(token: string): Promise<boolean> {
    const { hash, expiresAt } = read((await readOptional(this.#path)) ?? '');
    const isSame = timingSafeEqual(Buffer.from(hash, 'hex'), Buffer.from(hashOf(token), 'hex'));
    // A clock that was set back makes no link last longer.
    const left = expiresAt - this.#clock.now();
    return isSame && left > 0 && left <= LASTS_MS;
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

// A damaged file is a link that nobody has.
function read(text: string): { readonly hash: string; readonly expiresAt: number } {
  try {
    const { hash, expiresAt } = JSON.parse(text);
    if (/^[0-9a-f]{64}$/.test(hash) && Number.isSafeInteger(expiresAt)) return { hash, expiresAt };
  } catch {}
  return { hash: hashOf(randomBytes(32).toString('hex')), expiresAt: 0 };
}
