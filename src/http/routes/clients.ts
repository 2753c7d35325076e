import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { isTheirs } from '../../core/manage/actor.js';
import {
  deleteClientPassword,
  makeClientPassword,
  setClientPassword,
} from '../../core/manage/client-password.js';
import { listClients, noSuchClient, requireClient, withCertificates } from '../../core/manage/clients.js';
import { deleteClient } from '../../core/manage/delete-client.js';
import { editClient } from '../../core/manage/edit-client.js';
import { type Bundle, issueClient } from '../../core/manage/issue-client.js';
import type { Management } from '../../core/manage/management.js';
import { clientValidity } from '../../core/manage/validity.js';
import { clientView } from '../../core/manage/views.js';
import { parseLabel } from '../../core/model/client.js';
import { parseClientId } from '../../core/model/client-id.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';
import { checkDuration, parseTime } from '../../core/model/time.js';
import { parseGroupName, parseUserName } from '../../core/model/user.js';
import { managerOf } from '../api/caller.js';
import { OptionalText, Scopes, TokenView } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const some = Type.Optional(Type.String());
const Credential = Type.Composite([
  Type.Object({ kind: Type.String() }),
  Type.Partial(TokenView),
  Type.Object({
    ...{ algorithm: some, serial: some, fingerprint: some, certificate: some, setAt: some },
    ...{ notBefore: some, notAfter: some },
    alone: Type.Optional(
      Type.Boolean({ description: 'of a password: whether it suffices by itself over MQTT' }),
    ),
  }),
]);
const Client = Type.Object({
  ...{
    id: Type.String(),
    status: Type.String(),
    label: OptionalText,
    owner: OptionalText,
    domain: OptionalText,
  },
  ...{ scopes: Type.Array(Type.String()), notBefore: Type.String(), notAfter: OptionalText },
  ...{ createdAt: Type.String(), updatedAt: Type.String() },
  credentials: Type.Array(Credential),
});
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

const text = Type.Optional(Type.String({ maxLength: 200 }));
const issueFields = {
  algorithm: Type.Optional(Type.Union(KEY_ALGORITHMS.map((name) => Type.Literal(name)))),
  ...{ validFor: text, notBefore: text, notAfter: text, label: text, owner: text, domain: text },
  scopes: Type.Optional(Scopes),
  mqttPassword: Type.Optional(
    Type.Literal('alone', {
      description: 'also make an MQTT password that suffices by itself, with the client id as user name',
    }),
  ),
};
const Issue = Type.Object(
  { id: Type.String({ maxLength: 64 }), ...issueFields },
  { additionalProperties: false },
);
const Reissue = Type.Object(issueFields, { additionalProperties: false });
const Edit = Type.Object(
  {
    ...{
      label: Type.Optional(OptionalText),
      owner: Type.Optional(OptionalText),
      domain: Type.Optional(OptionalText),
    },
    scopes: Type.Optional(Scopes),
  },
  { additionalProperties: false },
);
const Password = Type.Object(
  {
    password: Type.String({ maxLength: 1024 }),
    alone: Type.Optional(
      Type.Boolean({
        description: 'let it suffice by itself, with the client id as MQTT user name; at least 16 characters',
      }),
    ),
  },
  { additionalProperties: false },
);
const Params = Type.Object({ id: Type.String() });
type Id = { Params: Static<typeof Params> };

