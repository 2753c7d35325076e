import { expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { editApiKey } from '../../../src/core/manage/api-keys.js';
import { setClientPassword } from '../../../src/core/manage/client-password.js';
import { clientStanding } from '../../../src/core/manage/client-state.js';
import { withCertificates } from '../../../src/core/manage/clients.js';
import { deleteUser } from '../../../src/core/manage/delete-user.js';
import { editClient } from '../../../src/core/manage/edit-client.js';
import { redeemProvisioningKey } from '../../../src/core/manage/provision.js';
import { createProvisioningKey } from '../../../src/core/manage/provisioning-keys.js';
import { registerApiKey } from '../../../src/core/manage/register-api-key.js';
import { resumeClient, suspendClient } from '../../../src/core/manage/suspension.js';
import { addUser } from '../../../src/core/manage/users.js';
import { liveClient } from '../../../src/core/model/client.js';
import { NEVER } from '../../../src/core/model/time.js';
import type { CertificateAuthority } from '../../../src/core/ports/certificate-authority.js';
import { MemoryStore } from '../../support/memory-store.js';

const PASSWORD = 'correct horse battery staple';
const HOUR_MS = 3_600_000;

/** A user `ann`, made by a clock that is an hour ahead, and a user `bob`, made by ours. */
async function fixture() {
  const { store: keyStore, changes } = new MemoryStore();
  let now = HOUR_MS;
  const services = {
    ...{ keyStore, changes, actor: OPERATOR, clock: { now: () => now } },
    passwords: { hash: async (text: string) => `hash of ${text}`, verify: async () => true },
    hashSecret: (text: string) => text,
    licence: {
      requireSeat: async () => undefined,
      seatsLeft: async () => Number.POSITIVE_INFINITY,
      takeSeats: async <T>(_: number, work: () => Promise<T>) => work(),
    },
    authority: {} as CertificateAuthority,
  };
  await addUser(services, { id: 'bob', password: PASSWORD });
  now += HOUR_MS;
  await addUser(services, { id: 'ann', password: PASSWORD });
  now -= HOUR_MS;
  return { services, later: (ms: number) => (now += ms) };
}

type Services = Awaited<ReturnType<typeof fixture>>['services'];

const KEY = { scopes: ['ingest'], expiresAt: NEVER, prefix: 'kw_live_' };

const register = (services: Services, owner?: string) =>
  registerApiKey(services, { ...KEY, newClientId: 'a', owner });

async function redeem(services: Services, owner: string): Promise<void> {
  const { record } = await createProvisioningKey(services, { ...KEY, uses: 1, owner });
  await redeemProvisioningKey(services, record, { agentName: 'gw' });
}

it.each<[string, (services: Services) => Promise<unknown>]>([
  ['registered for them', (services) => register(services, 'ann')],
  [
    'handed over to them',
    async (services) => {
      await register(services);
      await editClient(services, 'a', { owner: 'ann' });
    },
  ],
  [
    'left to them by a user who goes',
    async (services) => {
      await register(services, 'bob');
      await deleteUser(services, 'bob', { giveTo: 'ann' });
    },
  ],
  ['that registers itself with their provisioning key', (services) => redeem(services, 'ann')],
  [
    'changed in every way since',
    async (services) => {
      const { credential } = await register(services, 'ann');
      await editClient(services, 'a', { label: 'hall 7' });
      await suspendClient(services, 'a');
      await resumeClient(services, 'a');
      await editApiKey(services, `a:${credential.id}`, { label: 'line 4' });
      await registerApiKey(services, { ...KEY, clientId: 'a' });
      await setClientPassword(services, 'a', { password: PASSWORD, alone: false });
    },
  ],
])('works for an owner who was made by a clock that is ahead: a client %s', async (_, make) => {
  const { services } = await fixture();
  await make(services);
  const [client, ...others] = await services.keyStore.clients.page();
  expect([liveClient(client)?.owner, others]).toEqual(['ann', []]);
  const held = client && (await withCertificates(services.keyStore, client));
  expect(held && clientStanding(held, { now: services.clock.now(), clockToleranceMs: 0 }).state).toBe(
    'valid',
  );
});

it('never gives a client to another user of the same name', async () => {
  const { services, later } = await fixture();
  await register(services, 'bob');
  const [client] = await services.keyStore.clients.page();
  await deleteUser(services, 'bob', 'delete');
  later(1);
  await addUser(services, { id: 'bob', password: PASSWORD });
  const owner = await services.keyStore.users.get('bob');
  const moment = { now: services.clock.now(), clockToleranceMs: 0 };
  expect(client && clientStanding({ client, certificates: [], owner }, moment).state).toBe('revoked');
});
