import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { findProvisioningKey, redeemProvisioningKey } from '../../../src/core/manage/provision.js';
import { createProvisioningKey, deleteProvisioningKey } from '../../../src/core/manage/provisioning-keys.js';
import { KeywrightError } from '../../../src/core/model/errors.js';
import { NEVER } from '../../../src/core/model/time.js';
import { openHome } from '../../../src/home/open-home.js';
import { scratchDirectory } from '../../support/keywright.js';

async function fixture(uses: number) {
  const home = join(await scratchDirectory(), 'home');
  const app = await openHome({ directory: home, notice: () => undefined, environment: {} });
  const services = {
    ...app,
    actor: OPERATOR,
    hashSecret: await app.hashSecret(),
    authority: await app.authority(),
  };
  const { key } = await createProvisioningKey(services, { scopes: ['ingest'], expiresAt: NEVER, uses });
  const found = await findProvisioningKey(services, key);
  if (found === undefined) throw new Error('not found');
  const redeemBusily = () => {
    const passwords = {
      hash: async () => {
        throw new KeywrightError('busy', 'too many passwords are checked at once');
      },
      verify: async () => false,
    };
    return redeemProvisioningKey({ ...services, passwords }, found, { agentName: 'gw' });
  };
  return { ...app, services, found, redeemBusily };
}

it.each([1, 2])('spends no use if registering fails: of %i', async (uses) => {
  const { redeemBusily, keyStore, found } = await fixture(uses);
  await expect(redeemBusily()).rejects.toMatchObject({ code: 'busy' });
  expect(await keyStore.provisioningKeys.page()).toEqual([found]);
  expect(await keyStore.clients.page()).toEqual([]);
});

it('spends no use and makes no client if the disk fails', async () => {
  const { services, keyStore, found } = await fixture(1);
  const passwords = { hash: async () => 'hash', verify: async () => false };
  // A directory stands where a file of the clients would be written.
  const clients = join(services.directory, 'store', 'clients');
  await rm(clients, { recursive: true, force: true });
  for (let shard = 0; shard < 256; shard += 1)
    await mkdir(join(clients, `${shard.toString(16).padStart(2, '0')}.json`), { recursive: true });
  const redeemed = redeemProvisioningKey({ ...services, passwords }, found, { agentName: 'gw' });
  await expect(redeemed).rejects.toMatchObject({ code: 'io' });
  await rm(clients, { recursive: true });
  expect(await keyStore.clients.page()).toEqual([]);
  expect(await keyStore.provisioningKeys.page()).toEqual([found]);
});

it('makes nothing by a key that was deleted meanwhile', async () => {
  const { services, keyStore, found } = await fixture(2);
  const passwords = {
    hash: async () => {
      await deleteProvisioningKey(services, found.id);
      return 'hash';
    },
    verify: async () => false,
  };
  const redeemed = redeemProvisioningKey({ ...services, passwords }, found, { agentName: 'gw' });
  expect(await redeemed).toBeUndefined();
  expect(await keyStore.provisioningKeys.page()).toEqual([]);
  expect(await keyStore.clients.page()).toEqual([]);
});