/** `/api/v1/clients`: the clients that are the caller's to see, and what `key gen` hands over. */
export function addClientRoutes(app: FastifyInstance, services: HttpServices): void {
  const { keyStore, clock, authority } = services;
  const tags = ['management'];

  const requireTheirs = async ({ actor }: Management, id: string) => {
    const client = await requireClient(keyStore, parseClientId(id));
    // A stranger's client gets the answer of one that does not exist.
    if (isTheirs(actor, client)) return client;
    throw noSuchClient(client.id);
  };

  const issue = async (
    management: Management,
    body: Static<typeof Reissue> & { readonly id: string },
    replace: boolean,
  ) => {
    const { id, algorithm = 'ec-p256', label, scopes, owner, domain, mqttPassword, ...asked } = body;
    const clientId = parseClientId(id);
    if (replace) await requireTheirs(management, clientId);
    const validity = clientValidity(
      {
        ...(asked.notBefore !== undefined && { notBefore: parseTime(asked.notBefore) }),
        ...(asked.notAfter !== undefined && { notAfter: parseTime(asked.notAfter) }),
        ...(asked.validFor !== undefined && { validFor: checkDuration(asked.validFor) }),
      },
      authority,
      clock.now(),
    );
    const password =
      mqttPassword === undefined ? undefined : await makeClientPassword(management, { alone: true });
    let handedOver: Bundle | undefined;
    const client = await issueClient(
      management,
      {
        ...{ clientId, algorithm, validity, replace },
        label: label === undefined ? undefined : parseLabel(label),
        scopes: scopes && (await services.parseScopes(scopes)),
        owner: owner === undefined ? undefined : parseUserName(owner),
        domain: domain === undefined ? undefined : parseGroupName(domain),
        mqttPassword: password?.credential,
      },
      {
        deliver: async (bundle) => {
          handedOver = bundle;
          return { keep: async () => undefined, takeBack: async () => undefined };
        },
      },
    );
    return {
      ...{ ...clientView(client, clock.now()), ...handedOver, authority: authority.certificate },
      ...(password && { mqttPassword: password.text }),
    };
  };

  app.get(
    '/api/v1/clients',
    { schema: { tags, summary: 'List clients', response: { 200: Type.Array(Client) } } },
    async ({ raw }) => {
      const { management } = await managerOf(raw, { services, action: 'client.list' });
      const clients = await listClients(keyStore);
      const now = clock.now();
      return clients
        .filter(({ client }) => isTheirs(management.actor, client))
        .map((each) => clientView(each, now));
    },
  );

  app.post<{ Body: Static<typeof Issue> }>(
    '/api/v1/clients',
    {
      schema: {
        tags,
        summary: 'Issue a client’s certificate, private key and token, handed over this once',
        body: Issue,
        response: { 201: Issued },
      },
    },
    async ({ raw, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'key.gen' });
      return manager.attempt(body.id, async (management) => {
        const issued = await issue(management, body, false);
        reply.code(201);
        return issued;
      });
    },
  );

  app.post<Id & { Body: Static<typeof Reissue> }>(
    '/api/v1/clients/:id/reissue',
    {
      schema: {
        tags,
        summary: 'Replace a client’s credentials: the old ones stop working',
        params: Params,
        body: Reissue,
        response: { 201: Issued },
      },
    },
    async ({ raw, params: { id }, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'key.replace' });
      return manager.attempt(id, async (management) => {
        const issued = await issue(management, { ...body, id }, true);
        reply.code(201);
        return issued;
      });
    },
  );

  app.get<Id>(
    '/api/v1/clients/:id',
    { schema: { tags, summary: 'Show a client', params: Params, response: { 200: Client } } },
    async ({ raw, params: { id } }) => {
      const manager = await managerOf(raw, { services, action: 'client.show' });
      return manager.attempt(id, async (management) =>
        clientView(await withCertificates(keyStore, await requireTheirs(management, id)), clock.now()),
      );
    },
  );

  app.patch<Id & { Body: Static<typeof Edit> }>(
    '/api/v1/clients/:id',
    { schema: { tags, summary: 'Edit a client', params: Params, body: Edit, response: { 200: Client } } },
    async ({ raw, params: { id }, body }) => {
      const manager = await managerOf(raw, { services, action: 'client.edit' });
      const { scopes, owner, ...rest } = body;
      return manager.attempt(id, async (management) => {
        const edit = {
          ...rest,
          scopes: scopes && (await services.parseScopes(scopes)),
          owner: typeof owner === 'string' ? parseUserName(owner) : owner,
        };
        const client = await editClient(management, parseClientId(id), edit);
        return clientView(await withCertificates(keyStore, client), clock.now());
      });
    },
  );

  app.put<Id & { Body: Static<typeof Password> }>(
    '/api/v1/clients/:id/password',
    {
      schema: {
        tags,
        summary: 'Set a client’s MQTT password',
        params: Params,
        body: Password,
        response: { 204: Type.Null() },
      },
    },
    async ({ raw, params: { id }, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'client.passwd' });
      await manager.attempt(id, (management) =>
        setClientPassword(management, parseClientId(id), { alone: false, ...body }),
      );
      return reply.code(204).send();
    },
  );

  app.delete<Id>(
    '/api/v1/clients/:id/password',
    {
      schema: {
        tags,
        summary: 'Take a client’s MQTT password away',
        params: Params,
        response: { 204: Type.Null() },
      },
    },
    async ({ raw, params: { id } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'client.passwd-del' });
      await manager.attempt(id, (management) => deleteClientPassword(management, parseClientId(id)));
      return reply.code(204).send();
    },
  );

  app.delete<Id>(
    '/api/v1/clients/:id',
    { schema: { tags, summary: 'Delete a client', params: Params, response: { 204: Type.Null() } } },
    async ({ raw, params: { id } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'key.del' });
      await manager.attempt(id, (management) => deleteClient(management, parseClientId(id)));
      return reply.code(204).send();
    },
  );
}
