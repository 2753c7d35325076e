import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { apiKeyId, deleteApiKey, invalidateApiKey, rotateApiKey } from '../../../src/core/manage/api-keys.js';
import { makeClientPassword } from '../../../src/core/manage/client-password.js';
import { listApiKeys } from '../../../src/core/manage/list-api-keys.js';
import { registerApiKey } from '../../../src/core/manage/register-api-key.js';
import { liveClient } from '../../../src/core/model/client.js';
import { readCredential } from '../../../src/core/model/presented-credential.js';
import { textHash } from '../../../src/core/model/signed-token.js';
import { NEVER } from '../../../src/core/model/time.js';
import { decide } from '../../../src/core/verify/decide.js';
import { openHome } from '../../../src/home/open-home.js';
import { openRegistry } from '../../../src/home/open-registry.js';
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

/** Keys whose hashes all begin alike, as one in 16 million does. */
const ALIKE = (secret: string) => `abcdef${textHash(secret).slice(6)}`;
const INGEST = { scopes: ['ingest'], expiresAt: NEVER, prefix: 'kw_live_' };

it('gives no two keys of a client one id, made one after the other, by rotation or at once', async () => {
  const home = join(await scratchDirectory(), 'home');
  const app = await openHome({ directory: home, notice: () => undefined, environment: {} });
  const services = { ...app, actor: OPERATOR, hashSecret: ALIKE, clockToleranceMs: 0 };
  const { client, credential } = await registerApiKey(services, INGEST);
  const another = () => registerApiKey(services, { ...INGEST, clientId: client.id });
  await another();
  await rotateApiKey(services, apiKeyId(client, credential), NEVER);
  await Promise.allSettled([another(), another(), another()]);
  const ids = (await listApiKeys(services)).items.map((held) => apiKeyId(held.client, held.credential));
  expect(ids.length).toBeGreaterThan(3);
  expect([...new Set(ids)]).toEqual(ids);
});

it('tells keys of one id apart that an older program made: each is worth its own, and each can be revoked', async () => {
  const home = join(await scratchDirectory(), 'home');
  const app = await openHome({ directory: home, notice: () => undefined, environment: {} });
  const services = { ...app, actor: OPERATOR, hashSecret: await app.hashSecret(), clockToleranceMs: 0 };
  const all = await registerApiKey(services, { ...INGEST, scopes: ['*'] });
  const little = await registerApiKey(services, { ...INGEST, clientId: all.client.id });
  const [file = ''] = (await readdir(join(home, 'store/clients'))).filter((name) => name.endsWith('.json'));
  const path = join(home, 'store/clients', file);
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replace(`"id":"${little.credential.id}"`, `"id":"${all.credential.id}"`));
  const { registry } = await openRegistry(app, {
    tokenIssuer: { issuer: '', audience: '' },
    onUnreadable: () => undefined,
  });
  const worth = async (key: string) => {
    const verdict = await decide({ credential: readCredential(key) }, registry, app.clock);
    return verdict.outcome === 'accepted' ? verdict.principal.scopes : verdict.reason;
  };
  expect([await worth(all.key), await worth(little.key)]).toEqual([['*'], ['ingest']]);
  const ids = (await listApiKeys(services)).items.map((held) => apiKeyId(held.client, held.credential));
  const [second, ...others] = ids.filter((id) => id !== apiKeyId(all.client, all.credential));
  expect([ids.length, others]).toEqual([2, []]);
  await invalidateApiKey(services, second ?? '');
  expect([await worth(all.key), await worth(little.key)]).toEqual([['*'], 'revoked']);
  await invalidateApiKey(services, apiKeyId(all.client, all.credential));
  expect([await worth(all.key), await worth(little.key)]).toEqual(['revoked', 'revoked']);
  registry.stop();
});
