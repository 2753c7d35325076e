import { sessionOf } from '../../core/manage/actor.js';
import { listSessions, revokeSession } from '../../core/manage/sessions.js';
import { sessionView } from '../../core/manage/views.js';
import { listed } from '../api/list.js';
import { managed } from '../api/route.js';
import { Session } from '../api/schemas.js';

/** `/api/v1/sessions`: admins see all sessions, members their own. */
export const sessionRoutes = [
  listed({
    route: 'GET /api/v1/sessions',
    action: 'session.list',
    summary: 'List the sessions that have not ended',
    filters: ['owner', 'expiringWithin'],
    item: Session,
    read: listSessions,
    view: (sessions, { actor }) => sessions.map((session) => sessionView(session, sessionOf(actor))),
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
