import { useEffect, useRef } from 'preact/hooks';
import { announce } from './announce.js';
import { makeStore } from './store.js';

/** True while the page shows a secret that nobody has saved yet: nothing leads away from it. */
export const held = makeStore(false);

/** Says why nothing happens. */
export function sayHeld(): void {
  announce('Save what is shown first, then press “I have saved it”.');
  document.querySelector<HTMLElement>('[data-hold]')?.focus();
}

/**
 * Holds the page while the component is there, or until it is released. Leaving by Back, a link, a reload or closing the tab is refused or asked
 * about.
 */
export function useHold(): (then: () => void) => void {
  const release = useRef<(then: () => void) => void>((then) => then());
  useEffect(() => {
    held.set(true);
    // A second entry for the same address: Back ends there, and it is put back.
    history.pushState(history.state, '', location.href);
    const back = () => {
      history.pushState(history.state, '', location.href);
      sayHeld();
    };
    const unload = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener('popstate', back);
    addEventListener('beforeunload', unload);
    const letGo = () => {
      removeEventListener('popstate', back);
      removeEventListener('beforeunload', unload);
      held.set(false);
    };
    release.current = (then) => {
      letGo();
      addEventListener('popstate', then, { once: true });
      history.back();
    };
    return letGo;
  }, []);
  return (then) => release.current(then);
}
