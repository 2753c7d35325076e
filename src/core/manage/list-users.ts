import type { User } from '../model/user.js';
import {
  isListed,
  type ListRequest,
  type Page,
  pageOf,
  pageQuery,
  parseListRequest,
  type Reading,
} from './lists.js';
import type { Management } from './management.js';
import { USER_STATES, userState } from './views.js';

/**
 * Lists the users in the order of their names, unless another one is asked for. A member sees itself.
 * @throws KeywrightError `invalid-input`
 */
export async function listUsers(
  services: Pick<Management, 'keyStore' | 'clock' | 'actor'>,
  request: Pick<ListRequest, 'limit' | 'after' | 'state' | 'search' | 'sort'> = {},
  { isCounted = false, unreadable }: Reading = {},
): Promise<Page<User>> {
  const query = await parseListRequest(services, request, {
    states: USER_STATES,
    sorts: ['id', 'createdAt'],
  });
  let total = 0;
  const found = await services.keyStore.users.page({
    ...pageQuery<User>(
      query,
      () =>
        ({ createdAt }) =>
          createdAt,
    ),
    ...{ isWhole: isCounted, unreadable },
    where(user) {
      const { id, email } = user;
      const isAskedFor = isListed(query, { owner: id, state: userState(user), names: [email] });
      if (isAskedFor) total += 1;
      return isAskedFor;
    },
  });
  const page = pageOf(found, query, ({ id, createdAt }, by) => ({ id, value: by === 'id' ? 0 : createdAt }));
  return isCounted ? { ...page, total } : page;
}
