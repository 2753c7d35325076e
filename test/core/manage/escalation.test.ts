import { expect, it } from 'vitest';
import { type Actor, OPERATOR } from '../../../src/core/manage/actor.js';
import { apiKeyId, deleteApiKey, editApiKey, rotateApiKey } from '../../../src/core/manage/api-keys.js';
import { deleteClientPassword, setClientPassword } from '../../../src/core/manage/client-password.js';
import { deleteClient } from '../../../src/core/manage/delete-client.js';
import { deleteUser } from '../../../src/core/manage/delete-user.js';
import { editClient } from '../../../src/core/manage/edit-client.js';
import { createProvisioningKey } from '../../../src/core/manage/provisioning-keys.js';
import { registerApiKey } from '../../../src/core/manage/register-api-key.js';
import { signIn } from '../../../src/core/manage/sessions.js';
import { addUser, changePassword, editUser } from '../../../src/core/manage/users.js';
import { NEVER } from '../../../src/core/model/time.js';
import { MemoryStore } from '../../support/memory-store.js';

const PASSWORD = 'correct horse battery staple';

/** A shop with an admin `root`, an admin `chief` who holds less, and the members `ann` and `bob`, each with a client. */
async function fixture() {
  const { store: keyStore, changes, lines } = new MemoryStore();
  const passwords = { hash: async (text: string) => `hash of ${text}`, verify: async () => true };
  const shared = {
    keyStore,
    changes,
    clock: { now: () => 1_000 },
    passwords,
    hashSecret: (text: string) => text,
  };
  const by = (actor: Actor) => ({ ...shared, actor });
  const operator = by(OPERATOR);
  const user = (id: string, details: object) => addUser(operator, { id, password: PASSWORD, ...details });
  await user('root', { role: 'admin', domains: ['*'] });
  await user('chief', { role: 'admin', scopes: ['admin', 'ingest'] });
  await user('ann', { scopes: ['ingest', 'metrics'], domains: ['da'] });
  await user('bob', { domains: ['db'] });
  const key = (newClientId: string, owner: string, scopes = ['ingest']) =>
    registerApiKey(operator, { newClientId, owner, scopes, expiresAt: NEVER, prefix: 'kw_live_' });
  const [anns, bobs] = [await key('anns', 'ann'), await key('bobs', 'bob')];
  const roots = await key('roots', 'root', ['metrics']);
  const member = (userId: string, scopes: string[]): Actor => ({ kind: 'member', userId, scopes, since: 0 });
  return {
    ...{ keyStore, lines, operator, anns, bobs, roots },
    ann: by(member('ann', ['ingest', 'metrics'])),
    chief: by({ kind: 'admin', userId: 'chief', scopes: ['admin', 'ingest'] }),
  };
}

type Shop = Awaited<ReturnType<typeof fixture>>;

const FRESH_PASSWORD = {
  text: PASSWORD,
  credential: { kind: 'password', id: '1', hash: 'h', alone: false, createdAt: 0 },
} as const;
const NEW_KEY = { scopes: ['ingest'], expiresAt: NEVER, prefix: 'kw_live_' };
const idOf = ({ client, credential }: Shop['anns']) => apiKeyId(client, credential);

