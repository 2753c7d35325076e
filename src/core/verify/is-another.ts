import { liveClient } from '../model/client.js';
import type { Change } from '../ports/key-store.js';

/** Tells if an id is nobody's now, or somebody else's: deleted, or deleted and made anew. */
export function isAnother(change: Extract<Change, { kind: 'client' | 'user' }>): boolean {
  const [before, after] =
    change.kind === 'client'
      ? [liveClient(change.before), liveClient(change.after)]
      : [change.before, change.after];
  return before !== undefined && before.createdAt !== after?.createdAt;
}
