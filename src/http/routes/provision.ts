import { type Static, Type } from '@sinclair/typebox';
import { findProvisioningKey, redeemProvisioningKey } from '../../core/manage/provision.js';
import {
  createProvisioningKey,
  deleteProvisioningKey,
  listProvisioningKeys,
} from '../../core/manage/provisioning-keys.js';
import { provisioningKeyView } from '../../core/manage/views.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseExpiry } from '../../core/model/time.js';
import { parseUserName } from '../../core/model/user.js';
import { recordRefusal } from '../api/caller.js';
import { ifGiven } from '../api/given.js';
import { listed } from '../api/list.js';
import { type Asked, managed, open, pathOf } from '../api/route.js';
import { Fields, given, ProvisioningKey as Key, OptionalText, Scopes, When } from '../api/schemas.js';
import { Refused, type Told } from '../responses/errors.js';
import { WRONG_PROVISIONING_KEY } from '../responses/problem.js';

const NewKey = Fields({
  expires: Type.Optional(When),
  uses: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  scopes: Type.Optional(Scopes),
  owner: given(64),
  label: given(200),
});

const Device = Fields({
  key: Type.String({ maxLength: 200, description: 'the provisioning key' }),
  agentName: Type.String({ maxLength: 200 }),
  csr: Type.Optional(Type.String({ maxLength: 16_384, description: 'a PKCS#10 request, PEM' })),
});
const Agent = Type.Object({
  apiKey: Type.String(),
  agentUuid: Type.String(),
  mqttPassword: Type.String(),
  certificate: Type.Optional(Type.String({ description: 'PEM; where a request came along' })),
  caCertificate: Type.String({ description: 'PEM; what the server’s certificates are signed by' }),
});

/** `/api/v1/provision`: provisioning keys, and devices that register themselves with them. */
export const provisionRoutes = [
  listed({
    route: 'GET /api/v1/provision/keys',
    action: 'provision.list',
    tag: 'provisioning',
    summary: 'List the provisioning keys that are left, without their secrets; for admins',
    filters: ['owner', 'label', 'state', 'search', 'sort', 'expiringWithin'],
    item: Key,
    read: listProvisioningKeys,
    view: (keys, { clock }) => keys.map((key) => provisioningKeyView(key, clock.now())),
  }),
  managed({
    route: 'POST /api/v1/provision/keys',
    action: 'provision.create',
    tag: 'provisioning',
    summary: 'Make a provisioning key, handed over this once; for admins',
    body: NewKey,
    response: Type.Object({ id: Type.String(), key: Type.String(), expiresAt: OptionalText }),
    status: 201,
    async run(management, { body, services }) {
      const { expires = '24h', uses = 1, scopes = ['ingest'], owner, label } = body;
      const now = management.clock.now();
      const { record, key } = await createProvisioningKey(management, {
        uses,
        label,
        scopes: await services.parseScopes(scopes),
        owner: ifGiven(owner, parseUserName),
        expiresAt: parseExpiry(expires, now),
      });
      return { id: record.id, key, expiresAt: provisioningKeyView(record, now).expiresAt };
    },
  }),
  managed({
    route: 'DELETE /api/v1/provision/keys/:id',
    action: 'provision.delete',
    tag: 'provisioning',
    summary: 'Delete a provisioning key; the devices that registered with it stay; for admins',
    run: (management, { id }) => deleteProvisioningKey(management, id),
  }),
  open({
    route: 'POST /api/v1/provision/agent',
    tag: 'provisioning',
    security: [],
    summary: 'Register as a device, by one use of a provisioning key',
    body: Device,
    response: Agent,
    status: 201,
    made: ({ agentUuid }) => pathOf('clients', agentUuid),
    run: register,
  }),
];

function told(cause: string): Told {
  return { reason: 'invalid', explain: () => ({ credential: 'provisioning-key', cause }) };
}

const EVENT = { action: 'provision.redeem', target: '' };

async function register({
  body: { key, ...device },
  request,
  services,
}: Asked<typeof Device>): Promise<Static<typeof Agent>> {
  const from = services.proxies.addressOf(request);
  const hashSecret = (secret: string) => services.registry.hashSecret(secret);
  const wrongKey = async (cause: string) => {
    // Failures are counted by address, so that they do not slow down devices with a good key.
    const stranger = {
      caller: services.addressKey(from),
      changes: services.changes.by({ who: 'unknown', from }),
    };
    return (
      (await recordRefusal({ services, ...stranger, event: EVENT })) ??
      new Refused(WRONG_PROVISIONING_KEY, told(cause))
    );
  };
  const found = await findProvisioningKey({ ...services, hashSecret }, key);
  if (found === undefined)
    throw await wrongKey('the provisioning key is not registered: it was deleted, or never was');
  const caller = `provisioning key ${found.id}`;
  const changes = services.changes.by({ who: caller, from });
  const made = await redeemProvisioningKey({ ...services, hashSecret, changes }, found, device).catch(
    async (error) => {
      const isRefusal = error instanceof KeywrightError && ['refused', 'invalid-input'].includes(error.code);
      throw (isRefusal && (await recordRefusal({ services, caller, changes, event: EVENT }))) || error;
    },
  );
  if (made === undefined)
    throw await wrongKey(`provisioning key ${found.id} was used up, has expired, or its owner is gone`);
  const { client, apiKey, mqttPassword, certificate } = made;
  return {
    ...{ apiKey, agentUuid: client.id, mqttPassword },
    ...(certificate !== undefined && { certificate }),
    caCertificate: services.authority.certificate,
  };
}
