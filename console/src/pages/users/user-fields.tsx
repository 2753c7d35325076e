import { Field } from '../../kit/field.js';
import { ScopesField } from '../../kit/scopes-field.js';

/** What of a user can be edited. */
export interface Details {
  readonly email: string;
  readonly role: 'admin' | 'member';
  readonly scopes: readonly string[];
  /** As they are typed: `plant7, plant8`. */
  readonly groups: string;
  readonly domains: string;
}

export function UserFields({ value, onChange }: { value: Details; onChange: (value: Details) => void }) {
  const set = (changes: Partial<Details>) => onChange({ ...value, ...changes });
  return (
    <>
      <Field label="E-mail" optional hint="Another name to sign in with.">
        {(control) => (
          <input
            {...control}
            type="email"
            autocomplete="off"
            spellcheck={false}
            maxLength={254}
            value={value.email}
            onInput={({ currentTarget }) => set({ email: currentTarget.value.trim() })}
          />
        )}
      </Field>
      <Field label="Role" hint={ROLES[value.role]}>
        {(control) => (
          <select
            {...control}
            value={value.role}
            onChange={({ currentTarget }) => set({ role: currentTarget.value as Details['role'] })}
          >
            <option value="member">member</option>
            <option value="admin">admin</option>
          </select>
        )}
      </Field>
      <ScopesField value={value.scopes} onChange={(scopes) => set({ scopes })} />
      <details class="fold whole" open={value.groups !== '' || value.domains !== '' || undefined}>
        <summary>More</summary>
        <div class="stack">
          <NamesField label="Groups" value={value.groups} onChange={(groups) => set({ groups })} />
          <NamesField
            label="Domains"
            hint="In which the user may act; * is all of them."
            value={value.domains}
            onChange={(domains) => set({ domains })}
          />
        </div>
      </details>
    </>
  );
}

const ROLES = {
  member: 'Sees and manages what is theirs.',
  admin: 'Sees and manages everything, if their scopes have admin or *, too.',
} as const;

function NamesField({
  label,
  hint,
  value,
  onChange,
}: {
  label: string;
  hint?: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label} optional hint={['Names with commas between them.', hint].filter(Boolean).join(' ')}>
      {(control) => (
        <input
          {...control}
          autocomplete="off"
          spellcheck={false}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Field>
  );
}

/** Reads names with commas between them. */
export function namesOf(text: string): string[] {
  return text
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
