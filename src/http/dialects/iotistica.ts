import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { requireAdmin } from '../../core/manage/actor.js';
import { apiKeyId } from '../../core/manage/api-keys.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import { DEVICE_KEY_PREFIX } from '../../core/manage/provision.js';
import { registerApiKey } from '../../core/manage/register-api-key.js';
import { parseClientId } from '../../core/model/client-id.js';
import { NEVER, parseExpiry } from '../../core/model/time.js';
import { managerOf } from '../api/caller.js';
import { type IssuedTokens, LIFETIMES, login, refresh } from '../api/log-in.js';
import { When } from '../api/schemas.js';
import { Refused } from '../responses/errors.js';
import { problem } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

const Login = Type.Object(
  {
    email: Type.Optional(Type.String({ maxLength: 254 })),
    username: Type.Optional(Type.String({ maxLength: 64 })),
    password: Type.String({ maxLength: 1024 }),
  },
  { additionalProperties: false },
);
const Refresh = Type.Object(
  { refreshToken: Type.String({ maxLength: 1024 }) },
  { additionalProperties: false },
);
const Tokens = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresIn: Type.Integer({ description: 'seconds' }),
});

const NewKey = Type.Object(
  {
    name: Type.String({ maxLength: 200 }),
    agentUuid: Type.Optional(Type.String({ maxLength: 64, description: 'the client; made where it is new' })),
    scopes: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
    expiresAt: Type.Optional(When),
    mqttPassword: Type.Optional(Type.Boolean({ description: 'also make an MQTT password' })),
  },
  { additionalProperties: false },
);
const Key = Type.Object({
  id: Type.String(),
  name: Type.String(),
  agentUuid: Type.String(),
  apiKey: Type.String(),
  mqttPassword: Type.Optional(Type.String()),
});

/** Iotistica's login with refresh tokens, and its device API keys. */
export function addIotisticaRoutes(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Body: Static<typeof Login> }>(
    '/api/v1/auth/login',
    {
      schema: {
        tags: ['tokens'],
        security: [],
        summary: 'Sign in with refresh',
        body: Login,
        response: { 200: Tokens },
      },
    },
    async ({ raw, body: { email, username, password } }) => {
      const name = email ?? username;
      if (name === undefined || (email !== undefined && username !== undefined)) {
        throw new Refused({
          problem: problem(400, {
            reason: 'bad request',
            detail: 'the field "email" is missing, or there is one too many',
          }),
          headers: {},
        });
      }
      const { refreshableSession: sessionMs, accessToken: tokenMs } = LIFETIMES;
      return tokensView(
        await login(raw, { name, password, sessionMs, tokenMs, isRefreshable: true }, services),
      );
    },
  );
  app.post<{ Body: Static<typeof Refresh> }>(
    '/api/v1/auth/refresh',
    {
      schema: {
        tags: ['tokens'],
        security: [],
        summary: 'Continue a session',
        body: Refresh,
        response: { 200: Tokens },
      },
    },
    async ({ raw, body }) => tokensView(await refresh(raw, body.refreshToken, services)),
  );
  app.post<{ Body: Static<typeof NewKey> }>(
    '/api/v1/auth/api-keys',
    {
      schema: {
        tags: ['tokens'],
        summary: 'Register an API key for a device; for admins',
        body: NewKey,
        response: { 201: Key },
      },
    },
    async ({ raw, body }, reply) => {
      const { name, agentUuid, scopes = ['ingest'], expiresAt, mqttPassword } = body;
      const manager = await managerOf(raw, { services, action: 'token.register' });
      return manager.attempt(agentUuid ?? '', async (management) => {
        requireAdmin(management.actor);
        const fresh = await registerApiKey(management, {
          newClientId: agentUuid === undefined ? undefined : parseClientId(agentUuid),
          label: name,
          scopes: await services.parseScopes(scopes),
          expiresAt: expiresAt === undefined ? NEVER : parseExpiry(expiresAt, services.clock.now()),
          prefix: DEVICE_KEY_PREFIX,
          mqttPassword: mqttPassword ? await makeClientPassword(management, { alone: false }) : undefined,
        });
        reply.code(201);
        return {
          id: apiKeyId(fresh.client, fresh.credential),
          name,
          agentUuid: fresh.client.id,
          apiKey: fresh.key,
          ...(fresh.mqttPassword !== undefined && { mqttPassword: fresh.mqttPassword }),
        };
      });
    },
  );
}

function tokensView({ token, refreshToken, expiresInSeconds }: IssuedTokens) {
  return { accessToken: token, refreshToken: refreshToken ?? '', expiresIn: expiresInSeconds };
}
