import { OPERATOR } from '../core/manage/actor.js';
import type { ApiKeyServices } from '../core/manage/api-keys.js';
import type { UserServices } from '../core/manage/users.js';
import type { Home } from '../home/open-home.js';

// Whoever holds the home may do everything in it.
const actor = OPERATOR;

/** What the rules for API keys work with. */
export async function apiKeyServices(home: Home): Promise<ApiKeyServices> {
  const { keyStore, clock, audit, licence } = home;
  return { keyStore, clock, audit, licence, actor, hashSecret: await home.hashSecret() };
}

/** What the rules for users, and for clients' passwords, work with. */
export async function userServices({ keyStore, clock, audit, passwords }: Home): Promise<UserServices> {
  return { keyStore, clock, audit, actor, passwords: await passwords() };
}

/** What is enough to look API keys up. */
export function lookUp({ keyStore }: Home): Pick<ApiKeyServices, 'keyStore' | 'actor'> {
  return { keyStore, actor };
}
