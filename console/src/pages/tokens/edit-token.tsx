import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { ApiKey } from '../../api/types.js';
import { announce } from '../../kit/announce.js';
import { Dialog } from '../../kit/dialog.js';
import { onSubmit } from '../../kit/field.js';
import { LabelField } from '../../kit/label-field.js';
import { Failure } from '../../kit/note.js';
import { ScopesField } from '../../kit/scopes-field.js';
import { Time } from '../../kit/time.js';
import { useAction } from '../../kit/use-action.js';
import { queries } from '../../session/me.js';
import { nameOf } from './actions.js';
import { TokenValidity, USUAL_END } from './token-validity.js';

/** Changes label, end and scopes. Only what differs is sent, so that what a colleague changed meanwhile stays. */
export function EditToken({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const [label, setLabel] = useState(apiKey.label ?? '');
  const [scopes, setScopes] = useState<readonly string[]>(apiKey.scopes);
  const [newEnd, setNewEnd] = useState(false);
  const [end, setEnd] = useState(USUAL_END);
  const { start, pending, error } = useAction(() =>
    call('patch', '/api/v1/tokens/{id}', {
      id: apiKey.id,
      body: {
        ...(label !== (apiKey.label ?? '') && { label }),
        ...(newEnd && { expires: end.text }),
        ...(scopes.join(' ') !== apiKey.scopes.join(' ') && { scopes: [...scopes] }),
      },
    }),
  );
  return (
    <Dialog title={`Edit ${nameOf(apiKey)}`} onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          for (const queryKey of [['tokens'], ['clients']]) void queries.invalidateQueries({ queryKey });
          announce(`Saved ${nameOf(done.result)}.`);
          onClose();
        })}
      >
        <LabelField value={label} onChange={setLabel} />
        <label class="choice">
          <input
            type="checkbox"
            checked={newEnd}
            onChange={({ currentTarget }) => setNewEnd(currentTarget.checked)}
          />
          <span>
            Give it another end
            <span class="hint">
              Now it ends <Time at={apiKey.expiresAt} never="never" />.
            </span>
          </span>
        </label>
        {newEnd && <TokenValidity value={end} onChange={setEnd} />}
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
