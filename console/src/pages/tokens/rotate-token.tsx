import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { ApiKey, RotatedApiKey } from '../../api/types.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { Failure } from '../../kit/note.js';
import { OVERLAPS } from '../../kit/overlaps.js';
import { useAction } from '../../kit/use-action.js';
import { queries } from '../../session/me.js';
import { AboutToken } from './about-token.js';
import { nameOf } from './actions.js';

/** Makes a new key with the same permissions. The former one holds for a while, so that devices can be changed over. */
export function RotateToken({
  apiKey,
  onClose,
  onMade,
}: {
  apiKey: ApiKey;
  onClose: () => void;
  onMade: (made: RotatedApiKey) => void;
}) {
  const [overlap, setOverlap] = useState('24h');
  const { start, pending, error } = useAction(() =>
    call('post', '/api/v1/tokens/{id}/rotate', {
      id: apiKey.id,
      body: overlap === '' ? { now: true } : { overlap },
    }),
  );
  return (
    <Dialog title={`Rotate ${nameOf(apiKey)}`} onClose={onClose}>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          onMade(done.result);
          for (const queryKey of [['tokens'], ['clients']]) void queries.invalidateQueries({ queryKey });
        })}
      >
        <AboutToken apiKey={apiKey} />
        <p>The new key has the same permissions, and lasts as long as this one was made for.</p>
        <Field label="The former key holds">
          {(control) => (
            <select
              {...control}
              data-focus
              value={overlap}
              onChange={({ currentTarget }) => setOverlap(currentTarget.value)}
            >
              {OVERLAPS.map(([value, words]) => (
                <option key={value} value={value}>
                  {value === '' ? 'not at all: it stops now' : words}
                </option>
              ))}
            </select>
          )}
        </Field>
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Rotating…' : 'Rotate'}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
