import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { IssuedApiKey } from '../../api/types.js';
import { CommandHint } from '../../kit/command-hint.js';
import { Dialog } from '../../kit/dialog.js';
import { onSubmit } from '../../kit/field.js';
import { LabelField } from '../../kit/label-field.js';
import { Failure } from '../../kit/note.js';
import { ScopesField } from '../../kit/scopes-field.js';
import { inShell } from '../../kit/shell-text.js';
import { useAction } from '../../kit/use-action.js';
import { currentUser, queries } from '../../session/me.js';
import { OwnerField } from '../clients/owner-field.js';
import { TokenValidity, USUAL_END } from './token-validity.js';

/** Registers an API key: for a new client, or as one more credential of an existing one. */
export function NewToken({
  clientId,
  onClose,
  onMade,
}: {
  /** The client that gets it; an empty text for a new one. */
  clientId: string;
  onClose: () => void;
  onMade: (made: IssuedApiKey) => void;
}) {
  const { admin } = currentUser();
  const [label, setLabel] = useState('');
  const [owner, setOwner] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['ingest']);
  const [end, setEnd] = useState(USUAL_END);
  const { start, pending, error } = useAction(() =>
    call('post', '/api/v1/tokens', {
      body: {
        ...{ scopes: [...scopes], expires: end.text },
        ...(label !== '' && { label }),
        ...(owner !== '' && { owner }),
        ...(clientId !== '' && { clientId }),
      },
    }),
  );
  return (
    <Dialog title="New API key" onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          onMade(done.result);
          for (const queryKey of [['tokens'], ['clients']]) void queries.invalidateQueries({ queryKey });
        })}
      >
        {clientId !== '' && (
          <p>
            One more credential of the client <bdi class="mono">{clientId}</bdi>.
          </p>
        )}
        <LabelField value={label} onChange={setLabel} hint="What it is for, as in production-ingest." />
        <TokenValidity value={end} onChange={setEnd} />
        {admin && clientId === '' && <OwnerField value={owner} onChange={setOwner} unnamed="you" />}
        <ScopesField value={scopes} onChange={setScopes} />
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Creating…' : 'Create Key'}
          </button>
        </footer>
        <CommandHint
          commands={[
            `keywright register token --expires ${end.text || 'WHEN'}`,
            ...scopes.map((scope) => `--scope ${inShell(scope)}`),
            ...(label === '' ? [] : [`--label ${inShell(label)}`]),
            ...(clientId === '' ? [] : [`--client ${inShell(clientId)}`]),
            ...(owner === '' ? [] : [`--owner ${inShell(owner)}`]),
          ].join(' ')}
        />
      </form>
    </Dialog>
  );
}
