import { OPERATOR } from '../core/manage/actor.js';
import type { Looking, Managing } from '../core/manage/management.js';
import type { Home } from '../home/open-home.js';

/** Makes the services of commands that list things. */
export async function looking(home: Home): Promise<Looking> {
  const { clockToleranceMs } = await home.moment();
  return { keyStore: home.keyStore, clock: home.clock, clockToleranceMs, actor: OPERATOR };
}

/**
 * Makes the services of the command line. It acts as the operator, who may do everything in the home. argon2 loads at
 * the first password hash. Commands that make API keys add `hashSecret` themselves, because the home makes the hashing
 * key when it is asked for that.
 */
export function management(home: Home): Managing<'licence' | 'passwords'> {
  const { keyStore, changes, clock, licence } = home;
  return {
    ...{ keyStore, changes, clock, licence, actor: OPERATOR },
    passwords: {
      hash: async (password) => (await home.passwords()).hash(password),
      verify: async (password, hash) => (await home.passwords()).verify(password, hash),
    },
  };
}
