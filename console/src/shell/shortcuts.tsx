import { useEffect } from 'preact/hooks';
import { announce } from '../kit/announce.js';
import { Dialog } from '../kit/dialog.js';
import { held } from '../kit/hold.js';
import { switchTimes } from '../kit/preferences.js';
import { makeStore, useStore } from '../kit/store.js';
import { paletteOpen } from './palette.js';

/** Whether the list of shortcuts is open. */
const listOpen = makeStore(false);

const KEYS = [
  ['Ctrl K', 'Go to a page or a client'],
  ['/', 'Search the list'],
  ['n', 'Make a new one'],
  ['t', 'Exact times, or as people say them'],
  ['?', 'This list'],
  ['Esc', 'Close what lies over the page'],
] as const;

/** The keys of the whole page. Single letters do nothing while somebody types, or while a dialog is open. */
export function Shortcuts() {
  useEffect(() => {
    addEventListener('keydown', heard);
    return () => removeEventListener('keydown', heard);
  }, []);
  if (!useStore(listOpen)) return null;
  return (
    <Dialog title="Keyboard" onClose={() => listOpen.set(false)}>
      <dl class="facts">
        {KEYS.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
      </dl>
    </Dialog>
  );
}

function heard(event: KeyboardEvent): void {
  if (held.get() || event.defaultPrevented || event.altKey) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
    event.preventDefault();
    if (!document.querySelector('dialog[open]')) paletteOpen.set(true);
    return;
  }
  if (event.ctrlKey || event.metaKey || isTyping(event.target) || document.querySelector('dialog[open]'))
    return;
  const done = act(event.key);
  if (done) event.preventDefault();
}

function act(key: string): boolean {
  if (key === '?') listOpen.set(true);
  else if (key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus();
  else if (key === 'n') document.querySelector<HTMLElement>('[data-new]')?.click();
  else if (key === 't') announce(switchTimes() === 'exact' ? 'Exact times' : 'Relative times');
  else return false;
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]') !== null
  );
}
