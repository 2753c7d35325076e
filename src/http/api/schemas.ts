import { type TSchema, Type } from '@sinclair/typebox';
import { CLIENT_STATES } from '../../core/manage/client-state.js';
import { MAX_PAGE } from '../../core/manage/lists.js';
import {
  type ApiKeyView,
  type ClientView,
  type ProvisioningKeyView,
  type SessionView,
  USER_STATES,
  type UserView,
} from '../../core/manage/views.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';
import { PROVISIONING_KEY_STATES } from '../../core/model/provisioning-key.js';
import { SESSION_KINDS } from '../../core/model/session.js';
import { CREDENTIAL_STATES } from '../../core/model/terms.js';
import { ROLES } from '../../core/model/user.js';

// What one answer holds without a limit.
export const DEFAULT_LIMIT = 100;

/** A moment, or a span from now. */
export const When = Type.String({ maxLength: 64, examples: ['90d', 'never', '2030-01-31T12:00:00Z'] });

/** A text, or null for none. */
export const OptionalText = Type.Union([Type.String(), Type.Null()]);

/** The schema of how many are wanted. */
export const Limit = Type.Optional(
  Type.String({ pattern: '^[0-9]{1,9}$', description: `1 to ${MAX_PAGE}; ${DEFAULT_LIMIT} without` }),
);

/** The scopes in a request. */
export const Scopes = Type.Array(Type.String({ maxLength: 300 }), { maxItems: 100 });

/** The schema of an id or a label in a request. */
export const given = (maxLength: number) => Type.Optional(Type.String({ maxLength }));

/** A body with these fields and no others. */
export const Fields: typeof Type.Object = (fields, options) =>
  Type.Object(fields, { additionalProperties: false, ...options });

/**
 * The schema of a view. A member that the schema lacks is an error here. A member that the view lacks is an error in
 * the route that returns the view.
 */
export type SchemaOf<View> = TSchema & { readonly static: View };

const text = Type.String();
const names = Type.Array(text);

/** The schema of a text that is one of these. */
export function oneOf<const Names extends readonly string[]>(...values: Names) {
  return Type.Unsafe<Names[number]>({ type: 'string', enum: values });
}

const status = oneOf(...CREDENTIAL_STATES);

const lastUse = { lastUsedAt: OptionalText, lastUsedFrom: OptionalText };

const apiKey = {
  id: text,
  clientId: text,
  label: OptionalText,
  owner: OptionalText,
  domain: OptionalText,
  hint: text,
  scopes: names,
  status,
  createdAt: text,
  notBefore: text,
  expiresAt: OptionalText,
  replacedAt: Type.Union([text, Type.Null()], {
    description: 'when it was rotated: a newer key has its place',
  }),
  ...lastUse,
};

/** The view of an API key. */
export const ApiKey = Type.Object(apiKey) satisfies SchemaOf<ApiKeyView>;

const Credential = Type.Union([
  Type.Object({
    kind: Type.Literal('certificate'),
    algorithm: oneOf(...KEY_ALGORITHMS),
    serial: text,
    issuer: Type.Union([text, Type.Null()], { description: 'the SHA-256 fingerprint of the CA' }),
    fingerprint: text,
    status,
    notBefore: text,
    expiresAt: OptionalText,
    replacedAt: OptionalText,
    ...lastUse,
  }),
  Type.Object({
    kind: Type.Literal('signed-token'),
    certificate: text,
    status,
    notBefore: OptionalText,
    expiresAt: OptionalText,
    ...lastUse,
  }),
  Type.Object({ kind: Type.Literal('api-key'), ...apiKey }),
  Type.Object({
    kind: Type.Literal('password'),
    alone: Type.Boolean({ description: 'whether it suffices by itself over MQTT' }),
    createdAt: text,
    status,
    notBefore: text,
    expiresAt: OptionalText,
    ...lastUse,
  }),
]);

/** The view of a client. */
export const Client = Type.Object({
  id: text,
  status: oneOf(...CLIENT_STATES),
  label: OptionalText,
  owner: OptionalText,
  domain: OptionalText,
  scopes: names,
  notBefore: text,
  expiresAt: Type.Union([text, Type.Null()], {
    description: 'the earliest end among the credentials that hold; null for never',
  }),
  createdAt: text,
  updatedAt: text,
  lastUsedAt: Type.Union([text, Type.Null()], {
    description: 'the last use of any of its credentials, at most a minute late',
  }),
  lastUsedFrom: OptionalText,
  credentials: Type.Array(Credential),
}) satisfies SchemaOf<ClientView>;

/** The view of a user. */
export const User = Type.Object({
  id: text,
  email: OptionalText,
  groups: names,
  domains: names,
  role: oneOf(...ROLES),
  scopes: names,
  status: oneOf(...USER_STATES),
  createdAt: text,
  updatedAt: text,
}) satisfies SchemaOf<UserView>;

/** The view of a user with what goes with it. */
export const UserWithHoldings = Type.Composite([
  User,
  Type.Object({
    clients: Type.Integer({ description: 'how many the user owns' }),
    sessions: Type.Integer({ description: 'how many have not ended' }),
    signedInAt: Type.Union([Type.String(), Type.Null()], {
      description: 'when the last of these began',
    }),
  }),
]);

/** The view of a session. */
export const Session = Type.Object({
  id: text,
  kind: oneOf(...SESSION_KINDS),
  current: Type.Boolean({ description: 'whether the caller acts by it' }),
  userId: text,
  from: text,
  scopes: names,
  createdAt: text,
  expiresAt: text,
}) satisfies SchemaOf<SessionView>;

/** The view of a console session, for whoever is at the console. */
export const Me = Type.Object({
  user: User,
  admin: Type.Boolean(),
  session: Type.Object({
    id: text,
    expiresAt: text,
    idleUntil: Type.String({ description: 'its end unless it is used before' }),
  }),
  build: Type.String({ description: 'of the program: another one after an upgrade' }),
  time: text,
});

/** The view of a provisioning key. */
export const ProvisioningKey = Type.Object({
  id: text,
  hint: text,
  label: OptionalText,
  owner: OptionalText,
  scopes: names,
  usesLeft: Type.Integer(),
  status: oneOf(...PROVISIONING_KEY_STATES),
  createdAt: text,
  expiresAt: OptionalText,
}) satisfies SchemaOf<ProvisioningKeyView>;
