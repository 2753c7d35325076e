import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Dialog } from './dialog.js';
import { Failure } from './note.js';
import { useAction } from './use-action.js';

/**
 * A question before something is taken away. It names what it is about (`children`: id, owner, last use), focus starts on Cancel, and only what
 * takes many along wants a word typed.
 */
export function ConfirmDialog<Result>({
  title,
  action,
  run,
  onClose,
  typed,
  ready = true,
  harmless = false,
  children,
}: {
  title: string;
  /** What the button says: "Delete sensor-7". */
  action: string;
  run: () => Promise<Result>;
  /** Told with what `run` returned, or with nothing if it was cancelled. */
  onClose: (done?: { readonly result: Result }) => void;
  /** The word that has to be typed first. */
  typed?: string | undefined;
  /** False while something else has to be chosen first. */
  ready?: boolean;
  /** True for what can be undone. */
  harmless?: boolean;
  children: ComponentChildren;
}) {
  const [word, setWord] = useState('');
  const { start, pending, error } = useAction(run);
  return (
    <Dialog title={title} onClose={() => onClose()}>
      <form
        method="dialog"
        onSubmit={async (event) => {
          event.preventDefault();
          const done = await start();
          if (done) onClose(done);
        }}
      >
        {children}
        {typed !== undefined && (
          <label class="field">
            <span>
              Type <bdi class="mono">{typed}</bdi> to go on
            </span>
            <input
              autocomplete="off"
              spellcheck={false}
              value={word}
              onInput={({ currentTarget }) => setWord(currentTarget.value)}
            />
          </label>
        )}
        {error !== undefined && <Failure error={error} />}
        <footer>
          <button type="button" data-focus onClick={() => onClose()}>
            Cancel
          </button>
          <button
            type="submit"
            class={harmless ? 'primary' : 'danger'}
            disabled={pending || !ready || (typed !== undefined && word !== typed)}
          >
            {pending ? 'One moment…' : action}
          </button>
        </footer>
      </form>
    </Dialog>
  );
}
