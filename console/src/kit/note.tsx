import type { ComponentChildren } from 'preact';
import { messageOf } from '../api/api-error.js';

/** A message that stays in the page where it belongs, until it is answered or over. */
export function Note({
  kind = 'info',
  onClose,
  children,
}: {
  kind?: 'ok' | 'info' | 'warn' | 'error';
  onClose?: () => void;
  children: ComponentChildren;
}) {
  return (
    <div class={`note ${kind}`} role={kind === 'error' ? 'alert' : 'status'}>
      <div>{children}</div>
      {onClose && (
        <button type="button" class="quiet small" aria-label="Dismiss this message" onClick={onClose}>
          Dismiss
        </button>
      )}
    </div>
  );
}

/** What a failed call says, with a button that tries again. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <Note kind="error">
      {messageOf(error)}
      {retry && (
        <button type="button" class="small" onClick={retry}>
          Try again
        </button>
      )}
    </Note>
  );
}
