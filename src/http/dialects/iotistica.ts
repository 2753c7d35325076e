import { Type } from '@sinclair/typebox';
import { requireAdmin } from '../../core/manage/actor.js';
import { apiKeyId } from '../../core/manage/api-keys.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import { DEVICE_KEY_PREFIX } from '../../core/manage/provision.js';
import { registerApiKey } from '../../core/manage/register-api-key.js';
import { parseClientId } from '../../core/model/client-id.js';
import { NEVER, parseExpiry } from '../../core/model/time.js';
import { ifGiven } from '../api/given.js';
import { type IssuedTokens, LIFETIMES, login, refresh } from '../api/log-in.js';
import { managed, open, pathOf } from '../api/route.js';
import { Fields, given, When } from '../api/schemas.js';
import { Refused } from '../responses/errors.js';
import { problem } from '../responses/problem.js';

const Tokens = Type.Object({
  accessToken: Type.String(),
  refreshToken: Type.String(),
  expiresIn: Type.Integer({ description: 'seconds' }),
});

const NewKey = Fields({
  name: Type.String({ maxLength: 200 }),
  agentUuid: Type.Optional(Type.String({ maxLength: 64, description: 'the client; made where it is new' })),
  scopes: Type.Optional(Type.Array(Type.String(), { maxItems: 100 })),
  expiresAt: Type.Optional(When),
  mqttPassword: Type.Optional(Type.Boolean({ description: 'also make an MQTT password' })),
});
const Key = Type.Object({
  id: Type.String(),
  name: Type.String(),
  agentUuid: Type.String(),
  apiKey: Type.String(),
  mqttPassword: Type.Optional(Type.String()),
});

/** Iotistica's login with refresh tokens, and its device API keys. */
export const iotisticaRoutes = [
  open({
    route: 'POST /api/v1/auth/login',
    tag: 'tokens',
    security: [],
    summary: 'Sign in with refresh',
    body: Fields({ email: given(254), username: given(64), password: Type.String({ maxLength: 1024 }) }),
    response: Tokens,
    async run(asked) {
      const { email, username, password } = asked.body;
      const name = email ?? username;
      if (name === undefined || (email !== undefined && username !== undefined)) throw new Refused(NO_NAME);
      const { session: sessionMs, accessToken: tokenMs } = LIFETIMES;
      return tokensView(
        await login(asked, { name, password, sessionMs, tokenMs, continuedBy: 'refresh-token' }),
      );
    },
  }),
  open({
    route: 'POST /api/v1/auth/refresh',
    tag: 'tokens',
    security: [],
    summary: 'Continue a session',
    body: Fields({ refreshToken: Type.String({ maxLength: 1024 }) }),
    response: Tokens,
    run: async (asked) => tokensView(await refresh(asked, { token: asked.body.refreshToken })),
  }),
  managed({
    route: 'POST /api/v1/auth/api-keys',
    action: 'token.register',
    target: ({ agentUuid }) => agentUuid ?? '',
    tag: 'tokens',
    summary: 'Register an API key for a device; for admins',
    body: NewKey,
    response: Key,
    status: 201,
    made: ({ id }) => pathOf('tokens', id),
    async run(management, { body, services }) {
      const { name, agentUuid, scopes = ['ingest'], expiresAt, mqttPassword } = body;
      requireAdmin(management.actor);
      const fresh = await registerApiKey(management, {
        newClientId: ifGiven(agentUuid, parseClientId),
        label: name,
        scopes: await services.parseScopes(scopes),
        expiresAt: expiresAt === undefined ? NEVER : parseExpiry(expiresAt, management.clock.now()),
        prefix: DEVICE_KEY_PREFIX,
        mqttPassword: mqttPassword ? await makeClientPassword(management, { alone: false }) : undefined,
      });
      return {
        id: apiKeyId(fresh.client, fresh.credential),
        name,
        agentUuid: fresh.client.id,
        apiKey: fresh.key,
        ...(fresh.mqttPassword !== undefined && { mqttPassword: fresh.mqttPassword }),
      };
    },
  }),
];

const NO_NAME = {
  problem: problem(400, {
    reason: 'bad request',
    detail: 'the field "email" is missing, or there is one too many',
  }),
  headers: {},
};

function tokensView({ token, refreshToken, expiresInSeconds }: IssuedTokens) {
  return { accessToken: token, refreshToken: refreshToken ?? '', expiresIn: expiresInSeconds };
}
