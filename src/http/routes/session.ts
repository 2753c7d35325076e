import { Type } from '@sinclair/typebox';
import { revokeSession } from '../../core/manage/sessions.js';
import { currentSession, giveCookie, meView, removeCookie } from '../api/console-session.js';
import { begin } from '../api/log-in.js';
import { open, type Route } from '../api/route.js';
import { Fields, Me } from '../api/schemas.js';
import { isOfOwnOrigin } from '../requests/same-origin.js';
import { Refused } from '../responses/errors.js';
import { CROSS_SITE } from '../responses/problem.js';
import type { Console } from '../services.js';

const SESSION = [{ session: [] }];

/** `/api/v1/session`: the session of whoever is at the console, by a cookie. */
export function sessionRoutesOf({ sessionMs }: Console): readonly Route[] {
  return [
    open({
      route: 'POST /api/v1/session',
      tag: 'management',
      security: [],
      refusesQuery: true,
      summary: 'Sign in at the console: sets its cookie, and ends the session of one that came along',
      body: Fields({ user: Type.String({ maxLength: 254 }), password: Type.String({ maxLength: 1024 }) }),
      response: Me,
      async run(asked) {
        const { body, request, services } = asked;
        if (!isOfOwnOrigin(request, services.proxies)) throw new Refused(CROSS_SITE);
        const { user: name, password } = body;
        const signedIn = await begin(asked, { name, password, sessionMs, continuedBy: 'cookie' });
        return meView(await giveCookie(asked, signedIn), services.clock.now());
      },
    }),
    open({
      route: 'GET /api/v1/session',
      tag: 'management',
      security: SESSION,
      refusesQuery: true,
      summary: 'Show the session of the cookie',
      response: Me,
      run: async (asked) => meView(await currentSession(asked), asked.services.clock.now()),
    }),
    open({
      route: 'DELETE /api/v1/session',
      tag: 'management',
      security: SESSION,
      refusesQuery: true,
      summary: 'Sign out: ends the session of the cookie',
      async run(asked) {
        const { request, services } = asked;
        const { user, session } = await currentSession(asked);
        const from = services.proxies.addressOf(request);
        const changes = services.changes.by({ who: `user ${user.id}`, from });
        await revokeSession({ ...services, changes }, session.id);
        removeCookie(asked);
      },
    }),
  ];
}