it.each<[string, string, (shop: Shop) => Promise<unknown>]>([
  [
    'a member: a key for another user',
    'refused',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, owner: 'bob' }),
  ],
  [
    'a member: a key of another’s client',
    'not-found',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, clientId: 'bobs' }),
  ],
  [
    'a member: a scope it lacks',
    'refused',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, scopes: ['admin'] }),
  ],
  ['a member: every scope', 'refused', ({ ann }) => registerApiKey(ann, { ...NEW_KEY, scopes: ['*'] })],
  [
    'a member: a domain that is not its own',
    'refused',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, domain: 'db' }),
  ],
  [
    'a member: more scopes for its key',
    'refused',
    ({ ann, anns }) => editApiKey(ann, idOf(anns), { scopes: ['admin'] }),
  ],
  [
    'a member: another’s key edited',
    'not-found',
    ({ ann, bobs }) => editApiKey(ann, idOf(bobs), { label: 'mine' }),
  ],
  ['a member: another’s key rotated', 'not-found', ({ ann, bobs }) => rotateApiKey(ann, idOf(bobs), 0)],
  ['a member: another’s key deleted', 'not-found', ({ ann, bobs }) => deleteApiKey(ann, idOf(bobs))],
  ['a member: its client handed on', 'refused', ({ ann }) => editClient(ann, 'anns', { owner: 'bob' })],
  [
    'a member: its client in another domain',
    'refused',
    ({ ann }) => editClient(ann, 'anns', { domain: 'db' }),
  ],
  ['a member: another’s client edited', 'not-found', ({ ann }) => editClient(ann, 'bobs', { label: 'mine' })],
  ['a member: another’s client deleted', 'not-found', ({ ann }) => deleteClient(ann, 'bobs')],
  [
    'a member: another’s client’s password',
    'not-found',
    ({ ann }) => setClientPassword(ann, 'bobs', { password: PASSWORD, alone: false }),
  ],
  ['a member: a user', 'refused', ({ ann }) => addUser(ann, { id: 'eve', password: PASSWORD })],
  ['a member: its own scopes', 'refused', ({ ann }) => editUser(ann, 'ann', { scopes: ['*'] })],
  ['a member: another’s password', 'not-found', ({ ann }) => changePassword(ann, 'bob', PASSWORD)],
  ['a member: a user deleted', 'refused', ({ ann }) => deleteUser(ann, 'bob', 'delete')],
  [
    'a member: a provisioning key',
    'refused',
    ({ ann }) => createProvisioningKey(ann, { scopes: ['ingest'], uses: 1, expiresAt: NEVER }),
  ],
  [
    'an admin: a scope it lacks',
    'refused',
    ({ chief }) => registerApiKey(chief, { ...NEW_KEY, owner: 'root', scopes: ['metrics'] }),
  ],
  [
    'an admin: a client with more than it holds',
    'refused',
    ({ chief }) => setClientPassword(chief, 'roots', { password: PASSWORD, alone: true }),
  ],
  [
    'an admin: the password beside a key with more than it holds',
    'refused',
    ({ chief }) => setClientPassword(chief, 'roots', { password: PASSWORD, alone: false }),
  ],
  [
    'an admin: the password beside a key with more than it holds, along with a key of less',
    'refused',
    ({ chief }) => registerApiKey(chief, { ...NEW_KEY, clientId: 'roots', mqttPassword: FRESH_PASSWORD }),
  ],
  [
    'an admin: the password beside a key with more than it holds taken away',
    'refused',
    ({ chief }) => deleteClientPassword(chief, 'roots'),
  ],
  [
    'a member: a key of its client in another domain',
    'invalid-input',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, clientId: 'anns', domain: 'da' }),
  ],
  [
    'an admin: a key with more than it holds made to last',
    'refused',
    ({ chief, roots }) => editApiKey(chief, idOf(roots), { expiresAt: NEVER }),
  ],
  [
    'an admin: a key with more than it holds rotated',
    'refused',
    ({ chief, roots }) => rotateApiKey(chief, idOf(roots), 0),
  ],
  [
    'an admin: more for a user than it holds',
    'refused',
    ({ chief }) => editUser(chief, 'bob', { scopes: ['metrics'] }),
  ],
  [
    'an admin: the password of a user with more',
    'refused',
    ({ chief }) => changePassword(chief, 'root', PASSWORD),
  ],
  [
    'an admin: a user with more disabled',
    'refused',
    ({ chief }) => editUser(chief, 'root', { disabled: true }),
  ],
  ['an admin: a user with more deleted', 'refused', ({ chief }) => deleteUser(chief, 'root', 'delete')],
  [
    'an admin: a client for a user who holds less',
    'refused',
    ({ chief }) => editClient(chief, 'bobs', { scopes: ['admin'] }),
  ],
  [
    'an admin: a client handed to nobody known',
    'not-found',
    ({ chief }) => editClient(chief, 'bobs', { owner: 'eve' }),
  ],
  [
    'whoever holds the home: more than the owner holds',
    'refused',
    ({ operator }) => registerApiKey(operator, { ...NEW_KEY, owner: 'bob', scopes: ['metrics'] }),
  ],
])('changes nothing and says so: %s', async (_, code, attempt) => {
  const shop = await fixture();
  const before = [await shop.keyStore.clients.page(), await shop.keyStore.users.page(), [...shop.lines]];
  await expect(attempt(shop)).rejects.toMatchObject({ code });
  expect([await shop.keyStore.clients.page(), await shop.keyStore.users.page(), shop.lines]).toEqual(before);
  expect(await shop.keyStore.provisioningKeys.page()).toEqual([]);
});

it.each<[string, (shop: Shop) => Promise<unknown>]>([
  [
    'a member: a key with its own scopes',
    ({ ann }) => registerApiKey(ann, { ...NEW_KEY, scopes: ['metrics'], domain: 'da' }),
  ],
  ['a member: its key rotated', ({ ann, anns }) => rotateApiKey(ann, idOf(anns), 0)],
  ['a member: its client renamed', ({ ann }) => editClient(ann, 'anns', { label: 'pump', domain: 'da' })],
  ['a member: its own password', ({ ann }) => changePassword(ann, 'ann', PASSWORD)],
  ['an admin: a client handed on', ({ chief }) => editClient(chief, 'bobs', { owner: 'ann', domain: 'da' })],
  ['an admin: a client with more than it holds deleted', ({ chief }) => deleteClient(chief, 'roots')],
  [
    'whoever holds the home: anything within the owner’s scopes',
    ({ operator }) => editClient(operator, 'anns', { scopes: ['metrics'] }),
  ],
])('is done, with one line in the audit log: %s', async (_, attempt) => {
  const shop = await fixture();
  const before = shop.lines.length;
  await attempt(shop);
  expect(shop.lines).toHaveLength(before + 1);
});

it.each<[string, (shop: Shop) => Promise<unknown>]>([
  ['another password', ({ operator }) => changePassword(operator, 'ann', PASSWORD)],
  [
    'another user of the same name',
    async ({ operator }) => {
      await deleteUser(operator, 'ann', 'delete');
      await addUser(operator, { id: 'ann', password: PASSWORD });
    },
  ],
])(
  '%s ends the sessions that a machine whose clock is ahead began, and none of those after',
  async (_, end) => {
    const shop = await fixture();
    const { keyStore, operator } = shop;
    const login = { name: 'ann', password: PASSWORD, from: 'here', ttlMs: 1_000_000, continuedBy: null };
    const signedIn = async (now: number) => {
      const ann = await keyStore.users.get('ann');
      return signIn({ ...operator, clock: { now: () => now }, findUser: () => ann }, login);
    };
    const before = await signedIn(50_000);
    await end(shop);
    const after = await signedIn(2_000);
    const user = await keyStore.users.get('ann');
    const begins = [before, after].map((each) => ('session' in each ? each.session.createdAt : Number.NaN));
    expect(begins.map((at) => at < (user?.sessionsSince ?? 0))).toEqual([true, false]);
  },
);
