import { counted } from '../core/model/counted.js';
import { parseScopes } from '../core/model/scope.js';
import { isLoopback } from '../network/loopback.js';
import type { ServeSettings } from '../settings/read.js';
import type { ListenAddress } from '../settings/values.js';
import { WEB_SOCKET_PATH } from './build-servers.js';
import { type Listener, shownHost } from './listeners.js';
import type { Log } from './log.js';

interface Announced {
  readonly settings: ServeSettings;
  readonly listeners: { readonly http: Listener; readonly mqtt: Listener };
  /** The number of clients in the home. */
  readonly clients: number;
  readonly directory: string;
}

/** Tells operators the addresses and settings of the server, and warns them if it is open. */
export function announce(log: Log, { settings, listeners, clients, directory }: Announced): void {
  const { proxyProtocol, httpUpstream, mqttUpstream } = settings;
  if (proxyProtocol.length > 0) {
    const proxies = proxyProtocol.map(({ address, prefix }) => `${address}/${prefix}`);
    log.info(`PROXY protocol headers are demanded of ${proxies.join(', ')}`);
  }
  announceListener(log, 'HTTP', { listener: listeners.http, takesTokens: settings.httpEnableTokenAuth });
  if (httpUpstream) log.info(`HTTP requests that get in go on to ${httpUpstream.url}`);
  announceListener(log, 'MQTT', { listener: listeners.mqtt, takesTokens: settings.mqttEnableTokenAuth });
  if (mqttUpstream) announceUpstream(log, mqttUpstream);
  log.info(`MQTT over WebSocket at ${WEB_SOCKET_PATH} of the HTTP address`);
  warnOfUndeclared(log, settings);
  if (settings.console) warnOfTaken(log, settings);
  log.info(`serving ${counted(clients, 'client')} from ${directory}`);
}

/** Warns of scopes that rules demand and nobody can be given. */
function warnOfUndeclared(log: Log, { rules, scopes }: Pick<ServeSettings, 'rules' | 'scopes'>): void {
  for (const scope of new Set(rules.flatMap((rule) => rule.scope ?? []))) {
    try {
      parseScopes([scope], scopes);
    } catch {
      log.warn(
        `rules demand the scope ${scope}, which "scopes" does not declare: only who has * gets in there`,
      );
    }
  }
}

/** Nouns for the warning that authentication is off. */
const EVERYBODY = { HTTP: 'every request', MQTT: 'every client' };

/** Warns of rules for paths that the console has. */
function warnOfTaken(log: Log, { rules }: Pick<ServeSettings, 'rules'>): void {
  if (rules.some(({ segments }) => segments[0] === 'console'))
    log.warn('rules name /console, where the web console is: they hold with --console false only');
}

function announceListener(
  log: Log,
  name: 'HTTP' | 'MQTT',
  { listener, takesTokens }: { readonly listener: Listener; readonly takesTokens: boolean },
): void {
  const { tls, host } = listener.at;
  if (tls && name === 'MQTT') log.info('MQTT X.509 authentication enabled');
  else if (takesTokens) log.info(`${name} token authentication enabled`);
  if (tls && name === 'HTTP') log.info('HTTP X.509 authentication enabled');
  if (!tls && !takesTokens) log.warn(`${name} authentication is off: ${EVERYBODY[name]} gets in`);
  if (!tls && !isLoopback(host)) {
    log.warn(`${name} listens without TLS on ${host}: credentials cross the network readable`);
  }
  log.info(`${name} listening ${listener.url}`);
}

function announceUpstream(log: Log, broker: ListenAddress): void {
  const { tls, host, port } = broker;
  if (!tls && !isLoopback(host)) {
    log.warn(
      `the upstream broker is reached without TLS at ${host}: its password crosses the network readable`,
    );
  }
  log.info(`MQTT upstream ${tls ? 'mqtts' : 'mqtt'}://${shownHost(broker)}:${port}`);
}
