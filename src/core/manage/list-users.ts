import type { User } from '../model/user.js';
import { isListed, type ListRequest, oneMore, type Page, pageOf, parseListRequest } from './lists.js';
import type { Management } from './management.js';
import { USER_STATES, userState } from './views.js';

/**
 * Lists the users in the order of their names. A member sees itself.
 * @throws KeywrightError `invalid-input`
 */
export async function listUsers(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: Pick<ListRequest, 'limit' | 'after' | 'state'> = {},
): Promise<Page<User>> {
  const query = await parseListRequest(services, request, USER_STATES);
  const found = await services.keyStore.users.page({
    ...{ after: query.after, limit: oneMore(query) },
    where: (user) => isListed(query, { owner: user.id, state: userState(user) }),
  });
  return pageOf(found, query, ({ id }) => id);
}
