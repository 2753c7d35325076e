import type { UnreadablePart } from '../core/ports/key-store.js';
import type { Observer } from '../core/ports/observer.js';

/** Makes a function that gets the unreadable parts of the store, and tells each once, and once it can be read again. */
export function unreadableTeller(
  observer: Pick<Observer, 'failed' | 'changed'>,
): (parts: readonly UnreadablePart[]) => void {
  let known: readonly string[] = [];
  return (parts) => {
    for (const { error } of parts) {
      if (!known.includes(textOf(error))) observer.failed({ part: 'keystore', error });
    }
    const now = parts.map(({ error }) => textOf(error));
    for (const was of known) if (!now.includes(was)) observer.changed({ what: 'keystore-readable', was });
    known = now;
  };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
