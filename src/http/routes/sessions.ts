import { Type } from '@sinclair/typebox';
import { listSessions, revokeSession } from '../../core/manage/sessions.js';
import { sessionView } from '../../core/manage/views.js';
import { managed } from '../api/route.js';
import { Session } from '../api/schemas.js';

/** `/api/v1/sessions`: admins see all sessions, members their own. */
export const sessionRoutes = [
  managed({
    route: 'GET /api/v1/sessions',
    action: 'session.list',
    summary: 'List the sessions that have not ended',
    response: Type.Array(Session),
    run: async ({ keyStore, clock, actor }) =>
      (await listSessions(keyStore, clock.now()))
        .filter(({ userId }) => actor.kind !== 'member' || userId === actor.userId)
        .map(sessionView),
  }),
  managed({
    route: 'DELETE /api/v1/sessions/:id',
    action: 'session.revoke',
    summary: 'End a session',
    async run(management, { id }) {
      const { actor, keyStore } = management;
      const isVisible = actor.kind !== 'member' || (await keyStore.sessions.get(id))?.userId === actor.userId;
      await revokeSession(management, isVisible ? id : '');
    },
  }),
];
