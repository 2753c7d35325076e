import { type Holder, holderName } from '../gate/engine.js';

/** Sessions at the broker whose holder is gone: the next holder of the id must not get what is kept there. */
export interface StaleSessions {
  /** Remembers a session that may outlive its connection. */
  note(holder: Holder, sessionId: string): void;
  /** True if the state that is kept under an id must go; waits while it is being dropped. */
  isStale(sessionId: string): Promise<boolean>;
  /** A session was begun anew: nothing old is left under its id. */
  settle(sessionId: string): void;
  /** Drops a holder's sessions now, or else each one when its id is used again. */
  forget(holder: Holder): Promise<void>;
}

/** @param discard makes the broker drop one session; false if that failed */
export function createStaleSessions(
  discard: (holder: Holder, sessionId: string) => Promise<boolean>,
): StaleSessions {
  const known = new Map<string, Set<string>>();
  const stale = new Set<string>();
  let discarding: { readonly sessionId: string; readonly done: Promise<boolean> } | undefined;
  let queue = Promise.resolve();

  const discardAll = async (holder: Holder, sessionIds: Iterable<string>) => {
    for (const sessionId of sessionIds) {
      if (!stale.has(sessionId)) continue;
      discarding = { sessionId, done: discard(holder, sessionId) };
      // While the broker cannot be reached, it is not asked again and again.
      if (!(await discarding.done)) break;
      stale.delete(sessionId);
    }
    discarding = undefined;
  };

  return {
    note: (holder, sessionId) => {
      const name = holderName(holder);
      known.set(name, (known.get(name) ?? new Set()).add(sessionId));
    },
    isStale: async (sessionId) => {
      if (discarding?.sessionId === sessionId) await discarding.done;
      return stale.has(sessionId);
    },
    settle: (sessionId) => {
      stale.delete(sessionId);
    },
    forget: (holder) => {
      const name = holderName(holder);
      // A session from before this process was started goes by the id alone.
      const sessionIds = new Set([
        ...(known.get(name) ?? []),
        ...(holder.kind === 'client' ? [holder.id] : []),
      ]);
      known.delete(name);
      for (const sessionId of sessionIds) stale.add(sessionId);
      // One after the other: a thousand deleted clients are no thousand connections.
      queue = queue.then(() => discardAll(holder, sessionIds)).catch(() => undefined);
      return queue;
    },
  };
}
