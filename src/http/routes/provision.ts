import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { findProvisioningKey, redeemProvisioningKey } from '../../core/manage/provision.js';
import { createProvisioningKey } from '../../core/manage/provisioning-keys.js';
import { provisioningKeyView } from '../../core/manage/views.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseExpiry } from '../../core/model/time.js';
import { parseUserName } from '../../core/model/user.js';
import type { UnitOfWork } from '../../core/ports/unit-of-work.js';
import { managerOf, recordRefusal } from '../api/caller.js';
import { OptionalText, Scopes, When } from '../api/schemas.js';
import { Refused } from '../responses/errors.js';
import { WRONG_PROVISIONING_KEY } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

const NewKey = Type.Object(
  {
    expires: Type.Optional(When),
    uses: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    scopes: Type.Optional(Scopes),
    owner: Type.Optional(Type.String({ maxLength: 64 })),
    label: Type.Optional(Type.String({ maxLength: 200 })),
  },
  { additionalProperties: false },
);
const Key = Type.Object({ key: Type.String(), expiresAt: OptionalText });

const Device = Type.Object(
  {
    key: Type.String({ maxLength: 200, description: 'the provisioning key' }),
    agentName: Type.String({ maxLength: 200 }),
    csr: Type.Optional(Type.String({ maxLength: 16_384, description: 'a PKCS#10 request, PEM' })),
  },
  { additionalProperties: false },
);
const Agent = Type.Object({
  ...{ apiKey: Type.String(), agentUuid: Type.String(), mqttPassword: Type.String() },
  certificate: Type.Optional(Type.String({ description: 'PEM; where a request came along' })),
  caCertificate: Type.String({ description: 'PEM; what the server’s certificates are signed by' }),
});

/** Provisioning keys, and devices that register themselves with them. */
export function addProvisionRoutes(app: FastifyInstance, services: HttpServices): void {
  const { clock, authority } = services;
  const tags = ['provisioning'];

  app.post<{ Body: Static<typeof NewKey> }>(
    '/api/v1/provision/keys',
    {
      schema: {
        tags,
        summary: 'Make a provisioning key, handed over this once; for admins',
        body: NewKey,
        response: { 201: Key },
      },
    },
    async ({ raw, body: { expires = '24h', uses = 1, scopes = ['ingest'], owner, label } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'provision.create' });
      return manager.attempt('', async (management) => {
        const { record, key } = await createProvisioningKey(management, {
          ...{ uses, label, scopes: await services.parseScopes(scopes) },
          owner: owner === undefined ? undefined : parseUserName(owner),
          expiresAt: parseExpiry(expires, clock.now()),
        });
        reply.code(201);
        return { key, expiresAt: provisioningKeyView(record, clock.now()).expiresAt };
      });
    },
  );

  app.post<{ Body: Static<typeof Device> }>(
    '/api/v1/provision/agent',
    {
      schema: {
        ...{ tags, security: [] },
        summary: 'Register as a device, by one use of a provisioning key',
        body: Device,
        response: { 201: Agent },
      },
    },
    async ({ raw, body: { key, ...device } }, reply) => {
      const from = services.proxies.addressOf(raw);
      const hashSecret = (secret: string) => services.registry.hashSecret(secret);
      const found = await findProvisioningKey({ ...services, hashSecret }, key);
      if (found === undefined) throw await wrongKey(services, from);
      const who = `provisioning key ${found.id}`;
      const changes = services.changes.by({ who, from });
      const made = await redeemProvisioningKey({ ...services, hashSecret, changes }, found, device).catch(
        async (error) => {
          throw (await refusal(error, { services, caller: who, changes })) ?? error;
        },
      );
      if (made === undefined) throw await wrongKey(services, from);
      const { client, apiKey, mqttPassword, certificate } = made;
      reply.code(201);
      return {
        ...{ apiKey, agentUuid: client.id, mqttPassword },
        ...(certificate !== undefined && { certificate }),
        caCertificate: authority.certificate,
      };
    },
  );
}

const EVENT = { action: 'provision.redeem', target: '' };

/** Counts and records a key that may not be used. Who has one that may is never made to wait by it. */
async function wrongKey(services: HttpServices, from: string): Promise<Refused> {
  const changes = services.changes.by({ who: 'unknown', from });
  const tooMany = await recordRefusal({ services, caller: services.addressKey(from), changes, event: EVENT });
  return tooMany ?? new Refused(WRONG_PROVISIONING_KEY);
}

interface Refusing {
  readonly services: HttpServices;
  readonly caller: string;
  readonly changes: UnitOfWork;
}

/** Records what a good key was refused for. @returns what to say instead of the error where that is too often */
async function refusal(
  error: unknown,
  { services, caller, changes }: Refusing,
): Promise<Refused | undefined> {
  const isRefusal = error instanceof KeywrightError && ['refused', 'invalid-input'].includes(error.code);
  return isRefusal ? recordRefusal({ services, caller, changes, event: EVENT }) : undefined;
}
