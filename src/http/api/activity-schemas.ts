import { Type } from '@sinclair/typebox';
import { CLIENT_STATES } from '../../core/manage/client-state.js';
import type { connectionView, refusalView } from '../../core/manage/server-views.js';
import { CREDENTIAL_STATES } from '../../core/model/terms.js';
import { OptionalText, oneOf, type SchemaOf } from './schemas.js';
import { Licence } from './server-schemas.js';

const text = Type.String();
const count = Type.Integer();

const states = (names: readonly string[]) =>
  Type.Object({
    total: count,
    byState: Type.Record(text, count, { description: `by ${names.join(', ')}` }),
  });
const kinds = { clients: count, apiKeys: count, certificates: count };

/** Counts of what the caller may see. */
export const Overview = Type.Object({
  time: text,
  clients: states(CLIENT_STATES),
  apiKeys: states(CREDENTIAL_STATES),
  certificates: states(CREDENTIAL_STATES),
  ends: Type.Object(
    {
      days: Type.Array(Type.Object({ date: Type.String({ description: 'a day in UTC' }), ...kinds })),
      within: Type.Object({ 7: Type.Object(kinds), 30: Type.Object(kinds), 90: Type.Object(kinds) }),
    },
    { description: 'what is valid and ends within 90 days; only the days that have some' },
  ),
  unused: Type.Object(
    { never: count, long: count },
    { description: 'API keys that are valid and were never used, or not for 90 days' },
  ),
  authority: Type.Object({ subject: text, expiresAt: OptionalText }),
  serverCertificate: Type.Union([Type.Object({ expiresAt: text }), Type.Null()]),
  licence: Type.Union([Licence, Type.Null()], { description: 'null for members' }),
  verdicts: Type.Union(
    [
      Type.Object({
        minutes: Type.Array(Type.Object({ at: text, accepted: count, refused: count }), {
          description: 'the last sixty, the oldest first; the last one goes on',
        }),
        reasons: Type.Array(Type.Object({ reason: text, count })),
      }),
      Type.Null(),
    ],
    { description: 'null for members' },
  ),
});

/** The view of an open connection. */
export const Connection = Type.Object({
  clientId: OptionalText,
  userId: OptionalText,
  protocol: oneOf('http', 'mqtt'),
  address: text,
  since: text,
  credential: Type.Object({
    kind: oneOf('certificate', 'signed-token', 'api-key', 'password', 'access-token', 'session-cookie'),
    id: text,
  }),
}) satisfies SchemaOf<ReturnType<typeof connectionView>>;

/** The view of a refusal that was kept. */
export const Refusal = Type.Object({
  id: text,
  at: text,
  by: oneOf('http', 'mqtt', 'callback', 'proxy-protocol'),
  what: OptionalText,
  address: OptionalText,
  reason: text,
  cause: Type.Union([text, Type.Null()], { description: 'as the operator’s log says it' }),
  client: Type.Union([text, Type.Null()], { description: 'the client that it was of, or that was named' }),
  credential: OptionalText,
  hint: OptionalText,
  method: OptionalText,
  path: OptionalText,
  status: Type.Union([Type.Integer(), Type.Null()]),
}) satisfies SchemaOf<ReturnType<typeof refusalView>>;

/** The events that a stream consists of. */
export const Events = Type.Unsafe<unknown>({
  type: 'string',
  description: `Server-sent events; the data of each is JSON.
\`hello\` {build, time} begins the stream.
\`verdicts\` {at, accepted, refused}: the counts of this minute so far, at most one a second; to admins.
\`refused\`: as in /api/v1/refusals; with \`Last-Event-ID\` first those that were missed.
\`suppressed\` {count}: so many more were refused; to admins.
\`changed\` {at, kind, id}: a client, user, session, provisioning-key, certificate or signing-keys was made, changed or deleted.
\`connection\` {what, clientId, userId, protocol, address, at, reason}: one was \`opened\` or \`closed\`.
\`changed-many\` {count}: so much more has changed, or connected.
\`session-ended\` {time}: the credential holds no more; the stream ends.`,
});
