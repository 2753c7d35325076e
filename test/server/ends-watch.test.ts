import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATOR } from '../../src/core/manage/actor.js';
import { apiKeyId, invalidateApiKey, rotateApiKey } from '../../src/core/manage/api-keys.js';
import { issueClient } from '../../src/core/manage/issue-client.js';
import { registerApiKey } from '../../src/core/manage/register-api-key.js';
import { rotateSigningKeys } from '../../src/core/manage/signing-keys.js';
import { suspendClient } from '../../src/core/manage/suspension.js';
import { addUser, editUser } from '../../src/core/manage/users.js';
import { RING_ID } from '../../src/core/model/signing-key.js';
import { NEVER } from '../../src/core/model/time.js';
import type { ObservedChange } from '../../src/core/ports/observer.js';
import { openHome } from '../../src/home/open-home.js';
import { openRegistry } from '../../src/home/open-registry.js';
import { changeToldEnds } from '../../src/home/told-ends.js';
import { endsWatch } from '../../src/server/ends-watch.js';
import { PASSWORD, scratchDirectory, serve, workshop } from '../support/keywright.js';

const DAY = 86_400_000;
const START = Date.parse('2026-12-01T00:00:00Z');

async function fixture() {
  let now = START;
  const clock = { now: () => now };
  const directory = join(await scratchDirectory(), 'home');
  const home = await openHome({ directory, notice: () => undefined, environment: {}, clock });
  const authority = await home.authority();
  await home.ensureSigningKeys();
  const passwords = await home.passwords();
  const services = { ...home, passwords, authority, actor: OPERATOR, hashSecret: await home.hashSecret() };
  const said: string[] = [];
  const observer = {
    changed: (change: ObservedChange) => {
      if (change.what === 'ending') said.push(`${change.name} ${(change.at - START) / DAY}`);
    },
  };
  const watching = async () => {
    const { registry } = await openRegistry(home, {
      tokenIssuer: { issuer: 'i', audience: 'a' },
      onUnreadable: () => undefined,
    });
    const changeTold = (change: Parameters<typeof changeToldEnds>[1]) => changeToldEnds(directory, change);
    return { registry, watch: endsWatch({ registry, authority, clock, observer, changeTold }) };
  };
  return {
    ...{ home, authority, services, said },
    /** Looks at the ends at a day, as a server that was started just now. */
    at: async (day: number) => {
      now = START + day * DAY;
      said.length = 0;
      const { registry, watch } = await watching();
      await watch();
      registry.stop();
      return [...said].sort();
    },
    watching,
  };
}

describe('what ends is told of', () => {
  it('30, 7 and 1 days before, once each, by whichever server looks first', async () => {
    const { at, services } = await fixture();
    const { client, credential } = await registerApiKey(services, {
      ...{ scopes: [], expiresAt: START + 90 * DAY, prefix: 'kw_live_' },
    });
    const key = `API key ${apiKeyId(client, credential)} 90`;
    expect(await at(59)).toEqual([]);
    expect(await at(60)).toEqual([key]);
    expect(await at(60)).toEqual([]);
    expect(await at(82)).toEqual([]);
    expect(await at(83.5)).toEqual([key]);
    expect(await at(88)).toEqual([]);
    expect(await at(89.2)).toEqual([key]);
    expect(await at(89.9)).toEqual([]);
    expect(await at(91)).toEqual([]);
  });

  it('once where two servers look at once', async () => {
    const { services, said, watching } = await fixture();
    await registerApiKey(services, { scopes: [], expiresAt: START + DAY, prefix: 'kw_live_' });
    const servers = [await watching(), await watching()];
    await Promise.all(servers.map(({ watch }) => watch()));
    for (const { registry } of servers) registry.stop();
    expect(said).toHaveLength(1);
  });

  it('of certificates, signed tokens, signing keys and the CA, not of what does not hold', async () => {
    const { at, authority, services } = await fixture();
    const issue = (clientId: string, overlap?: string) =>
      issueClient(
        services,
        { clientId, algorithm: 'ec-p256', validity: { validFor: '5d' }, replace: true, overlap },
        { deliver: async () => ({ keep: async () => undefined, takeBack: async () => undefined }) },
      );
    const first = (await issue('a')).certificates[0]?.id;
    const second = (await issue('a', '2d')).certificates[0]?.id;
    await issue('b');
    await suspendClient(services, 'b');
    const request = { scopes: [], expiresAt: START + 5 * DAY, prefix: 'kw_live_' };
    const { client, credential } = await registerApiKey(services, request);
    await invalidateApiKey(services, apiKeyId(client, credential));
    await addUser(services, { id: 'ann', password: PASSWORD });
    await registerApiKey(services, { ...request, scopes: ['ingest'], owner: 'ann' });
    await editUser(services, 'ann', { disabled: true });
    const never = await registerApiKey(services, { ...request, expiresAt: NEVER });
    const old = apiKeyId(never.client, never.credential);
    await rotateApiKey(services, old, START + 3 * DAY);
    const ring = await services.keyStore.signingKeys.get(RING_ID);
    await rotateSigningKeys(services, { algorithm: 'ES256', overlapUntil: START + 4 * DAY });
    expect(await at(0)).toEqual(
      [
        `API key ${old} 3`,
        `certificate ${first} and the signed token of client a 2`,
        `certificate ${second} and the signed token of client a 5`,
        `the signing key ${ring?.keys[0]?.id} 4`,
      ].sort(),
    );
    const end = (authority.notAfter - START) / DAY;
    expect(await at(end - 20)).toEqual([`the CA ${end}`]);
  });

  it('in the log of a server, and by key list', async () => {
    const shop = await workshop();
    const { keywright } = shop;
    await keywright(['ca', 'init', '--valid-for', '20d']);
    await keywright(['key', 'gen', 'a']);
    const server = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    await expect
      .poll(() => server.log(), { timeout: 20_000 })
      .toMatch(/certificate \w+ and the signed token/);
    for (const said of [/"the CA ends at /, /"the server certificate \w+ ends at /])
      expect(server.log()).toMatch(said);
    await server.stop();
    const again = await serve(shop);
    await again.stop();
    expect(again.log()).not.toContain('ends at');
    const { stdout } = await keywright(['key', 'list', '--expiring-within', '30d']);
    expect(stdout).toMatch(/the CA ends at .*\n.*the server certificate \w+ ends at /);
    const asJson = await keywright(['key', 'list', '--expiring-within', '30d', '--json']);
    expect(JSON.parse(asJson.stdout)).toHaveLength(1);
    expect(asJson.stderr).toContain('the CA ends at ');
    expect((await keywright(['key', 'list', '--expiring-within', '3d'])).stdout).toBe('');
  });
});
