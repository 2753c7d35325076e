import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import {
  apiKeyId,
  deleteApiKey,
  editApiKey,
  findApiKey,
  type HeldApiKey,
  invalidateApiKey,
  listApiKeys,
  rotateApiKey,
} from '../../core/manage/api-keys.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import { lastUses } from '../../core/manage/last-uses.js';
import { type FreshApiKey, registerApiKey } from '../../core/manage/register-api-key.js';
import { apiKeyView } from '../../core/manage/views.js';
import { wrapApiKey } from '../../core/model/api-key.js';
import { parseClientId } from '../../core/model/client-id.js';
import { addDuration, parseExpiry } from '../../core/model/time.js';
import { parseUserName } from '../../core/model/user.js';
import { managerOf } from '../api/caller.js';
import { Scopes, TokenView as Token, When } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const FreshToken = Type.Composite([
  Token,
  Type.Object({
    ...{ clientSecret: Type.String(), apiKey: Type.String(), wrapped: Type.String() },
    mqttPassword: Type.Optional(Type.String()),
  }),
]);

const label = Type.Optional(Type.String({ maxLength: 200 }));
const Register = Type.Object(
  {
    clientId: Type.Optional(
      Type.String({ maxLength: 64, description: 'an existing client that gets the key' }),
    ),
    owner: Type.Optional(Type.String({ maxLength: 64 })),
    domain: Type.Optional(Type.String({ maxLength: 80 })),
    label,
    expires: Type.Optional(When),
    scopes: Type.Optional(Scopes),
    prefix: Type.Optional(Type.String({ maxLength: 64 })),
    mqttPassword: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const Edit = Type.Object(
  { label, expires: Type.Optional(When), scopes: Type.Optional(Scopes) },
  { additionalProperties: false },
);
const Rotate = Type.Object(
  {
    overlap: Type.Optional(Type.String({ maxLength: 16, default: '24h' })),
    now: Type.Optional(Type.Boolean()),
  },
  { additionalProperties: false },
);
const Params = Type.Object({ id: Type.String() });
type Id = { Params: Static<typeof Params> };

/** `/api/v1/tokens`: the API keys that are the caller's to see. */
export function addTokenRoutes(app: FastifyInstance, services: HttpServices): void {
  const { keyStore, clock } = services;
  const tags = ['management'];
  const view = async (held: HeldApiKey) => {
    const id = apiKeyId(held.client, held.credential);
    return apiKeyView(held, { now: clock.now(), used: (await lastUses(keyStore, [id])).get(id) });
  };
  const fresh = ({ client, credential, key, mqttPassword }: FreshApiKey) => ({
    ...apiKeyView({ client, credential }, { now: clock.now() }),
    ...{ clientSecret: key, apiKey: key, wrapped: wrapApiKey('kw', { clientId: client.id, key }) },
    ...(mqttPassword !== undefined && { mqttPassword }),
  });

  app.get(
    '/api/v1/tokens',
    { schema: { tags, summary: 'List API keys', response: { 200: Type.Array(Token) } } },
    async ({ raw }) => {
      const { management } = await managerOf(raw, { services, action: 'token.list' });
      const all = await listApiKeys(management);
      const ids = all.map(({ client, credential }) => apiKeyId(client, credential));
      const uses = await lastUses(keyStore, ids);
      const now = clock.now();
      return all.map((held) =>
        apiKeyView(held, { now, used: uses.get(apiKeyId(held.client, held.credential)) }),
      );
    },
  );

  app.post<{ Body: Static<typeof Register> }>(
    '/api/v1/tokens',
    { schema: { tags, summary: 'Register an API key', body: Register, response: { 201: FreshToken } } },
    async ({ raw, body }, reply) => {
      const {
        clientId,
        owner,
        domain,
        expires = '90d',
        scopes = ['ingest'],
        prefix = services.keyPrefix,
      } = body;
      const manager = await managerOf(raw, { services, action: 'token.register' });
      return manager.attempt(clientId ?? '', async (management) => {
        const made = await registerApiKey(management, {
          clientId: clientId === undefined ? undefined : parseClientId(clientId),
          owner: owner === undefined ? undefined : parseUserName(owner),
          domain,
          label: body.label,
          scopes: await services.parseScopes(scopes),
          expiresAt: parseExpiry(expires, clock.now()),
          prefix,
          mqttPassword: body.mqttPassword
            ? await makeClientPassword(management, { alone: false })
            : undefined,
        });
        reply.code(201);
        return fresh(made);
      });
    },
  );

  app.get<Id>(
    '/api/v1/tokens/:id',
    { schema: { tags, summary: 'Show an API key', params: Params, response: { 200: Token } } },
    async ({ raw, params: { id } }) => {
      const manager = await managerOf(raw, { services, action: 'token.show' });
      return manager.attempt(id, async (management) => view(await findApiKey(management, id)));
    },
  );

  app.patch<Id & { Body: Static<typeof Edit> }>(
    '/api/v1/tokens/:id',
    { schema: { tags, summary: 'Edit an API key', params: Params, body: Edit, response: { 200: Token } } },
    async ({ raw, params: { id }, body: { label: newLabel, expires, scopes } }) => {
      const manager = await managerOf(raw, { services, action: 'token.edit' });
      return manager.attempt(id, async (management) =>
        view(
          await editApiKey(management, id, {
            label: newLabel,
            scopes: scopes && (await services.parseScopes(scopes)),
            expiresAt: expires === undefined ? undefined : parseExpiry(expires, clock.now()),
          }),
        ),
      );
    },
  );

  app.post<Id>(
    '/api/v1/tokens/:id/invalidate',
    { schema: { tags, summary: 'Make an API key stop working', params: Params, response: { 200: Token } } },
    async ({ raw, params: { id } }) => {
      const manager = await managerOf(raw, { services, action: 'token.invalidate' });
      return manager.attempt(id, async (management) => view(await invalidateApiKey(management, id)));
    },
  );

  app.post<Id & { Body: Static<typeof Rotate> }>(
    '/api/v1/tokens/:id/rotate',
    {
      schema: {
        tags,
        summary: 'Give a new secret with the same permissions; the old one holds for a while',
        params: Params,
        body: Rotate,
        response: { 201: FreshToken },
      },
    },
    async ({ raw, params: { id }, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'token.rotate' });
      const now = clock.now();
      const overlapUntil = body.now ? now : addDuration(now, body.overlap ?? '24h');
      return manager.attempt(id, async (management) => {
        const made = await rotateApiKey(management, id, overlapUntil);
        reply.code(201);
        return fresh(made);
      });
    },
  );

  app.delete<Id>(
    '/api/v1/tokens/:id',
    { schema: { tags, summary: 'Delete an API key', params: Params, response: { 204: Type.Null() } } },
    async ({ raw, params: { id } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'token.delete' });
      await manager.attempt(id, (management) => deleteApiKey(management, id));
      return reply.code(204).send();
    },
  );
}
