import { useId } from 'preact/hooks';
import { Field } from '../../kit/field.js';
import { generatePassword, PASSWORD_RULE } from '../../kit/password.js';

/** A new password: one that is typed, or undefined for one to be made. */
export type NewPassword = string | undefined;

/** What a form sends, and what is to be shown, once: a password that was typed is known already. */
export function passwordOf(chosen: NewPassword): { readonly sent: string; readonly shown: NewPassword } {
  const made = chosen === undefined ? generatePassword() : undefined;
  return { sent: chosen ?? made ?? '', shown: made };
}

/** Chooses whether the password is made or typed. */
export function PasswordField({
  value,
  onChange,
}: {
  value: NewPassword;
  onChange: (value: NewPassword) => void;
}) {
  const name = useId();
  return (
    <fieldset class="whole">
      <legend>Password</legend>
      <label class="choice">
        <input type="radio" name={name} checked={value === undefined} onChange={() => onChange(undefined)} />
        <span>
          Generate one
          <span class="hint">It is shown once, for you to hand over.</span>
        </span>
      </label>
      <label class="choice">
        <input type="radio" name={name} checked={value !== undefined} onChange={() => onChange('')} />
        <span>Type one</span>
      </label>
      {value !== undefined && <TypedPassword label="The new password" value={value} onChange={onChange} />}
    </fieldset>
  );
}

export function TypedPassword({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label} hint={PASSWORD_RULE.words}>
      {(control) => (
        <input
          {...control}
          type="password"
          autocomplete="new-password"
          required
          minLength={PASSWORD_RULE.least}
          maxLength={PASSWORD_RULE.most}
          value={value}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </Field>
  );
}
