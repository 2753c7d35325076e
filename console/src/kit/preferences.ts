import { makeStore, type Store, useStore } from './store.js';

interface Preferences {
  theme: 'system' | 'light' | 'dark';
  times: 'relative' | 'exact';
}

/** How this browser likes to see things. Nothing else is ever kept in its storage. */
const stores: { [Name in keyof Preferences]: Store<Preferences[Name]> } = {
  theme: makeStore(kept('theme', ['system', 'light', 'dark'])),
  times: makeStore(kept('times', ['relative', 'exact'])),
};

showTheme(stores.theme.get());

export function usePreference<Name extends keyof Preferences>(name: Name): Preferences[Name] {
  return useStore(stores[name]);
}

export function prefer<Name extends keyof Preferences>(name: Name, value: Preferences[Name]): void {
  stores[name].set(value);
  try {
    localStorage.setItem(`keywright-${name}`, value);
  } catch {
    // A browser that keeps nothing shows it until it is closed.
  }
  showTheme(stores.theme.get());
}

/** Switches to exact times, or back. */
export function switchTimes(): Preferences['times'] {
  const times = stores.times.get() === 'exact' ? 'relative' : 'exact';
  prefer('times', times);
  return times;
}

function showTheme(theme: Preferences['theme']): void {
  document.documentElement.dataset.theme = theme;
}

function kept<Value extends string>(name: string, values: readonly [Value, ...Value[]]): Value {
  try {
    const value = localStorage.getItem(`keywright-${name}`);
    return values.find((each) => each === value) ?? values[0];
  } catch {
    return values[0];
  }
}
