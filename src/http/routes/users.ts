import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Management } from '../../core/manage/management.js';
import { listSessions, revokeSession } from '../../core/manage/sessions.js';
import {
  addUser,
  changePassword,
  deleteUser,
  editUser,
  noSuchUser,
  requireUser,
} from '../../core/manage/users.js';
import { sessionView, userView } from '../../core/manage/views.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseUserName, ROLES } from '../../core/model/user.js';
import { managerOf } from '../api/caller.js';
import { passwordAttempt } from '../api/log-in.js';
import { OptionalText, Scopes } from '../api/schemas.js';
import type { HttpServices } from '../services.js';

const names = Type.Array(Type.String());
const User = Type.Object({
  ...{
    id: Type.String(),
    email: OptionalText,
    groups: names,
    domains: names,
    role: Type.String(),
    scopes: names,
  },
  ...{ status: Type.String(), createdAt: Type.String(), updatedAt: Type.String() },
});
const role = Type.Union(ROLES.map((name) => Type.Literal(name)));
const details = {
  groups: Type.Optional(Scopes),
  domains: Type.Optional(Scopes),
  role: Type.Optional(role),
  scopes: Type.Optional(Scopes),
  disabled: Type.Optional(Type.Boolean()),
};
const password = Type.String({ maxLength: 1024 });
const Add = Type.Object(
  {
    id: Type.String({ maxLength: 64 }),
    password,
    email: Type.Optional(Type.String({ maxLength: 254 })),
    ...details,
  },
  { additionalProperties: false },
);
const Edit = Type.Object(
  { email: Type.Optional(Type.Union([Type.String({ maxLength: 254 }), Type.Null()])), ...details },
  { additionalProperties: false },
);
const Password = Type.Object(
  { password, currentPassword: Type.Optional(Type.String({ maxLength: 1024, description: 'for members' })) },
  { additionalProperties: false },
);
const Delete = Type.Object(
  { withClients: Type.Optional(Type.Literal('true')), giveTo: Type.Optional(Type.String({ maxLength: 64 })) },
  { additionalProperties: false },
);
const Session = Type.Object({
  ...{ id: Type.String(), userId: Type.String(), from: Type.String(), scopes: names },
  ...{ createdAt: Type.String(), expiresAt: Type.String() },
});
const Params = Type.Object({ id: Type.String() });
type Id = { Params: Static<typeof Params> };

/** `/api/v1/users` and `/api/v1/sessions`: all of them for admins; members see themselves. */
export function addUserRoutes(app: FastifyInstance, services: HttpServices): void {
  const { keyStore, clock } = services;
  const tags = ['management'];

  const requireVisible = async ({ actor }: Management, id: string) => {
    const name = parseUserName(id);
    // Another user is, for a member, one that does not exist.
    if (actor.kind === 'member' && actor.userId !== name) throw noSuchUser(name);
    return requireUser(keyStore, name);
  };

  app.get(
    '/api/v1/users',
    { schema: { tags, summary: 'List users', response: { 200: Type.Array(User) } } },
    async ({ raw }) => {
      const { actor } = (await managerOf(raw, { services, action: 'user.list' })).management;
      const users = await keyStore.users.page();
      return users.filter(({ id }) => actor.kind !== 'member' || id === actor.userId).map(userView);
    },
  );

  app.post<{ Body: Static<typeof Add> }>(
    '/api/v1/users',
    { schema: { tags, summary: 'Add a user', body: Add, response: { 201: User } } },
    async ({ raw, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'user.add' });
      return manager.attempt(body.id, async (management) => {
        const scopes = body.scopes && (await services.parseScopes(body.scopes));
        const user = await addUser(management, { ...body, id: parseUserName(body.id), scopes });
        reply.code(201);
        return userView(user);
      });
    },
  );

  app.get<Id>(
    '/api/v1/users/:id',
    { schema: { tags, summary: 'Show a user', params: Params, response: { 200: User } } },
    async ({ raw, params: { id } }) => {
      const manager = await managerOf(raw, { services, action: 'user.show' });
      return manager.attempt(id, async (management) => userView(await requireVisible(management, id)));
    },
  );

  app.patch<Id & { Body: Static<typeof Edit> }>(
    '/api/v1/users/:id',
    { schema: { tags, summary: 'Edit a user', params: Params, body: Edit, response: { 200: User } } },
    async ({ raw, params: { id }, body }) => {
      const manager = await managerOf(raw, { services, action: 'user.edit' });
      return manager.attempt(id, async (management) => {
        const scopes = body.scopes && (await services.parseScopes(body.scopes));
        return userView(await editUser(management, parseUserName(id), { ...body, scopes }));
      });
    },
  );

  app.put<Id & { Body: Static<typeof Password> }>(
    '/api/v1/users/:id/password',
    {
      schema: {
        tags,
        summary: 'Change a password: all of the user’s sessions end',
        params: Params,
        body: Password,
        response: { 204: Type.Null() },
      },
    },
    async ({ raw, params: { id }, body }, reply) => {
      const manager = await managerOf(raw, { services, action: 'user.passwd' });
      await manager.attempt(id, async (management) => {
        const user = await requireVisible(management, id);
        // Whoever finds a session open must not be able to lock its user out.
        const isSelf = management.actor.kind !== 'operator' && management.actor.userId === user.id;
        const isRight =
          !isSelf ||
          (await passwordAttempt(services.proxies.addressOf(raw), services, async () => {
            const holds = await management.passwords.verify(body.currentPassword ?? '', user.passwordHash);
            return { result: holds, isRight: holds };
          }));
        if (!isRight) throw new KeywrightError('refused', 'the field "currentPassword" is not the password');
        await changePassword(management, user.id, body.password);
      });
      return reply.code(204).send();
    },
  );

  app.delete<Id & { Querystring: Static<typeof Delete> }>(
    '/api/v1/users/:id',
    {
      schema: {
        tags,
        summary: 'Delete a user, and say what becomes of the user’s clients',
        params: Params,
        querystring: Delete,
        response: { 204: Type.Null() },
      },
    },
    async ({ raw, params: { id }, query: { withClients, giveTo } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'user.del' });
      const others = withClients === 'true' ? 'delete' : 'none';
      const clients = giveTo === undefined ? others : { giveTo: parseUserName(giveTo) };
      await manager.attempt(id, (management) => deleteUser(management, parseUserName(id), clients));
      return reply.code(204).send();
    },
  );

  app.get(
    '/api/v1/sessions',
    {
      schema: {
        tags,
        summary: 'List the sessions that have not ended',
        response: { 200: Type.Array(Session) },
      },
    },
    async ({ raw }) => {
      const { actor } = (await managerOf(raw, { services, action: 'session.list' })).management;
      const sessions = await listSessions(keyStore, clock.now());
      return sessions
        .filter(({ userId }) => actor.kind !== 'member' || userId === actor.userId)
        .map(sessionView);
    },
  );

  app.delete<Id>(
    '/api/v1/sessions/:id',
    { schema: { tags, summary: 'End a session', params: Params, response: { 204: Type.Null() } } },
    async ({ raw, params: { id } }, reply) => {
      const manager = await managerOf(raw, { services, action: 'session.revoke' });
      await manager.attempt(id, async (management) => {
        const { actor } = management;
        const session = await keyStore.sessions.get(id);
        const isVisible = actor.kind !== 'member' || session?.userId === actor.userId;
        await revokeSession(management, isVisible ? id : '');
      });
      return reply.code(204).send();
    },
  );
}
