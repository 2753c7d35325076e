import type { User } from '../model/user.js';
import type { KeyStore, Unreadable } from '../ports/key-store.js';

/** The users, as the owners of what is listed. */
export interface Owners {
  of(owner: string | null): User | undefined;
  /** False if the owner may be in a part that cannot be read: nobody can say then whether what is theirs works. */
  isKnown(owner: string | null): boolean;
}

/** Fetches all users. @throws KeywrightError unless somebody is told what cannot be read */
export async function readOwners(
  { users }: Pick<KeyStore, 'users'>,
  unreadable: Unreadable | undefined,
): Promise<Owners> {
  let areAllRead = true;
  const lost: Unreadable | undefined =
    unreadable &&
    ((error) => {
      areAllRead = false;
      unreadable(error);
    });
  const byId = new Map((await users.page({ unreadable: lost })).map((user) => [user.id, user]));
  return {
    of: (owner) => byId.get(owner ?? ''),
    isKnown: (owner) => areAllRead || owner === null || byId.has(owner),
  };
}
