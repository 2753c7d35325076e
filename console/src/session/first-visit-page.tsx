import { useState } from 'preact/hooks';
import { useLocation } from 'wouter-preact';
import { call } from '../api/call.js';
import { Field, onSubmit } from '../kit/field.js';
import { Failure } from '../kit/note.js';
import { useAction } from '../kit/use-action.js';
import { Brand } from '../shell/brand.js';
import { setMe } from './me.js';

/** Taken out of the address before anything else happens: it must not stay in the history. */
const brought = takeToken();

/** Makes the first admin, by the link that `serve` or `keywright console` printed. */
export function FirstVisitPage() {
  const [, navigate] = useLocation();
  const [link, setLink] = useState('');
  const token = brought || link.slice(link.indexOf('#') + 1).trim();
  const [id, setId] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const { start, pending, error } = useAction(async () => {
    setMe(await call('post', '/api/v1/first-user', { body: { token, id, password }, unasked: true }));
  });
  return (
    <main class="alone">
      <Brand />
      <h1>Welcome</h1>
      <p>Make the first user. It may see and change everything, and add others.</p>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          if (password === again && (await start())) navigate('/', { replace: true });
        })}
      >
        {error !== undefined && <Failure error={error} />}
        {brought === '' && (
          <Field
            label="Link"
            hint={
              <>
                Paste what <code>keywright console</code> printed, or <code>keywright serve</code> when it
                started.
              </>
            }
          >
            {(control) => (
              <input
                {...control}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                required
                autofocus
                value={link}
                onInput={({ currentTarget }) => setLink(currentTarget.value)}
              />
            )}
          </Field>
        )}
        <Field label="User" hint='As in ann or site-admin: letters, digits, "_", ".", "@" and "-".'>
          {(control) => (
            <input
              {...control}
              name="username"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              autofocus={brought !== ''}
              maxLength={64}
              value={id}
              onInput={({ currentTarget }) => setId(currentTarget.value)}
            />
          )}
        </Field>
        <Field label="Password" hint="At least 12 characters.">
          {(control) => (
            <input
              {...control}
              type="password"
              autocomplete="new-password"
              required
              minLength={12}
              maxLength={512}
              value={password}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          )}
        </Field>
        <Field
          label="Password again"
          error={again !== '' && again !== password ? 'The two passwords differ.' : undefined}
        >
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
        <footer>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'One moment…' : 'Make this user and sign in'}
          </button>
        </footer>
      </form>
    </main>
  );
}

function takeToken(): string {
  if (!location.pathname.endsWith('/first')) return '';
  const found = location.hash.slice(1);
  if (found !== '') history.replaceState(null, '', location.pathname);
  return found;
}
