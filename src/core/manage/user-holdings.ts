import type { Timestamp } from '../model/time.js';
import type { User } from '../model/user.js';
import type { Management } from './management.js';
import { isOver } from './sessions.js';

/** What goes with a user. */
export interface Holdings {
  /** The number of clients. */
  readonly clients: number;
  /** The number of sessions that have not ended. */
  readonly sessions: number;
  /** The beginning of the last of these; null if there is none. */
  readonly signedInAt: Timestamp | null;
}

/** Counts what goes with each of some users. */
export async function holdingsOf(
  { keyStore, clock }: Pick<Management, 'keyStore' | 'clock'>,
  users: readonly User[],
): Promise<(user: User) => Holdings> {
  const clients = new Map(users.map(({ id }) => [id, 0]));
  await keyStore.clients.page({
    where({ owner }) {
      const count = owner === null ? undefined : clients.get(owner);
      if (owner !== null && count !== undefined) clients.set(owner, count + 1);
      return false;
    },
  });
  const sessions = await keyStore.sessions.page();
  const now = clock.now();
  return (user) => {
    const open = sessions.filter((each) => each.userId === user.id && !isOver(each, { user, now }));
    return {
      clients: clients.get(user.id) ?? 0,
      sessions: open.length,
      signedInAt: open.length === 0 ? null : Math.max(...open.map(({ createdAt }) => createdAt)),
    };
  };
}
