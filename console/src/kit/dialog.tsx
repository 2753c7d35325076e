import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/**
 * A modal dialog of the platform. Focus goes to what has `autofocus`, and back to where it was when it closes. Escape closes it; a click beside it
 * does not, as it may hold something that was typed.
 */
export function Dialog({
  title,
  onClose,
  children,
  wide = false,
}: {
  title: string;
  /** Without it the dialog stays until its parent takes it away. */
  onClose?: (() => void) | undefined;
  children: ComponentChildren;
  wide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    const { current } = dialog;
    const before = document.activeElement;
    if (current && !current.open) {
      current.showModal();
      current.querySelector<HTMLElement>('[data-focus]')?.focus();
    }
    return () => {
      current?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={wide ? 'wide' : undefined}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose?.();
      }}
      onClose={() => {
        // A browser closes a dialog at the second Escape, whatever the page says.
        if (dialog.current?.isConnected && !onClose) dialog.current.showModal();
        else onClose?.();
      }}
    >
      <header>
        <h2 id={titleId}>{title}</h2>
        {onClose && (
          <button type="button" class="quiet" aria-label="Close this dialog" onClick={onClose}>
            ✕
          </button>
        )}
      </header>
      {children}
    </dialog>
  );
}
