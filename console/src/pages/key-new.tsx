import { useState } from 'preact/hooks';
import { Link, useLocation, useSearch } from 'wouter-preact';
import { call } from '../api/call.js';
import type { IssuedClient } from '../api/types.js';
import { CommandHint } from '../kit/command-hint.js';
import { Field, onSubmit } from '../kit/field.js';
import { LabelField } from '../kit/label-field.js';
import { Failure } from '../kit/note.js';
import { ScopesField } from '../kit/scopes-field.js';
import { inShell } from '../kit/shell-text.js';
import { useAction } from '../kit/use-action.js';
import type { Validity } from '../kit/validity.js';
import { currentUser, queries } from '../session/me.js';
import { PageTitle } from '../shell/page-title.js';
import {
  type Algorithm,
  AlgorithmField,
  askedValidity,
  CertificateValidity,
  USUAL_VALIDITY,
  useAuthority,
} from './clients/issue-fields.js';
import { Issued } from './clients/issued.js';
import { OwnerField } from './clients/owner-field.js';

/** Makes a client with its certificate, key and token. A link may fill the form in: `?id=…&label=…&scopes=a,b&owner=…`. */
export default function KeyNewPage() {
  const [, navigate] = useLocation();
  const given = new URLSearchParams(useSearch());
  const { admin, user } = currentUser();
  const [id, setId] = useState(given.get('id') ?? '');
  const [label, setLabel] = useState(given.get('label') ?? '');
  const [owner, setOwner] = useState(given.get('owner') ?? (admin ? '' : user.id));
  const [scopes, setScopes] = useState<readonly string[]>(given.get('scopes')?.split(',') ?? ['ingest']);
  const [algorithm, setAlgorithm] = useState<Algorithm>('ec-p256');
  const [validity, setValidity] = useState<Validity>(USUAL_VALIDITY);
  const [withPassword, setWithPassword] = useState(false);
  const [issued, setIssued] = useState<IssuedClient>();
  const { data: authority } = useAuthority();
  const { start, pending, error } = useAction(() =>
    call('post', '/api/v1/clients', {
      body: {
        ...{
          id,
          algorithm,
          scopes: [...scopes],
          ...askedValidity(validity, authority?.expiresAt ?? undefined),
        },
        ...(label !== '' && { label }),
        ...(owner !== '' && { owner }),
        ...(withPassword && { mqttPassword: 'alone' as const }),
      },
    }),
  );
  if (issued) {
    const { id: made } = issued;
    return (
      <>
        <PageTitle title={`Generated ${made}`} />
        <Issued
          issued={issued}
          onSaved={() => {
            setIssued(undefined);
            navigate(`/keys/${made}`, { replace: true });
          }}
        />
      </>
    );
  }
  return (
    <>
      <PageTitle title="Generate a key" />
      <form
        class="card columns"
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          setIssued(done.result);
          void queries.invalidateQueries({ queryKey: ['clients'] });
        })}
      >
        <Field label="Client Id" hint="The name of the device or service. It cannot be changed.">
          {(control) => (
            <input
              {...control}
              class="mono"
              required
              autofocus
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
        <CertificateValidity value={validity} onChange={setValidity} />
        <LabelField value={label} onChange={setLabel} hint="What it is, for people." />
        {admin && <OwnerField value={owner} onChange={setOwner} unnamed="you" />}
        <ScopesField value={scopes} onChange={setScopes} />
        <details class="fold whole">
          <summary>More</summary>
          <div class="stack">
            <AlgorithmField value={algorithm} onChange={setAlgorithm} />
            <label class="choice">
              <input
                type="checkbox"
                checked={withPassword}
                onChange={({ currentTarget }) => setWithPassword(currentTarget.checked)}
              />
              <span>
                Also make an MQTT password
                <span class="hint">
                  For devices that only know user name and password: the user name is the client id.
                </span>
              </span>
            </label>
          </div>
        </details>
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Generating…' : 'Generate'}
          </button>
          <Link href="/keys">Cancel</Link>
        </footer>
      </form>
      <CommandHint commands={commandOf({ id, label, owner, scopes, algorithm, validity })} />
    </>
  );
}

/** The command that makes the same. */
function commandOf(asked: {
  readonly id: string;
  readonly label: string;
  readonly owner: string;
  readonly scopes: readonly string[];
  readonly algorithm: Algorithm;
  readonly validity: Validity;
}): string {
  const { id, label, owner, scopes, algorithm, validity } = asked;
  const flags = [
    ...[validity.kind === 'until' ? `--not-after ${validity.text}` : `--valid-for ${validity.text}`],
    ...scopes.map((scope) => `--scope ${inShell(scope)}`),
    ...(algorithm === 'ec-p256' ? [] : [`--algorithm ${algorithm}`]),
    ...(label === '' ? [] : [`--label ${inShell(label)}`]),
    ...(owner === '' ? [] : [`--owner ${inShell(owner)}`]),
  ];
  return `keywright key gen ${inShell(id || 'CLIENT-ID')} ${flags.join(' ')} --zip`;
}
