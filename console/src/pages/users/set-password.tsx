import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import { announce } from '../../kit/announce.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { Failure } from '../../kit/note.js';
import { useAction } from '../../kit/use-action.js';
import { changeOwnPassword, currentUser, queries } from '../../session/me.js';
import type { PasswordSet } from './add-user.js';
import { type NewPassword, PasswordField, passwordOf, TypedPassword } from './password-field.js';

/** Gives a user another password, made or typed. */
export function SetPassword({
  id,
  onClose,
  onSet,
}: {
  id: string;
  onClose: () => void;
  onSet: (set: PasswordSet) => void;
}) {
  const [password, setPassword] = useState<NewPassword>(undefined);
  const { start, pending, error } = useAction(async () => {
    const { sent, shown } = passwordOf(password);
    await call('put', '/api/v1/users/{id}/password', { id, body: { password: sent } });
    return { id, shown };
  });
  return (
    <Dialog title={`Set the password of ${id}`} onClose={onClose}>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          changed(id);
          onClose();
          onSet(done.result);
        })}
      >
        <p>The former password stops at once, and all sessions of the user end.</p>
        <PasswordField value={password} onChange={setPassword} />
        {error !== undefined && <Failure error={error} />}
        <Buttons pending={pending} onClose={onClose} />
      </form>
    </Dialog>
  );
}

/** Changes one's own password, by the former one, and signs in with it: the change ends all sessions. */
export function ChangeOwnPassword({ onClose }: { onClose: (changed: boolean) => void }) {
  const { id } = currentUser().user;
  const [current, setCurrent] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const differs = again !== '' && again !== password;
  const { start, pending, error } = useAction(() =>
    changeOwnPassword({ password, currentPassword: current }),
  );
  return (
    <Dialog title="Change your password" onClose={() => onClose(false)}>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          if (differs || !(await start())) return;
          changed(id);
          onClose(true);
        })}
      >
        <p>All your other sessions end.</p>
        <input type="text" class="sr" tabIndex={-1} autocomplete="username" readOnly value={id} aria-hidden />
        <Field label="Your password now">
          {(control) => (
            <input
              {...control}
              type="password"
              data-focus
              autocomplete="current-password"
              required
              value={current}
              onInput={({ currentTarget }) => setCurrent(currentTarget.value)}
            />
          )}
        </Field>
        <TypedPassword label="The new password" value={password} onChange={setPassword} />
        <Field label="The new password again" error={differs ? 'The two passwords differ.' : undefined}>
          {(control) => (
            <input
              {...control}
              type="password"
              autocomplete="new-password"
              required
              value={again}
              onInput={({ currentTarget }) => setAgain(currentTarget.value)}
            />
          )}
        </Field>
        {error !== undefined && <Failure error={error} />}
        <Buttons pending={pending} onClose={() => onClose(false)} />
      </form>
    </Dialog>
  );
}

function Buttons({ pending, onClose }: { pending: boolean; onClose: () => void }) {
  return (
    <footer>
      <button type="button" onClick={onClose}>
        Cancel
      </button>
      <button type="submit" class="primary" disabled={pending}>
        {pending ? 'One moment…' : 'Set the password'}
      </button>
    </footer>
  );
}

function changed(id: string): void {
  for (const queryKey of [['users'], ['sessions']]) void queries.invalidateQueries({ queryKey });
  announce(`Changed the password of ${id}.`);
}
