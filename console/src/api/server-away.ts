import { makeStore } from '../kit/store.js';

/** Whether the last call got no answer. */
export const serverAway = makeStore(false);

export function serverAnswered(answered: boolean): void {
  serverAway.set(!answered);
}
