import { Field } from './field.js';

/** The label of a client, an API key or a provisioning key. It has the focus first in a dialog. */
export function LabelField({
  value,
  onChange,
  hint,
}: {
  value: string;
  onChange: (value: string) => void;
  hint?: string | undefined;
}) {
  return (
    <Field label="Label" optional hint={hint}>
      {(control) => (
        <input
          {...control}
          data-focus
          autocomplete="off"
          maxLength={200}
          dir="auto"
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Field>
  );
}
