import { QueryClient, useQuery } from '@tanstack/preact-query';
import { ApiError } from '../api/api-error.js';
import { call } from '../api/call.js';
import type { Me } from '../api/types.js';
import { setClock } from '../kit/clock.js';
import { hearOtherTabs, tellOtherTabs } from './other-tabs.js';
import { hasSignedIn, signingIn, stopWaiting } from './sign-in-again.js';

/** What the server told, kept for a while. What failed for a reason of its own is not asked again; a server that is away is, twice. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 15_000,
      retry: (count, error) =>
        count < 2 && error instanceof ApiError && [0, 502, 503, 504].includes(error.status),
    },
  },
});

const ME = ['me'];

hearOtherTabs({
  known: () => queries.getQueryData<Me | null>(ME),
  askAgain: () => void queries.invalidateQueries({ queryKey: ME }),
});

/** Who is signed in; null for nobody. */
export function useMe() {
  return useQuery<Me | null>({
    queryKey: ME,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => {
      try {
        return remembered(await call('get', '/api/v1/session', { unasked: true }));
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) return null;
        throw error;
      }
    },
  });
}

/** Who is signed in, for pages: they are shown to nobody else. */
export function currentUser(): Me {
  const me = queries.getQueryData<Me | null>(ME);
  if (!me) throw new Error('nobody is signed in');
  return me;
}

export function setMe(me: Me | null): void {
  queries.setQueryData(ME, me && remembered(me));
}

/** Signs in. Another person than before sees nothing of what the former one saw. */
export async function signIn(user: string, password: string): Promise<Me> {
  const before = queries.getQueryData<Me | null>(ME);
  const me = await call('post', '/api/v1/session', { body: { user, password }, unasked: true });
  if (before && before.user.id !== me.user.id) forget();
  setMe(me);
  tellOtherTabs(me);
  return me;
}

/** Changes one's own password, which ends all of one's sessions, and signs in by the new one. */
export async function changeOwnPassword(body: {
  readonly password: string;
  readonly currentPassword: string;
}): Promise<void> {
  const { id } = currentUser().user;
  signingIn.set(true);
  try {
    await call('put', '/api/v1/users/{id}/password', { id, body });
    await signIn(id, body.password);
    hasSignedIn();
  } finally {
    signingIn.set(false);
  }
}

export async function signOut(): Promise<void> {
  try {
    await call('delete', '/api/v1/session', { unasked: true });
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  }
  setMe(null);
  stopWaiting();
  tellOtherTabs(null);
  forget();
}

/** Forgets what the server told, except for who is signed in. */
function forget(): void {
  void queries.cancelQueries();
  queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== ME[0] });
}

function remembered(me: Me): Me {
  setClock(me.time);
  return me;
}
