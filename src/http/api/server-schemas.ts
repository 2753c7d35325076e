import { Type } from '@sinclair/typebox';
import type { auditCheckView, auditEntryView } from '../../core/manage/audit.js';
import type { ExplainedScope } from '../../core/manage/grantable-scopes.js';
import type { authorityView, licenceView } from '../../core/manage/server-views.js';
import { KEY_ALGORITHMS } from '../../core/model/key-algorithm.js';
import { OptionalText, oneOf, type SchemaOf } from './schemas.js';

const text = Type.String();

/** The view of the CA. */
export const Authority = Type.Object({
  subject: text,
  algorithm: oneOf(...KEY_ALGORITHMS),
  serial: text,
  fingerprint: Type.String({ description: 'SHA-256, in lower-case hex' }),
  notBefore: text,
  expiresAt: OptionalText,
}) satisfies SchemaOf<ReturnType<typeof authorityView>>;

/** The view of the licence. */
export const Licence = Type.Object({
  state: oneOf('unrestricted', 'valid', 'restricted'),
  reason: OptionalText,
  deviceLimit: Type.Union([Type.Integer(), Type.Null()], { description: 'null for any number' }),
  used: Type.Integer({ description: 'the number of clients' }),
  features: Type.Array(text),
  expiresAt: OptionalText,
}) satisfies SchemaOf<ReturnType<typeof licenceView>>;

/** A scope with its meaning. */
export const Scope = Type.Object({ name: text, description: text }) satisfies SchemaOf<ExplainedScope>;

/** The view of a server. */
export const Server = Type.Object({
  build: Type.String({ description: 'another text for each build of the program' }),
  version: text,
  node: text,
  startedAt: text,
  listeners: Type.Object({ http: text, mqtt: text, webSocket: text }),
  tls: Type.Object({ http: Type.Boolean(), mqtt: Type.Boolean() }),
  serverCertificates: Type.Array(
    Type.Object({
      names: Type.Array(text),
      algorithm: oneOf(...KEY_ALGORITHMS),
      fingerprint: text,
      notBefore: text,
      expiresAt: text,
    }),
  ),
  settings: Type.Union(
    [
      Type.Array(
        Type.Object({
          name: text,
          value: Type.Union([text, Type.Null()], { description: '… for a secret' }),
          from: Type.String({ description: '--http, KEYWRIGHT_HTTP, keywright.yaml or default' }),
        }),
      ),
      Type.Null(),
    ],
    { description: 'null for members' },
  ),
});

/** The view of an action in the audit log. */
export const AuditEntry = Type.Object({
  seq: Type.Integer(),
  at: text,
  who: text,
  from: text,
  action: text,
  target: text,
  outcome: oneOf('done', 'failed', 'refused', 'begun'),
}) satisfies SchemaOf<ReturnType<typeof auditEntryView>>;

/** The view of a look at the whole audit log. */
export const AuditCheck = Type.Object({
  whole: Type.Boolean(),
  lines: Type.Integer({ description: 'how many are as they were written' }),
  line: Type.Union([Type.Integer(), Type.Null()], { description: 'the first that is wrong' }),
  file: OptionalText,
  fault: OptionalText,
}) satisfies SchemaOf<ReturnType<typeof auditCheckView>>;
