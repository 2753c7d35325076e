import { type Static, Type } from '@sinclair/typebox';
import {
  deleteClientPassword,
  makeClientPassword,
  setClientPassword,
} from '../../core/manage/client-password.js';
import { requireTheirs, withCertificates } from '../../core/manage/clients.js';
import { deleteClient } from '../../core/manage/delete-client.js';
import { editClient } from '../../core/manage/edit-client.js';
import { type Bundle, issueClient } from '../../core/manage/issue-client.js';
import { clientUses } from '../../core/manage/last-uses.js';
import { listClients } from '../../core/manage/list-clients.js';
import { type Management, momentOf } from '../../core/manage/management.js';
import { resumeClient, suspendClient } from '../../core/manage/suspension.js';
import { clientView, issuedView } from '../../core/manage/views.js';
import { type Client as ClientRecord, parseLabel } from '../../core/model/client.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';
import { checkDuration, parseTime } from '../../core/model/time.js';
import { parseGroupName, parseUserName } from '../../core/model/user.js';
import { ifGiven } from '../api/given.js';
import { listed } from '../api/list.js';
import { managed, pathOf } from '../api/route.js';
import { Client, Fields, given, OptionalText, Scopes } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const Issued = Type.Composite([
  Client,
  Type.Object({
    endsWithAuthority: Type.Boolean({
      description: 'whether the certificate is shorter than usual, because the CA ends',
    }),
    replaced: Type.Array(
      Type.Object({ serial: Type.String(), fingerprint: Type.String(), expiresAt: Type.String() }),
      { description: 'the former certificates; their signed tokens end with them' },
    ),
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
const Reissue = Fields({
  ...issueFields,
  overlap: Type.Optional(
    Type.String({
      maxLength: 16,
      description:
        'how long the former certificate and signed token still hold; without it they stop at once',
    }),
  ),
});
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
  listed({
    route: 'GET /api/v1/clients',
    action: 'client.list',
    summary: 'List clients',
    filters: ['owner', 'label', 'state', 'search', 'sort', 'expiringWithin'],
    item: Client,
    read: listClients,
    async view(clients, management) {
      const uses = await clientUses(management.keyStore, clients);
      return clients.map((each) => clientView(each, momentOf(management), uses));
    },
  }),
  managed({
    route: 'POST /api/v1/clients',
    action: 'key.gen',
    target: ({ id }) => id,
    summary: 'Issue a client’s certificate, private key and token, handed over this once',
    body: Fields({ id: Type.String({ maxLength: 64 }), ...issueFields }),
    response: Issued,
    status: 201,
    made: ({ id }) => pathOf('clients', id),
    run: (management, { body: { id, ...asked }, services }) =>
      issue(management, { ...asked, clientId: parseClientId(id), replace: false }, services),
  }),
  managed({
    route: 'POST /api/v1/clients/:id/reissue',
    action: 'key.replace',
    summary: 'Replace a client’s certificate and signed token; everything else stays',
    body: Reissue,
    response: Issued,
    status: 201,
    made: ({ id }) => pathOf('clients', id),
    run: async (management, { id, body, services }) => {
      const { id: clientId } = await clientOf(management, id);
      return issue(management, { ...body, clientId, replace: true }, services);
    },
  }),
  managed({
    route: 'GET /api/v1/clients/:id',
    action: 'client.show',
    summary: 'Show a client',
    response: Client,
    run: async (management, { id }) => shown(management, await clientOf(management, id)),
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
      return shown(management, await editClient(management, parseClientId(id), edit));
    },
  }),
  managed({
    route: 'POST /api/v1/clients/:id/suspend',
    action: 'key.suspend',
    summary: 'Switch all of a client’s credentials off, until it is resumed',
    response: Client,
    run: async (management, { id }) => shown(management, await suspendClient(management, parseClientId(id))),
  }),
  managed({
    route: 'POST /api/v1/clients/:id/resume',
    action: 'key.resume',
    summary: 'Switch a suspended client on again',
    response: Client,
    run: async (management, { id }) => shown(management, await resumeClient(management, parseClientId(id))),
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

async function clientOf({ keyStore, actor }: Management, id: string) {
  const clientId = parseClientId(id);
  return requireTheirs(await keyStore.clients.get(clientId), { clientId, actor });
}

async function shown(management: Management, client: ClientRecord) {
  const held = await withCertificates(management.keyStore, client);
  return clientView(held, momentOf(management), await clientUses(management.keyStore, [held]));
}

async function issue(
  management: Management,
  asked: Static<typeof Reissue> & { readonly clientId: string; readonly replace: boolean },
  services: HttpServices,
) {
  const { authority } = management;
  const { notBefore, notAfter, validFor } = asked;
  const validity = {
    ...(notBefore !== undefined && { notBefore: parseTime(notBefore) }),
    ...(notAfter !== undefined && { notAfter: parseTime(notAfter) }),
    ...(validFor !== undefined && { validFor: checkDuration(validFor) }),
  };
  const password = asked.mqttPassword && (await makeClientPassword(management, { alone: true }));
  const { clientId, replace, algorithm = 'ec-p256' } = asked;
  let bundle: Bundle = { certificate: '', privateKey: '', token: '' };
  const client = await issueClient(
    management,
    {
      ...{ clientId, algorithm, validity, replace },
      overlap: ifGiven(asked.overlap, checkDuration),
      label: ifGiven(asked.label, parseLabel),
      scopes: asked.scopes && (await services.parseScopes(asked.scopes)),
      owner: ifGiven(asked.owner, parseUserName),
      domain: ifGiven(asked.domain, parseGroupName),
      mqttPassword: password?.credential,
    },
    {
      deliver: async (issued) => {
        bundle = issued;
        return { keep: async () => undefined, takeBack: async () => undefined };
      },
    },
  );
  return {
    ...{
      ...issuedView(client, momentOf(management), await clientUses(management.keyStore, [client])),
      ...bundle,
      authority: authority.certificate,
    },
    ...(password && { mqttPassword: password.text }),
  };
}
