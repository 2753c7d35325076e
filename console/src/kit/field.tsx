import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

/** What the control of a field has to have. */
export interface Control {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean | undefined;
  onInvalid: (event: Event) => void;
  onBlur: (event: JSX.TargetedFocusEvent<FieldControl>) => void;
}
type FieldControl = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/**
 * A labelled control with a hint and its error. The platform's constraints decide; what they say stands below the control, linked to it, once
 * somebody has left it or tried to go on.
 */
export function Field({
  label,
  hint,
  error: told,
  optional = false,
  children,
}: {
  label: string;
  hint?: ComponentChildren;
  /** An error that the page knows better than the control. */
  error?: string | undefined;
  optional?: boolean;
  children: (control: Control) => ComponentChildren;
}) {
  const id = useId();
  const [found, setFound] = useState('');
  const error = told ?? found;
  const check = (control: FieldControl) => setFound(control.validity.valid ? '' : problemOf(control));
  const control: Control = {
    id,
    'aria-describedby': [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined,
    'aria-invalid': error ? true : undefined,
    onInvalid(event) {
      event.preventDefault();
      check(event.currentTarget as FieldControl);
    },
    onBlur({ currentTarget }) {
      if (currentTarget.value !== '' || found) check(currentTarget);
    },
  };
  return (
    <div class="field" onInput={({ target }) => found && isControl(target) && check(target)}>
      <label for={id}>
        {label} {optional && <span class="muted">(optional)</span>}
      </label>
      {children(control)}
      {hint && (
        <div class="hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
      {error && (
        <div class="problem" id={`${id}-error`}>
          {error}
        </div>
      )}
    </div>
  );
}

/** Handles a form: looks at its constraints, takes the focus to the first control that does not hold them, or goes on. */
export function onSubmit(run: () => unknown): (event: JSX.TargetedSubmitEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    if (form.checkValidity()) run();
    else form.querySelector<HTMLElement>(':invalid:not(fieldset)')?.focus();
  };
}

/** The control's own words (`title`) for what does not match its pattern, otherwise the browser's. */
function problemOf(control: FieldControl): string {
  return control.validity.patternMismatch && control.title ? control.title : control.validationMessage;
}

function isControl(target: EventTarget | null): target is FieldControl {
  return (
    target instanceof HTMLInputElement ||
    target instanceof HTMLSelectElement ||
    target instanceof HTMLTextAreaElement
  );
}
