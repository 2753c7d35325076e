import { OPERATOR } from '../core/manage/actor.js';
import type { Managing } from '../core/manage/management.js';
import type { Home } from '../home/open-home.js';

/**
 * What the command line manages with: whoever holds the home may do everything in it. argon2 is loaded once a password is
 * hashed. Commands that make an API key add `hashSecret`, because asking the home for it makes the hashing key.
 */
export function management(home: Home): Managing<'licence' | 'passwords'> {
  const { keyStore, clock, audit, licence } = home;
  return {
    ...{ keyStore, clock, audit, licence, actor: OPERATOR },
    passwords: {
      hash: async (password) => (await home.passwords()).hash(password),
      verify: async (password, hash) => (await home.passwords()).verify(password, hash),
    },
  };
}
