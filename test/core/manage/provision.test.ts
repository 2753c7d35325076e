import { join } from 'node:path';
import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { findProvisioningKey, redeemProvisioningKey } from '../../../src/core/manage/provision.js';
import { createProvisioningKey, listProvisioningKeys } from '../../../src/core/manage/provisioning-keys.js';
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
  const redeemBusily = (meanwhile: () => Promise<unknown> = async () => undefined) => {
    const passwords = {
      hash: async () => {
        await meanwhile();
        throw new KeywrightError('busy', 'too many passwords are checked at once');
      },
      verify: async () => false,
    };
    return redeemProvisioningKey({ ...services, passwords }, found, { agentName: 'gw' });
  };
  return { ...app, services, found, redeemBusily };
}

it.each([1, 2])('gives a use back where registering fails: of %i', async (uses) => {
  const { redeemBusily, keyStore, found } = await fixture(uses);
  await expect(redeemBusily()).rejects.toMatchObject({ code: 'busy' });
  expect(await listProvisioningKeys(keyStore)).toEqual([found]);
  expect(await keyStore.clients.list()).toEqual([]);
});

it('gives no use back beside a client that was written before it failed', async () => {
  const { services, keyStore, found } = await fixture(1);
  const clients: typeof keyStore.clients = Object.create(keyStore.clients, {
    update: {
      value: async (...change: Parameters<typeof keyStore.clients.update>) => {
        const client = await keyStore.clients.update(...change);
        if (client !== undefined) throw new KeywrightError('io', 'written, and then the disk failed');
      },
    },
    get: { value: (id: string) => keyStore.clients.get(id) },
  });
  const passwords = { hash: async () => 'hash', verify: async () => false };
  const failing = { ...services, passwords, keyStore: { ...keyStore, clients } };
  await expect(redeemProvisioningKey(failing, found, { agentName: 'gw' })).rejects.toMatchObject({
    code: 'io',
  });
  expect(await keyStore.clients.list()).toEqual([]);
  expect(await listProvisioningKeys(keyStore)).toEqual([found]);
});

it('gives no use back to a key that was deleted meanwhile', async () => {
  const { redeemBusily, keyStore, found } = await fixture(2);
  const meanwhile = () => keyStore.provisioningKeys.update(found.id, () => undefined);
  await expect(redeemBusily(meanwhile)).rejects.toMatchObject({ code: 'busy' });
  expect(await listProvisioningKeys(keyStore)).toEqual([]);
});
