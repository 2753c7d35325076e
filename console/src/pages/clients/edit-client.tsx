import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { Client } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { LabelField } from '../../kit/label-field.js';
import { Failure } from '../../kit/note.js';
import { ScopesField } from '../../kit/scopes-field.js';
import { useAction } from '../../kit/use-action.js';
import { currentUser, queries } from '../../session/me.js';
import { OwnerField } from './owner-field.js';

/** Changes label, owner, domain and scopes. Only what differs is sent, so that what a colleague changed meanwhile stays. */
export function EditClient({ client, onClose }: { client: Client; onClose: () => void }) {
  const [label, setLabel] = useState(client.label ?? '');
  const [owner, setOwner] = useState(client.owner ?? '');
  const [domain, setDomain] = useState(client.domain ?? '');
  const [scopes, setScopes] = useState<readonly string[]>(client.scopes);
  const { admin } = currentUser();
  const { start, pending, error } = useAction(() =>
    call('patch', '/api/v1/clients/{id}', {
      id: client.id,
      body: {
        ...(label !== (client.label ?? '') && { label: label || null }),
        ...(owner !== (client.owner ?? '') && { owner: owner || null }),
        ...(domain !== (client.domain ?? '') && { domain: domain || null }),
        ...(scopes.join(' ') !== client.scopes.join(' ') && { scopes: [...scopes] }),
      },
    }),
  );
  return (
    <Dialog title={`Edit ${client.id}`} onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          queries.setQueryData(['clients', 'one', client.id], done.result);
          void queries.invalidateQueries({ queryKey: ['clients'] });
          announce(`Saved ${client.id}.`);
          onClose();
        })}
      >
        <LabelField value={label} onChange={setLabel} />
        {admin && <OwnerField value={owner} onChange={setOwner} unnamed="nobody" />}
        {(admin || client.domain !== null) && (
          <Field label="Domain" optional hint="Callers that name a domain get in by it only.">
            {(control) => (
              <input
                {...control}
                maxLength={80}
                spellcheck={false}
                value={domain}
                onInput={({ currentTarget }) => setDomain(currentTarget.value)}
              />
            )}
          </Field>
        )}
        <ScopesField value={scopes} onChange={setScopes} />
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
