import { join } from 'node:path';
import type { Home } from '../home/open-home.js';
import { type ConsoleAddress, tellConsole } from '../home/running-console.js';
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
  /** Where the web console is; undefined if it is switched off. */
  readonly console: ConsoleAddress | undefined;
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
    const console = openConsole(parts);
    keeper.start();
    return { http: listeners.http.url, mqtt: listeners.mqtt.url, console, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Says where the console is, also to the commands of this home. */
function openConsole({ home, log, settings, listeners }: Parts): ConsoleAddress | undefined {
  const address = consoleAddress(settings, listeners.http);
  tellConsole(home, address);
  if (address) log.info(`console at ${address.url}`);
  return address;
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
