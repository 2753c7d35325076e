import { KeywrightError } from '../model/errors.js';
import { parseUserName, type User } from '../model/user.js';
import type { FirstVisit } from '../ports/first-visit.js';
import { OPERATOR } from './actor.js';
import type { Managing } from './management.js';
import { addUser } from './users.js';

/**
 * Makes the first user of a home, an admin, for whoever has the link of the first visit.
 * @returns undefined if the token is not that of the link
 * @throws KeywrightError `refused` if there is a user; `invalid-input`
 */
export function addFirstUser(
  services: Omit<Managing<'passwords'>, 'actor'> & { readonly firstVisit: FirstVisit },
  { token, id, password }: { readonly token: string; readonly id: string; readonly password: string },
): Promise<User | undefined> {
  return services.firstVisit.redeem(token, async () => {
    const [user] = await services.keyStore.users.page({ limit: 1 });
    if (user !== undefined) throw thereIsAUser();
    return addUser({ ...services, actor: OPERATOR }, { id: parseUserName(id), password, role: 'admin' });
  });
}

/** Makes the error for a first visit to a home that has users. */
export function thereIsAUser(): KeywrightError {
  return new KeywrightError('refused', 'there is a user already, who adds others', {
    hint: 'sign in, or add a user with: keywright user add NAME --role admin',
  });
}
