import { Type } from '@sinclair/typebox';
import { auditCheckView, auditEntryView, checkAudit, listAudit } from '../../core/manage/audit.js';
import { linkTo } from '../api/list.js';
import { managed } from '../api/route.js';
import { DEFAULT_LIMIT, Fields, given, Limit } from '../api/schemas.js';
import { AuditCheck, AuditEntry } from '../api/server-schemas.js';

const time = (description: string) => Type.Optional(Type.String({ maxLength: 64, description }));

/** `/api/v1/audit`: what was done, when and by whom. */
export const auditRoutes = [
  managed({
    route: 'GET /api/v1/audit',
    action: 'audit.list',
    summary: 'List what was done, the newest first; members name a client of theirs as target',
    query: Fields({
      since: time('24h, 30d, or a time'),
      until: time('24h, 30d, or a time'),
      actor: given(200),
      action: Type.Optional(
        Type.String({ maxLength: 64, description: 'like `key.gen`, or `key` for all that begin with it' }),
      ),
      target: Type.Optional(
        Type.String({ maxLength: 200, description: 'an id; that of a client includes its API keys' }),
      ),
      limit: Limit,
      before: Type.Optional(
        Type.String({ maxLength: 16, description: 'the number of the last action of the page before' }),
      ),
    }),
    response: Type.Array(AuditEntry),
    async run(management, { query, request, services: { audit }, answerHeaders }) {
      const { entries, next } = await listAudit({ ...management, audit }, { limit: DEFAULT_LIMIT, ...query });
      if (next !== undefined) answerHeaders.link = linkTo(request.url ?? '', { ...query, before: `${next}` });
      return entries.map(auditEntryView);
    },
  }),
  managed({
    route: 'POST /api/v1/audit/verification',
    action: 'audit.verify',
    summary: 'Check that no line of the audit log was changed, removed or put elsewhere; for admins',
    response: AuditCheck,
    run: async ({ actor }, { services: { audit } }) => auditCheckView(await checkAudit({ actor, audit })),
  }),
];
