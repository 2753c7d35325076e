import type { Session } from '../model/session.js';
import {
  inOrderOfTime,
  isListed,
  type ListRequest,
  type Page,
  pageOf,
  pageQuery,
  parseListRequest,
  type Reading,
} from './lists.js';
import type { Management } from './management.js';
import { readOwners } from './owners.js';
import { isOver } from './sessions.js';

/**
 * Lists the sessions that have not ended and that the actor may see, in the order of their ids. Their users are their
 * owners.
 * @throws KeywrightError `invalid-input`, `not-found`
 */
export async function listSessions(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: Pick<ListRequest, 'limit' | 'after' | 'owner' | 'expiringWithin'> = {},
  { unreadable }: Reading = {},
): Promise<Page<Session>> {
  const query = await parseListRequest(services, request, { states: [], sorts: [] });
  const now = services.clock.now();
  const users = await readOwners(services.keyStore, unreadable);
  const found = await services.keyStore.sessions.page({
    ...pageQuery<Session>(query, () => () => 0),
    unreadable,
    where(session) {
      const { userId: owner, expiresAt } = session;
      return !isOver(session, { user: users.of(owner), now }) && isListed(query, { owner, expiresAt });
    },
  });
  // The newest first.
  return inOrderOfTime(
    pageOf(found, query, ({ id }) => ({ id, value: 0 })),
    query,
    ({ createdAt }) => -createdAt,
  );
}
