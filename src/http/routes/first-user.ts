import { Type } from '@sinclair/typebox';
import { addFirstUser, thereIsAUser } from '../../core/manage/first-user.js';
import { beginSession } from '../../core/manage/sessions.js';
import { giveCookie, meView } from '../api/console-session.js';
import { TOO_MANY_TOLD } from '../api/login-causes.js';
import { open, pathOf, type Route } from '../api/route.js';
import { Fields, Me } from '../api/schemas.js';
import { isOfOwnOrigin } from '../requests/same-origin.js';
import { isFromThisMachine } from '../requests/this-machine.js';
import { Refused } from '../responses/errors.js';
import { CROSS_SITE, NOT_FROM_HERE, type Refusal, tooMany, WRONG_LINK } from '../responses/problem.js';
import type { Console } from '../services.js';

/** `/api/v1/first-user`: the first visit to a home without users. */
export function firstUserRoutesOf({ sessionMs, firstVisit, isFirstVisitOpen }: Console): readonly Route[] {
  return [
    open({
      route: 'GET /api/v1/first-user',
      tag: 'management',
      security: [],
      refusesQuery: true,
      summary: 'Say whether there is no user yet',
      response: Type.Object({ needed: Type.Boolean() }),
      run: async ({ services }) => ({ needed: !services.registry.mayHaveUsers }),
    }),
    open({
      route: 'POST /api/v1/first-user',
      tag: 'management',
      security: [],
      refusesQuery: true,
      summary:
        'Make the first user, an admin, by the link that serve or keywright console printed, and sign in',
      body: Fields({
        token: Type.String({ maxLength: 200, description: 'the part of the link behind #' }),
        id: Type.String({ maxLength: 64 }),
        password: Type.String({ maxLength: 1024 }),
      }),
      response: Me,
      status: 201,
      made: ({ user }) => pathOf('users', user.id),
      async run(asked) {
        const { body, request, services } = asked;
        if (!isOfOwnOrigin(request, services.proxies)) throw new Refused(CROSS_SITE);
        if (!isFirstVisitOpen && !isFromThisMachine(request, services)) throw refused(NOT_FROM_HERE);
        if (services.registry.mayHaveUsers) throw thereIsAUser();
        const from = services.proxies.addressOf(request);
        const changes = services.changes.by({ who: 'first visit', from });
        const user = await addFirstUser({ ...services, changes, firstVisit }, body);
        if (user === undefined) {
          const waitMs = await services.attempts.failed(services.addressKey(from));
          throw waitMs > 0 ? new Refused(tooMany(waitMs), TOO_MANY_TOLD) : refused(WRONG_LINK);
        }
        // Whoever made the user is that user: no limit on passwords stands in between.
        const session = await beginSession(
          { ...services, changes: services.changes.by({ who: `user ${user.id}`, from }) },
          user,
          { from, ttlMs: sessionMs, continuedBy: 'cookie' },
        );
        return meView(await giveCookie(asked, { user, session }), services.clock.now());
      },
    }),
  ];
}

// There is nothing more to know of the credential than what its holder is told.
function refused(refusal: Refusal): Refused {
  const { reason, detail } = refusal.problem;
  return new Refused(refusal, {
    reason: reason.replaceAll(' ', '-'),
    explain: () => ({ cause: detail }),
  });
}
