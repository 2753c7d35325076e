import { type Static, Type } from '@sinclair/typebox';
import { isTheirs } from '../../core/manage/actor.js';
import {
  deleteClientPassword,
  makeClientPassword,
  setClientPassword,
} from '../../core/manage/client-password.js';
import {
  type Bundle,
  clientValidity,
  deleteClient,
  editClient,
  issueClient,
  listClients,
  noSuchClient,
  requireClient,
} from '../../core/manage/issue-client.js';
import type { Management } from '../../core/manage/management.js';
import { clientView } from '../../core/manage/views.js';
import { parseLabel } from '../../core/model/client.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';
import { checkDuration, parseTime } from '../../core/model/time.js';
import { parseGroupName, parseUserName } from '../../core/model/user.js';
import { ifGiven } from '../api/given.js';
import { managed } from '../api/route.js';
import { Client, Fields, given, OptionalText, Scopes } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const Issued = Type.Composite([
  Client,
  Type.Object({
    certificate: Type.String(),
    privateKey: Type.String(),
    token: Type.String(),
    authority: Type.String(),
    mqttPassword: Type.Optional(Type.String()),
  }),
]);

const issueFields = {
  algorithm: Type.Optional(Type.Union(KEY_ALGORITHMS.map((name) => Type.Literal(name)))),
  validFor: given(200),
  notBefore: given(200),
  notAfter: given(200),
  label: given(200),
  owner: given(200),
  domain: given(200),
  scopes: Type.Optional(Scopes),
  mqttPassword: Type.Optional(
    Type.Literal('alone', {
      description: 'also make an MQTT password that suffices by itself, with the client id as user name',
    }),
  ),
};
const Reissue = Fields(issueFields);
const Edit = Fields({
  label: Type.Optional(OptionalText),
  owner: Type.Optional(OptionalText),
  domain: Type.Optional(OptionalText),
  scopes: Type.Optional(Scopes),
});
const Password = Fields({
  password: Type.String({ maxLength: 1024 }),
  alone: Type.Optional(
    Type.Boolean({
      description: 'let it suffice by itself, with the client id as MQTT user name; at least 16 characters',
    }),
  ),
});

/** `/api/v1/clients`: the clients that the caller may see, and the bundles that `key gen` hands over. */
export const clientRoutes = [
  managed({
    route: 'GET /api/v1/clients',
    action: 'client.list',
    summary: 'List clients',
    response: Type.Array(Client),
    run: async ({ keyStore, clock, actor }) =>
      (await listClients(keyStore))
        .filter((client) => isTheirs(actor, client))
        .map((client) => clientView(client, clock.now())),
  }),
  managed({
    route: 'POST /api/v1/clients',
    action: 'key.gen',
    target: ({ id }) => id,
    summary: 'Issue a client’s certificate, private key and token, handed over this once',
    body: Fields({ id: Type.String({ maxLength: 64 }), ...issueFields }),
    response: Issued,
    status: 201,
    run: (management, { body: { id, ...asked }, services }) =>
      issue(management, { ...asked, clientId: parseClientId(id), replace: false }, services),
  }),
  managed({
    route: 'POST /api/v1/clients/:id/reissue',
    action: 'key.replace',
    summary: 'Replace a client’s credentials: the old ones stop working',
    body: Reissue,
    response: Issued,
    status: 201,
    run: async (management, { id, body, services }) => {
      const { id: clientId } = await requireTheirs(management, id);
      return issue(management, { ...body, clientId, replace: true }, services);
    },
  }),
  managed({
    route: 'GET /api/v1/clients/:id',
    action: 'client.show',
    summary: 'Show a client',
    response: Client,
    run: async (management, { id }) =>
      clientView(await requireTheirs(management, id), management.clock.now()),
  }),
  managed({
    route: 'PATCH /api/v1/clients/:id',
    action: 'client.edit',
    summary: 'Edit a client',
    body: Edit,
    response: Client,
    run: async (management, { id, body: { scopes, owner, ...rest }, services }) => {
      const edit = {
        ...rest,
        scopes: scopes && (await services.parseScopes(scopes)),
        owner: typeof owner === 'string' ? parseUserName(owner) : owner,
      };
      return clientView(await editClient(management, parseClientId(id), edit), management.clock.now());
    },
  }),
  managed({
    route: 'PUT /api/v1/clients/:id/password',
    action: 'client.passwd',
    summary: 'Set a client’s MQTT password',
    body: Password,
    run: (management, { id, body }) =>
      setClientPassword(management, parseClientId(id), { alone: false, ...body }),
  }),
  managed({
    route: 'DELETE /api/v1/clients/:id/password',
    action: 'client.passwd-del',
    summary: 'Take a client’s MQTT password away',
    run: async (management, { id }) => deleteClientPassword(management, parseClientId(id)),
  }),
  managed({
    route: 'DELETE /api/v1/clients/:id',
    action: 'key.del',
    summary: 'Delete a client',
    run: async (management, { id }) => deleteClient(management, parseClientId(id)),
  }),
];

async function requireTheirs({ keyStore, actor }: Management, id: string) {
  const client = await requireClient(keyStore, parseClientId(id));
  // Other people's clients get the answer of one that does not exist.
  if (isTheirs(actor, client)) return client;
  throw noSuchClient(client.id);
}

async function issue(
  management: Management,
  asked: Static<typeof Reissue> & { readonly clientId: string; readonly replace: boolean },
  services: HttpServices,
) {
  const { authority, clock } = management;
  const { notBefore, notAfter, validFor } = asked;
  const validity = clientValidity(
    {
      ...(notBefore !== undefined && { notBefore: parseTime(notBefore) }),
      ...(notAfter !== undefined && { notAfter: parseTime(notAfter) }),
      ...(validFor !== undefined && { validFor: checkDuration(validFor) }),
    },
    authority,
    clock.now(),
  );
  const password = asked.mqttPassword && (await makeClientPassword(management, { alone: true }));
  const { clientId, replace, algorithm = 'ec-p256' } = asked;
  let bundle: Bundle = { certificate: '', privateKey: '', token: '' };
  const client = await issueClient(
    management,
    {
      ...{ clientId, algorithm, validity, replace },
      label: ifGiven(asked.label, parseLabel),
      scopes: asked.scopes && (await services.parseScopes(asked.scopes)),
      owner: ifGiven(asked.owner, parseUserName),
      domain: ifGiven(asked.domain, parseGroupName),
      mqttPassword: password?.credential,
    },
    async (issued) => {
      bundle = issued;
      return { keep: async () => undefined, takeBack: async () => undefined };
    },
  );
  return {
    ...{ ...clientView(client, clock.now()), ...bundle, authority: authority.certificate },
    ...(password && { mqttPassword: password.text }),
  };
}
