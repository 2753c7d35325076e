import type { App } from '../app.js';
import type { ApiKeyServices } from '../core/api-keys.js';

/** What the rules for API keys work with. */
export async function apiKeyServices({ keyStore, clock, secretHasher }: App): Promise<ApiKeyServices> {
  return { keyStore, clock, hashSecret: await secretHasher() };
}
