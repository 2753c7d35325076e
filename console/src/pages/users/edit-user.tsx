import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { ListedUser } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { Dialog } from '../../kit/dialog.js';
import { onSubmit } from '../../kit/field.js';
import { Failure } from '../../kit/note.js';
import { useAction } from '../../kit/use-action.js';
import { queries } from '../../session/me.js';
import { type Details, namesOf, UserFields } from './user-fields.js';

/** Changes e-mail, role, scopes, groups and domains. Only what differs is sent, so that what a colleague changed meanwhile stays. */
export function EditUser({ user, onClose }: { user: ListedUser; onClose: () => void }) {
  const before = detailsOf(user);
  const [details, setDetails] = useState(before);
  const { start, pending, error } = useAction(() => {
    const { email, role, scopes, groups, domains } = details;
    return call('patch', '/api/v1/users/{id}', {
      id: user.id,
      body: {
        ...(email !== before.email && { email: email || null }),
        ...(role !== before.role && { role }),
        ...(scopes.join(' ') !== before.scopes.join(' ') && { scopes: [...scopes] }),
        ...(groups !== before.groups && { groups: namesOf(groups) }),
        ...(domains !== before.domains && { domains: namesOf(domains) }),
      },
    });
  });
  return (
    <Dialog title={`Edit ${user.id}`} onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          if (!(await start())) return;
          void queries.invalidateQueries({ queryKey: ['users'] });
          announce(`Saved ${user.id}.`);
          onClose();
        })}
      >
        <UserFields value={details} onChange={setDetails} />
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Saving…' : 'Save'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}

function detailsOf({ email, role, scopes, groups, domains }: ListedUser): Details {
  return { email: email ?? '', role, scopes, groups: groups.join(', '), domains: domains.join(', ') };
}
