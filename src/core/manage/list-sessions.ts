import type { Session } from '../model/session.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  type Page,
  pageOf,
  pageQuery,
  parseListRequest,
} from './lists.js';
import type { Management } from './management.js';
import { isOver } from './sessions.js';
import { usersById } from './users.js';

/**
 * Lists the sessions that have not ended and that the actor may see, in the order of their ids. Their users are their
 * owners.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listSessions(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: Pick<ListRequest, 'limit' | 'after' | 'owner' | 'expiringWithin'> = {},
): Promise<Page<Session>> {
  const query = await parseListRequest(services, request, { states: [], sorts: [] });
  const now = services.clock.now();
  const users = await usersById(services.keyStore);
  const found = await services.keyStore.sessions.page({
    ...pageQuery<Session>(query, () => () => 0),
    where(session) {
      const { userId: owner, expiresAt } = session;
      return !isOver(session, { user: users.get(owner), now }) && isListed(query, { owner, expiresAt });
    },
  });
  // The newest first.
  return inOrderOfTime(
    pageOf(found, query, ({ id }) => ({ id, value: 0 })),
    query,
    ({ createdAt }) => -createdAt,
  );
}
