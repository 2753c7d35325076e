import { useRef, useState } from 'preact/hooks';
import { ApiError } from '../api/api-error.js';
import type { Me } from '../api/types.js';
import { Field, onSubmit } from '../kit/field.js';
import { Failure } from '../kit/note.js';
import { useAction } from '../kit/use-action.js';
import { signIn } from './me.js';

/** Name and password. What was typed wrong stays, except for the password. */
export function SignInForm({
  user: known = '',
  onSignedIn,
}: {
  user?: string;
  onSignedIn: (me: Me) => void;
}) {
  const [user, setUser] = useState(known);
  const [password, setPassword] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const { start, pending, error } = useAction(signIn);
  return (
    <form
      noValidate
      onSubmit={onSubmit(async () => {
        const done = await start(user, password);
        setPassword('');
        if (done) onSignedIn(done.result);
        else field.current?.focus();
      })}
    >
      {error !== undefined && <Failure error={refused(error)} />}
      <Field label="User">
        {(control) => (
          <input
            {...control}
            name="username"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
            data-focus={known === '' || undefined}
            autofocus={known === ''}
            value={user}
            onInput={({ currentTarget }) => setUser(currentTarget.value)}
          />
        )}
      </Field>
      <Field label="Password">
        {(control) => (
          <input
            {...control}
            ref={field}
            type="password"
            name="password"
            autocomplete="current-password"
            required
            data-focus={known !== '' || undefined}
            value={password}
            onInput={({ currentTarget }) => setPassword(currentTarget.value)}
          />
        )}
      </Field>
      <footer>
        <button type="submit" class="primary" disabled={pending}>
          {pending ? 'Signing in…' : 'Sign in'}
        </button>
      </footer>
    </form>
  );
}

function refused(error: unknown): unknown {
  const wrong = error instanceof ApiError && error.status === 401;
  return wrong ? new Error('User or password is wrong.') : error;
}
