import { Type } from '@sinclair/typebox';
import { sessionOf } from '../../core/manage/actor.js';
import { endSessions } from '../../core/manage/end-sessions.js';
import { listSessions } from '../../core/manage/list-sessions.js';
import { revokeSession } from '../../core/manage/sessions.js';
import { sessionView } from '../../core/manage/views.js';
import { listed } from '../api/list.js';
import { managed } from '../api/route.js';
import { Fields, given, Session } from '../api/schemas.js';

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
    route: 'DELETE /api/v1/sessions',
    action: 'session.revoke',
    summary: 'End all sessions of the caller, or to an admin of `owner`, but for the one that it is asked by',
    query: Fields({ owner: given(64) }),
    response: Type.Object({ ended: Type.Integer({ description: 'how many' }) }),
    run: async (management, { query: { owner } }) => ({ ended: await endSessions(management, owner) }),
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
