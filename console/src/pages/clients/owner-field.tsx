import { useQuery } from '@tanstack/preact-query';
import { useId } from 'preact/hooks';
import { callPage } from '../../api/call.js';
import { Field } from '../../kit/field.js';

/** Whose it is: a user, of whom the first hundred are offered. */
export function OwnerField({
  value,
  onChange,
  unnamed,
}: {
  value: string;
  onChange: (value: string) => void;
  /** Whose it is if nobody is named. */
  unnamed: 'you' | 'nobody';
}) {
  return (
    <UserField
      label="Owner"
      optional
      hint={`The user who sees and manages it; ${unnamed}, if left empty. It stops with them.`}
      value={value}
      onChange={onChange}
    />
  );
}

/** A user by name. */
export function UserField({
  value,
  onChange,
  ...told
}: {
  label: string;
  hint?: string;
  optional?: boolean;
  value: string;
  onChange: (value: string) => void;
}) {
  const list = useId();
  const { data } = useQuery({
    queryKey: ['users', 'names'],
    queryFn: () => callPage('/api/v1/users', { query: { limit: '100' } }),
  });
  return (
    <Field {...told}>
      {(control) => (
        <>
          <input
            {...control}
            required={told.optional !== true}
            list={list}
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            maxLength={64}
            value={value}
            onInput={({ currentTarget }) => onChange(currentTarget.value.trim())}
          />
          <datalist id={list}>
            {data?.rows.map(({ id }) => (
              <option key={id} value={id} />
            ))}
          </datalist>
        </>
      )}
    </Field>
  );
}
