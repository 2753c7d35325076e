import { Type } from '@sinclair/typebox';
import {
  apiKeyId,
  deleteApiKey,
  editApiKey,
  findApiKey,
  invalidateApiKey,
  rotateApiKey,
} from '../../core/manage/api-keys.js';
import { makeClientPassword } from '../../core/manage/client-password.js';
import type { HeldApiKey } from '../../core/manage/held-api-key.js';
import { lastUses } from '../../core/manage/last-uses.js';
import { listApiKeys } from '../../core/manage/list-api-keys.js';
import { type Management, momentOf } from '../../core/manage/management.js';
import { type FreshApiKey, registerApiKey } from '../../core/manage/register-api-key.js';
import { resumeApiKey, suspendApiKey } from '../../core/manage/suspension.js';
import { apiKeyView, replacedKeyView } from '../../core/manage/views.js';
import { wrapApiKey } from '../../core/model/api-key.js';
import { parseClientId } from '../../core/model/client-id.js';
import { addDuration, parseExpiry } from '../../core/model/time.js';
import { parseUserName } from '../../core/model/user.js';
import { ifGiven } from '../api/given.js';
import { listed } from '../api/list.js';
import { managed, pathOf } from '../api/route.js';
import { ApiKey, Fields, given, OptionalText, Scopes, When } from '../api/schemas.js';

const FreshKey = Type.Composite([
  ApiKey,
  Type.Object({
    clientSecret: Type.String(),
    apiKey: Type.String(),
    wrapped: Type.String(),
    mqttPassword: Type.Optional(Type.String()),
  }),
]);

const RotatedKey = Type.Composite([
  FreshKey,
  Type.Object({
    replaced: Type.Object(
      { id: Type.String(), expiresAt: OptionalText },
      { description: 'the old key, and when it ends' },
    ),
  }),
]);

const Register = Fields({
  clientId: Type.Optional(
    Type.String({ maxLength: 64, description: 'an existing client that gets the key' }),
  ),
  owner: given(64),
  domain: given(80),
  label: given(200),
  expires: Type.Optional(When),
  scopes: Type.Optional(Scopes),
  prefix: given(64),
  mqttPassword: Type.Optional(Type.Boolean()),
});
const Edit = Fields({ label: given(200), expires: Type.Optional(When), scopes: Type.Optional(Scopes) });
const Rotate = Fields({
  overlap: Type.Optional(Type.String({ maxLength: 16, default: '24h' })),
  now: Type.Optional(Type.Boolean()),
});

/** `/api/v1/tokens`: the API keys that the caller may see. */
export const tokenRoutes = [
  listed({
    route: 'GET /api/v1/tokens',
    action: 'token.list',
    summary: 'List API keys',
    filters: ['owner', 'label', 'state', 'search', 'sort', 'expiringWithin'],
    item: ApiKey,
    read: listApiKeys,
    async view(held, management) {
      const ids = held.map(({ client, credential }) => apiKeyId(client, credential));
      const [uses, moment] = [await lastUses(management.keyStore, ids), momentOf(management)];
      return held.map((each, index) => apiKeyView(each, moment, uses.get(ids[index] ?? '')));
    },
  }),
  managed({
    route: 'POST /api/v1/tokens',
    action: 'token.register',
    target: ({ clientId }) => clientId ?? '',
    summary: 'Register an API key',
    body: Register,
    response: FreshKey,
    status: 201,
    made: ({ id }) => pathOf('tokens', id),
    async run(management, { body, services }) {
      const { clientId, owner, domain, label, expires = '90d', scopes = ['ingest'] } = body;
      const made = await registerApiKey(management, {
        clientId: ifGiven(clientId, parseClientId),
        owner: ifGiven(owner, parseUserName),
        domain,
        label,
        scopes: await services.parseScopes(scopes),
        expiresAt: parseExpiry(expires, management.clock.now()),
        prefix: body.prefix ?? services.keyPrefix,
        mqttPassword: body.mqttPassword ? await makeClientPassword(management, { alone: false }) : undefined,
      });
      return freshKey(management, made);
    },
  }),
  managed({
    route: 'GET /api/v1/tokens/:id',
    action: 'token.show',
    summary: 'Show an API key',
    response: ApiKey,
    run: async (management, { id }) => shown(management, await findApiKey(management, id)),
  }),
  managed({
    route: 'PATCH /api/v1/tokens/:id',
    action: 'token.edit',
    summary: 'Edit an API key',
    body: Edit,
    response: ApiKey,
    async run(management, { id, body: { label, expires, scopes }, services }) {
      const edited = await editApiKey(management, id, {
        label,
        scopes: scopes && (await services.parseScopes(scopes)),
        expiresAt: ifGiven(expires, (text) => parseExpiry(text, management.clock.now())),
      });
      return shown(management, edited);
    },
  }),
  managed({
    route: 'POST /api/v1/tokens/:id/invalidate',
    action: 'token.invalidate',
    summary: 'Make an API key stop working',
    response: ApiKey,
    run: async (management, { id }) => shown(management, await invalidateApiKey(management, id)),
  }),
  managed({
    route: 'POST /api/v1/tokens/:id/suspend',
    action: 'token.suspend',
    summary: 'Switch an API key off, until it is resumed',
    response: ApiKey,
    run: async (management, { id }) => shown(management, await suspendApiKey(management, id)),
  }),
  managed({
    route: 'POST /api/v1/tokens/:id/resume',
    action: 'token.resume',
    summary: 'Switch a suspended API key on again',
    response: ApiKey,
    run: async (management, { id }) => shown(management, await resumeApiKey(management, id)),
  }),
  managed({
    route: 'POST /api/v1/tokens/:id/rotate',
    action: 'token.rotate',
    summary: 'Give a new secret with the same permissions; the old one holds for a while',
    body: Rotate,
    response: RotatedKey,
    status: 201,
    made: ({ id }) => pathOf('tokens', id),
    async run(management, { id, body: { now: isNow, overlap = '24h' } }) {
      const now = management.clock.now();
      const overlapUntil = isNow ? now : addDuration(now, overlap);
      const made = await rotateApiKey(management, id, overlapUntil);
      return { ...freshKey(management, made), replaced: replacedKeyView(made.replaced) };
    },
  }),
  managed({
    route: 'DELETE /api/v1/tokens/:id',
    action: 'token.delete',
    summary: 'Delete an API key',
    run: (management, { id }) => deleteApiKey(management, id),
  }),
];

async function shown(management: Management, held: HeldApiKey) {
  const id = apiKeyId(held.client, held.credential);
  return apiKeyView(held, momentOf(management), (await lastUses(management.keyStore, [id])).get(id));
}

function freshKey(management: Management, fresh: FreshApiKey) {
  const { client, key, mqttPassword } = fresh;
  return {
    ...apiKeyView(fresh, momentOf(management)),
    clientSecret: key,
    apiKey: key,
    wrapped: wrapApiKey('kw', { clientId: client.id, key }),
    ...(mqttPassword !== undefined && { mqttPassword }),
  };
}
