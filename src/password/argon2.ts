import { hash, verify } from '@node-rs/argon2';
import { KeywrightError } from '../core/errors.js';
import type { PasswordHasher } from '../core/ports.js';

// OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. The package's algorithm is argon2id.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

// Of libuv's four threads, two stay for files. Who would wait longer than a few seconds is told so.
const AT_ONCE = 2;
const MAX_WAITING = 64;

/** argon2id on libuv's threads, a few at a time. */
export class Argon2Hasher implements PasswordHasher {
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#inTurn(() => hash(password, PARAMETERS));
  }

  async verify(password: string, known: string | undefined): Promise<boolean> {
    this.#decoy ??= hash('nobody', PARAMETERS);
    const against = known ?? (await this.#decoy);
    const holds = await this.#inTurn(() => verify(against, password));
    return holds && known !== undefined;
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING)
        throw new KeywrightError('busy', 'too many passwords are being checked');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      return await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }
}
