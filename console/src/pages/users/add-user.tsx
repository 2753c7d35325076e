import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import { announce } from '../../kit/announce.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { Failure } from '../../kit/note.js';
import { useAction } from '../../kit/use-action.js';
import { queries } from '../../session/me.js';
import { type NewPassword, PasswordField, passwordOf } from './password-field.js';
import { type Details, namesOf, UserFields } from './user-fields.js';

/** What a dialog leads to: a password to show, if one was made. */
export interface PasswordSet {
  readonly id: string;
  readonly shown: NewPassword;
}

/** The scopes of a new user of each role, as `user add` has them. */
const USUAL_SCOPES = { member: ['ingest'], admin: ['*'] } as const;

export function AddUser({
  onClose,
  onAdded,
}: {
  onClose: () => void;
  onAdded: (added: PasswordSet) => void;
}) {
  const [id, setId] = useState('');
  const [details, setDetails] = useState<Details>({
    ...{ email: '', role: 'member', groups: '', domains: '' },
    scopes: USUAL_SCOPES.member,
  });
  const [password, setPassword] = useState<NewPassword>(undefined);
  const { start, pending, error } = useAction(async () => {
    const { sent, shown } = passwordOf(password);
    const { email, role, scopes, groups, domains } = details;
    const added = await call('post', '/api/v1/users', {
      body: {
        ...{ id, password: sent, role, scopes: [...scopes] },
        ...{ groups: namesOf(groups), domains: namesOf(domains) },
        ...(email !== '' && { email }),
      },
    });
    return { id: added.id, shown };
  });
  const change = (next: Details) => {
    const isUsual = next.scopes.join(' ') === USUAL_SCOPES[details.role].join(' ');
    setDetails(next.role !== details.role && isUsual ? { ...next, scopes: USUAL_SCOPES[next.role] } : next);
  };
  return (
    <Dialog title="Add a user" onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          void queries.invalidateQueries({ queryKey: ['users'] });
          announce(`Added ${done.result.id}.`);
          onClose();
          onAdded(done.result);
        })}
      >
        <Field label="Name" hint='As in ann or site-admin: letters, digits, "_", ".", "@" and "-".'>
          {(control) => (
            <input
              {...control}
              class="mono"
              data-focus
              required
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              maxLength={64}
              pattern="[A-Za-z0-9][A-Za-z0-9_.@\-]*"
              title='A letter or digit first, then letters, digits, "_", ".", "@" or "-".'
              value={id}
              onInput={({ currentTarget }) => setId(currentTarget.value)}
            />
          )}
        </Field>
        <UserFields value={details} onChange={change} />
        <PasswordField value={password} onChange={setPassword} />
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Adding…' : 'Add the user'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
