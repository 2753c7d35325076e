import { join } from 'node:path';
import type { Home } from '../home/open-home.js';
import { changeToldEnds } from '../home/told-ends.js';
import { announce } from './announce.js';
import { buildServers, type Servers } from './build-servers.js';
import { consoleAddress } from './console-address.js';
import { endsWatch } from './ends-watch.js';
import { Keeper } from './keeper.js';
import { renewCertificate } from './listeners.js';
import type { Log } from './log.js';
import { openParts, type Parts } from './open-parts.js';
import { keepTicksQuick } from './quick-ticks.js';

export interface RunningServer {
  /** The address with its real port: `tcp://127.0.0.1:5654`. */
  readonly http: string;
  readonly mqtt: string;
  close(): Promise<void>;
}

/**
 * Starts the HTTP and the MQTT verifier over one registry, with the home's settings.
 * @param consoleDirectory the files of the web console, which lie beside the bundled program
 * @throws KeywrightError `io` if it cannot listen on an address
 */
export async function startServer(
  home: Home,
  log: Log,
  consoleDirectory = join(__dirname, 'console'),
): Promise<RunningServer> {
  keepTicksQuick();
  const parts = await openParts(home, log, consoleDirectory);
  const servers = await buildServers(parts);
  const keeper = keeperOf(parts, servers);
  const close = () => closeAll(parts, servers, keeper);
  const { listeners, settings, registry } = parts;
  try {
    await listeners.http.listen(servers.http.server);
    await listeners.mqtt.listen(servers.mqtt.server);
    announce(log, { settings, listeners, clients: registry.size, directory: home.directory });
    await openConsole(parts);
    keeper.start();
    return { http: listeners.http.url, mqtt: listeners.mqtt.url, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Says where the console is, and offers its first visit where there is no user. */
async function openConsole({ home, log, settings, listeners, registry }: Parts): Promise<void> {
  const url = consoleAddress(settings, listeners.http);
  home.answer('console', () => ({ url: url ?? null }));
  if (url === undefined) return;
  log.info(`console at ${url}`);
  if (registry.mayHaveUsers) return;
  try {
    log.info(`first visit: ${url}first#${await home.firstVisit.offer()}`);
  } catch (error) {
    log.warn(`no link for the first visit: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function keeperOf(parts: Parts, { http, mqtt }: Servers): Keeper {
  const { home, observer, uses, watchLicence, tls, readCertificate, registry, authority } = parts;
  const { keyStore, changes, clock } = home;
  return new Keeper({
    ...{ keyStore, changes, registry, clock, observer, uses, watchLicence },
    watchEnds: endsWatch({
      ...{ registry, authority, clock, observer },
      changeTold: (change) => changeToldEnds(home.directory, change),
    }),
    renewCertificate: async () => {
      if (tls !== undefined) renewCertificate([http.server, mqtt.server], await readCertificate());
    },
  });
}

async function closeAll(
  { proxyProtocol, registry, toLog, activity }: Parts,
  { http, mqtt }: Servers,
  keeper: Keeper,
): Promise<void> {
  proxyProtocol.close();
  // MQTT closes first: the HTTP server waits for its WebSockets.
  await mqtt.close();
  await http.close();
  await keeper.close();
  registry.stop();
  activity.close();
  toLog.close();
}
