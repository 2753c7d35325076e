import type { ListedUser } from '../../api/types.js';
import { Time } from '../../kit/time.js';
import { UserState } from './columns.js';

/** What a question about a user names. */
export function AboutUser({ user }: { user: ListedUser }) {
  const { id, email, role, clients, sessions, signedInAt } = user;
  return (
    <dl class="facts">
      <dt>User</dt>
      <dd>
        <bdi class="mono">{id}</bdi> <UserState user={user} />
      </dd>
      {email !== null && (
        <>
          <dt>E-mail</dt>
          <dd>
            <bdi>{email}</bdi>
          </dd>
        </>
      )}
      <dt>Role</dt>
      <dd>{role}</dd>
      <dt>Clients</dt>
      <dd>{clients === 0 ? 'none' : clients.toLocaleString('en')}</dd>
      <dt>Signed in</dt>
      <dd>
        {sessions === 0 ? (
          'no'
        ) : (
          <>
            {sessions === 1 ? '1 session' : `${sessions} sessions`}, the last since{' '}
            <Time at={signedInAt} focusable />
          </>
        )}
      </dd>
    </dl>
  );
}
