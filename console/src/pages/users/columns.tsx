import { Link } from 'wouter-preact';
import type { ListedUser } from '../../api/types.js';
import type { Column } from '../../kit/table.js';
import { Time } from '../../kit/time.js';

export const USER_COLUMNS: readonly Column<ListedUser>[] = [
  {
    head: 'User',
    size: 'broad',
    sort: 'id',
    cell: ({ id, email }) => (
      <div>
        <bdi>{id}</bdi>
        {email !== null && (
          <div class="muted small clip">
            <bdi>{email}</bdi>
          </div>
        )}
      </div>
    ),
  },
  { head: 'Role', cell: ({ role }) => role },
  { head: 'State', cell: (user) => <UserState user={user} /> },
  {
    head: 'Clients',
    cell: ({ id, clients }) =>
      clients === 0 ? (
        <span class="muted">none</span>
      ) : (
        <Link href={`/keys?owner=${encodeURIComponent(id)}`}>
          {clients === 1 ? '1 client' : `${clients.toLocaleString('en')} clients`}
        </Link>
      ),
  },
  {
    head: 'Signed in',
    size: 'broad',
    cell: ({ id, sessions, signedInAt }) =>
      sessions === 0 ? (
        <span class="muted">no</span>
      ) : (
        <div>
          <Link href={`/sessions?owner=${encodeURIComponent(id)}`}>
            {sessions === 1 ? '1 session' : `${sessions.toLocaleString('en')} sessions`}
          </Link>
          <div class="muted small">
            <Time at={signedInAt} />
          </div>
        </div>
      ),
  },
  {
    head: 'Scopes',
    only: 'wider',
    cell: ({ scopes }) => (
      <div>
        {scopes.map((scope) => (
          <bdi key={scope} class="tag">
            {scope}
          </bdi>
        ))}
      </div>
    ),
  },
  { head: 'Made', only: 'wide', sort: 'createdAt', cell: ({ createdAt }) => <Time at={createdAt} /> },
];

export function UserState({ user: { status } }: { user: Pick<ListedUser, 'status'> }) {
  return <span class={`badge ${status === 'enabled' ? 'good' : 'warn'}`}>{status}</span>;
}
