import { isLoopback } from '../network/loopback.js';
import type { ServeSettings } from '../settings/read.js';
import { type Listener, shownHost } from './listeners.js';

/** The address of the web console; undefined if there is none. */
export function consoleAddress(
  { console, consoleFirstVisit, serverName: [name] }: ServeSettings,
  listener: Listener,
): string | undefined {
  if (!console) return undefined;
  const { tls, host } = listener.at;
  const any = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host];
  // Where the first user is made on this machine, the address is this machine's.
  const isNamed = name !== undefined && !isLoopback(host) && consoleFirstVisit === 'anywhere';
  const shown = isNamed ? name : shownHost({ host: any ?? host });
  return `${tls ? 'https' : 'http'}://${shown}:${listener.port}/console/`;
}
