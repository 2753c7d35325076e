import { hash, verify } from '@node-rs/argon2';
import { Turnstile } from '../core/model/turnstile.js';
import type { PasswordHasher } from '../core/ports/password-hasher.js';

// OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, two passes, one lane. The package's algorithm is argon2id.
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** argon2id on libuv's threads, a few at a time. */
export class Argon2Hasher implements PasswordHasher {
  // Some of libuv's four threads stay free for files. A caller that would wait more than a few seconds is refused.
  readonly #turnstile = new Turnstile({ atOnce: 2, maxWaiting: 64, what: 'passwords are checked' });
  #decoy: Promise<string> | undefined;

  hash(password: string): Promise<string> {
    return this.#turnstile.pass(() => hash(password, PARAMETERS));
  }

  async verify(password: string, known: string | undefined): Promise<boolean> {
    // The first caller makes it, whether its user is known or not: the first attempt tells as little as the others.
    this.#decoy ??= hash('nobody', PARAMETERS);
    const decoy = await this.#decoy;
    const against = known ?? decoy;
    const holds = await this.#turnstile.pass(() => verify(against, password));
    return holds && known !== undefined;
  }
}
