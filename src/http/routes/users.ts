import { Type } from '@sinclair/typebox';
import { deleteUser } from '../../core/manage/delete-user.js';
import { listUsers } from '../../core/manage/list-users.js';
import type { Management } from '../../core/manage/management.js';
import { holdingsOf } from '../../core/manage/user-holdings.js';
import { addUser, changePassword, editUser, noSuchUser, requireUser } from '../../core/manage/users.js';
import { userView, userViewWith } from '../../core/manage/views.js';
import { KeywrightError } from '../../core/model/errors.js';
import { parseUserName, ROLES } from '../../core/model/user.js';
import { ifGiven } from '../api/given.js';
import { listed } from '../api/list.js';
import { passwordAttempt } from '../api/log-in.js';
import { managed, pathOf } from '../api/route.js';
import { Fields, given, Scopes, User, UserWithHoldings } from '../api/schemas.js';

const details = {
  groups: Type.Optional(Scopes),
  domains: Type.Optional(Scopes),
  role: Type.Optional(Type.Union(ROLES.map((name) => Type.Literal(name)))),
  scopes: Type.Optional(Scopes),
  disabled: Type.Optional(Type.Boolean()),
};
const password = Type.String({ maxLength: 1024 });
const Add = Fields({ id: Type.String({ maxLength: 64 }), password, email: given(254), ...details });
const Edit = Fields({
  email: Type.Optional(Type.Union([Type.String({ maxLength: 254 }), Type.Null()])),
  ...details,
});
const Password = Fields({
  password,
  currentPassword: Type.Optional(Type.String({ maxLength: 1024, description: 'for members' })),
});
const Delete = Fields({ withClients: Type.Optional(Type.Literal('true')), giveTo: given(64) });

/** `/api/v1/users`: admins see all users, members themselves. */
export const userRoutes = [
  listed({
    route: 'GET /api/v1/users',
    action: 'user.list',
    summary: 'List users',
    filters: ['state', 'search', 'sort'],
    item: UserWithHoldings,
    read: listUsers,
    async view(users, management) {
      const holdings = await holdingsOf(management, users);
      return users.map((user) => userViewWith(user, holdings(user)));
    },
  }),
  managed({
    route: 'POST /api/v1/users',
    action: 'user.add',
    target: ({ id }) => id,
    summary: 'Add a user',
    body: Add,
    response: User,
    status: 201,
    made: ({ id }) => pathOf('users', id),
    async run(management, { body, services }) {
      const scopes = body.scopes && (await services.parseScopes(body.scopes));
      return userView(await addUser(management, { ...body, id: parseUserName(body.id), scopes }));
    },
  }),
  managed({
    route: 'GET /api/v1/users/:id',
    action: 'user.show',
    summary: 'Show a user',
    response: UserWithHoldings,
    async run(management, { id }) {
      const user = await requireVisible(management, id);
      return userViewWith(user, (await holdingsOf(management, [user]))(user));
    },
  }),
  managed({
    route: 'PATCH /api/v1/users/:id',
    action: 'user.edit',
    summary: 'Edit a user',
    body: Edit,
    response: User,
    async run(management, { id, body, services }) {
      const scopes = body.scopes && (await services.parseScopes(body.scopes));
      return userView(await editUser(management, parseUserName(id), { ...body, scopes }));
    },
  }),
  managed({
    route: 'PUT /api/v1/users/:id/password',
    action: 'user.passwd',
    summary: 'Change a password: all of the user’s sessions end',
    body: Password,
    async run(management, { id, body, request, services }) {
      const { actor } = management;
      const from = services.proxies.addressOf(request);
      const user = await requireVisible(management, id);
      // A thief of an open session must not be able to lock its user out.
      const presented = { name: user.id, password: body.currentPassword ?? '', hash: user.passwordHash };
      const isSelf = actor.kind !== 'operator' && actor.userId === user.id;
      const isRight =
        !isSelf ||
        (await passwordAttempt({ from, services, presented }, async (holds) => {
          const isRight = await holds();
          return { result: isRight, isRight };
        }));
      if (!isRight) throw new KeywrightError('refused', 'the field "currentPassword" is not the password');
      await changePassword(management, user.id, body.password);
    },
  }),
  managed({
    route: 'DELETE /api/v1/users/:id',
    action: 'user.del',
    summary: 'Delete a user, and say what becomes of the user’s clients',
    query: Delete,
    async run(management, { id, query: { withClients, giveTo } }) {
      const heir = ifGiven(giveTo, (name) => ({ giveTo: parseUserName(name) }));
      const clients = heir ?? (withClients === 'true' ? 'delete' : 'none');
      await deleteUser(management, parseUserName(id), clients);
    },
  }),
];

async function requireVisible({ keyStore, actor }: Management, id: string) {
  const name = parseUserName(id);
  // Members get the same answer for another user as for an unknown one.
  if (actor.kind === 'member' && actor.userId !== name) throw noSuchUser(name);
  return requireUser(keyStore, name);
}
