import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openApp } from '../../src/app.js';
import { OPERATOR } from '../../src/core/actor.js';
import { apiKeyId, registerApiKey, rotateApiKey } from '../../src/core/api-keys.js';
import { NEVER } from '../../src/core/time.js';
import { scratchDirectory } from '../support/keywright.js';

it('gives a rotated key no end that no calendar has', async () => {
  let now = Date.parse('2026-06-01T00:00:00Z');
  const home = join(await scratchDirectory(), 'home');
  const app = await openApp({ home, notice: () => undefined, environment: {}, clock: { now: () => now } });
  const services = { ...app, actor: OPERATOR, hashSecret: await app.secretHasher() };
  const expiresAt = Date.parse('9999-06-01T00:00:00Z');
  const old = await registerApiKey(services, { scopes: ['ingest'], expiresAt, prefix: 'kw_live_' });
  now = Date.parse('2028-06-01T00:00:00Z');
  const { credential } = await rotateApiKey(services, apiKeyId(old.client, old.credential), now);
  expect(credential.expiresAt).toBe(NEVER);
});
