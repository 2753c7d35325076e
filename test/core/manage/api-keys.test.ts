import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { apiKeyId, deleteApiKey, rotateApiKey } from '../../../src/core/manage/api-keys.js';
import { makeClientPassword } from '../../../src/core/manage/client-password.js';
import { registerApiKey } from '../../../src/core/manage/register-api-key.js';
import { liveClient } from '../../../src/core/model/client.js';
import { NEVER } from '../../../src/core/model/time.js';
import { openHome } from '../../../src/home/open-home.js';
import { scratchDirectory } from '../../support/keywright.js';

it('gives a rotated key no end that no calendar has', async () => {
  let now = Date.parse('2026-06-01T00:00:00Z');
  const home = join(await scratchDirectory(), 'home');
  const app = await openHome({
    directory: home,
    notice: () => undefined,
    environment: {},
    clock: { now: () => now },
  });
  const services = { ...app, actor: OPERATOR, hashSecret: await app.hashSecret() };
  const expiresAt = Date.parse('9999-06-01T00:00:00Z');
  const old = await registerApiKey(services, { scopes: ['ingest'], expiresAt, prefix: 'kw_live_' });
  now = Date.parse('2028-06-01T00:00:00Z');
  const { credential } = await rotateApiKey(services, apiKeyId(old.client, old.credential), now);
  expect(credential.expiresAt).toBe(NEVER);
});

it.each([
  [true, ['password']],
  [false, undefined],
])('leaves a client whose last key is deleted if its password suffices alone: %s', async (alone, left) => {
  const home = join(await scratchDirectory(), 'home');
  const app = await openHome({ directory: home, notice: () => undefined, environment: {} });
  const services = { ...app, actor: OPERATOR, hashSecret: await app.hashSecret() };
  const mqttPassword = await makeClientPassword(
    { clock: app.clock, passwords: await app.passwords() },
    { alone },
  );
  const request = { scopes: ['ingest'], expiresAt: NEVER, prefix: 'kw_live_', mqttPassword };
  const { client, credential } = await registerApiKey(services, request);
  await deleteApiKey(services, apiKeyId(client, credential));
  const remaining = liveClient(await app.keyStore.clients.get(client.id));
  expect(remaining?.credentials.map(({ kind }) => kind)).toEqual(left);
});
