import type { App } from '../app.js';
import type { ApiKeyServices } from '../core/api-keys.js';

/** What the rules for API keys work with. */
export async function apiKeyServices({ keyStore, clock, audit, secretHasher }: App): Promise<ApiKeyServices> {
  return { keyStore, clock, audit, hashSecret: await secretHasher() };
}
