import { useState } from 'preact/hooks';
import { call } from '../../api/call.js';
import type { NewProvisioningKey as Made } from '../../api/types.js';
import { CommandHint } from '../../kit/command-hint.js';
import { Dialog } from '../../kit/dialog.js';
import { Field, onSubmit } from '../../kit/field.js';
import { LabelField } from '../../kit/label-field.js';
import { Failure } from '../../kit/note.js';
import { ScopesField } from '../../kit/scopes-field.js';
import { inShell } from '../../kit/shell-text.js';
import { useAction } from '../../kit/use-action.js';
import type { Validity } from '../../kit/validity.js';
import { ValidityField } from '../../kit/validity-field.js';
import { queries } from '../../session/me.js';
import { OwnerField } from '../clients/owner-field.js';

/** Makes a key that devices register themselves with. */
export function NewProvisioningKey({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (made: Made) => void;
}) {
  const [label, setLabel] = useState('');
  const [uses, setUses] = useState('1');
  const [owner, setOwner] = useState('');
  const [scopes, setScopes] = useState<readonly string[]>(['ingest']);
  const [end, setEnd] = useState<Validity>({ kind: 'duration', text: '24h' });
  const { start, pending, error } = useAction(() =>
    call('post', '/api/v1/provision/keys', {
      body: {
        ...{ scopes: [...scopes], expires: end.text, uses: Number(uses) },
        ...(label !== '' && { label }),
        ...(owner !== '' && { owner }),
      },
    }),
  );
  return (
    <Dialog title="New provisioning key" onClose={onClose} wide>
      <form
        noValidate
        onSubmit={onSubmit(async () => {
          const done = await start();
          if (!done) return;
          onMade(done.result);
          void queries.invalidateQueries({ queryKey: ['provisioning'] });
        })}
      >
        <LabelField value={label} onChange={setLabel} hint="Which device or batch it is for." />
        <Field label="Devices" hint="How many may register with it. Its last use deletes it.">
          {(control) => (
            <input
              {...control}
              type="number"
              required
              min={1}
              max={1_000_000}
              step={1}
              value={uses}
              onInput={({ currentTarget }) => setUses(currentTarget.value)}
            />
          )}
        </Field>
        <ValidityField
          durations={[
            ['24h', '24 hours (usual)'],
            ['1h', '1 hour'],
            ['7d', '7 days'],
            ['30d', '30 days'],
          ]}
          neverWarning="Whoever finds it can register a device with it, at any time."
          value={end}
          onChange={setEnd}
        />
        <OwnerField value={owner} onChange={setOwner} unnamed="you" />
        <ScopesField value={scopes} onChange={setScopes} legend="What the devices may do" />
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class="primary" disabled={pending}>
            {pending ? 'Creating…' : 'Create'}
          </button>
        </footer>
        <CommandHint
          commands={[
            `keywright provision key create --expires ${end.text || 'WHEN'} --uses ${uses || '1'}`,
            ...scopes.map((scope) => `--scope ${inShell(scope)}`),
            ...(label === '' ? [] : [`--label ${inShell(label)}`]),
            ...(owner === '' ? [] : [`--owner ${inShell(owner)}`]),
          ].join(' ')}
        />
      </form>
    </Dialog>
  );
}
