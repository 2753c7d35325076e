import type { ConsoleAddress } from '../home/running-console.js';
import { isLoopback } from '../network/loopback.js';
import type { ServeSettings } from '../settings/read.js';
import { type Listener, shownHost } from './listeners.js';

/** Finds the address of the web console; undefined if there is none. */
export function consoleAddress(
  { console, consoleFirstVisit, serverName: [name] }: ServeSettings,
  { at: { tls, host }, port }: Listener,
): ConsoleAddress | undefined {
  if (!console) return undefined;
  const isOpen = consoleFirstVisit === 'anywhere';
  const own = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  // Where the first user is made on this machine, the address is this machine's.
  const shown = isOpen && name !== undefined && !isLoopback(host) ? name : own;
  return {
    url: `${tls ? 'https' : 'http'}://${shownHost({ host: shown })}:${port}/console/`,
    takesFirstVisit: isOpen || isLoopback(own),
  };
}
