import { makeStore, useStore } from './store.js';

let ahead = 0;

/** The server's time, in milliseconds, every half a minute: what has ended there has ended, whatever this machine's clock shows. */
export const clock = makeStore(Date.now());

setInterval(() => clock.set(serverNow()), 30_000);

export function serverNow(): number {
  return Date.now() + ahead;
}

/** Sets the clock by a time that the server just told. Less than two seconds are the way. */
export function setClock(time: string): void {
  const difference = Date.parse(time) - Date.now();
  ahead = Math.abs(difference) < 2000 ? 0 : difference;
  clock.set(serverNow());
}

export function useNow(): number {
  return useStore(clock);
}
