import { Attempts } from '../core/verify/attempts.js';
import { CredentialHeaders } from '../http/requests/credentials.js';
import { TrustedProxies } from '../http/requests/trusted-proxies.js';
import { WebSocketCredentials } from '../http/requests/web-socket-credentials.js';
import { misformed } from '../http/requests/well-formed.js';
import { refuseHandshake } from '../http/responses/connections.js';
import { MISFORMED } from '../http/responses/misformed.js';
import { buildHttpServer } from '../http/server.js';
import type { HttpServices, ServerFacts } from '../http/services.js';
import { addressKey, MemoryLimiter } from '../limits/limiter.js';
import { EmbeddedEngine } from '../mqtt/engine/engine.js';
import type { MqttAuthentication } from '../mqtt/gate/present.js';
import { UpstreamEngine } from '../mqtt/relay/upstream-engine.js';
import { buildMqttServer } from '../mqtt/server.js';
import { Networks } from '../network/networks.js';
import type { ServeSettings } from '../settings/read.js';
import { OpenEventStreams } from './events/event-streams.js';
import { shownHost } from './listeners.js';
import { listedInMemory } from './memory-lists.js';
import type { Parts } from './open-parts.js';
import { Overviews } from './overviews.js';

export const WEB_SOCKET_PATH = '/mqtt';

/** The servers before they listen. */
export type Servers = Awaited<ReturnType<typeof buildServers>>;

/** Builds the HTTP server, the MQTT server, and its WebSockets on the HTTP server. */
export async function buildServers(parts: Parts) {
  const { settings, observer, registry, broker, tls, proxyProtocol, connections } = parts;
  const { clock } = parts.home;
  // The servers share one counter, so a failure at one counts at the other.
  const attempts = new Attempts(settings.failedAttempts && new MemoryLimiter(settings.failedAttempts));
  const services = httpServices(parts, attempts);
  const http = await buildHttpServer({
    services,
    tls: settings.http.tls ? tls : undefined,
    corsOrigins: settings.corsOrigins,
    upstream: settings.httpUpstream,
  });
  const engine = broker
    ? new UpstreamEngine(broker)
    : new EmbeddedEngine({ limits: settings.mqttLimits, observer });
  const mqtt = buildMqttServer({
    ...{ registry, clock, engine, observer, attempts, addressKey, connections },
    tls: settings.mqtt.tls ? tls : undefined,
    authentication: mqttAuthentication(settings),
  });
  await http.ready();
  mqtt.attachWebSocket(http.server, {
    path: WEB_SOCKET_PATH,
    addressOf: (request) => services.proxies.addressOf(request),
    faultOf: (request) => {
      const fault = misformed(request);
      return fault && MISFORMED[fault].problem;
    },
    refuse: refuseHandshake,
    authentication: webSocketAuthentication(settings),
  });
  if (settings.proxyProtocol.length > 0)
    for (const server of [http.server, mqtt.server]) proxyProtocol.precede(server);
  return { http, mqtt };
}

function httpServices(parts: Parts, attempts: Attempts): HttpServices {
  const { home, settings, registry, observer, proxyProtocol, connections, consoleDirectory, activity } =
    parts;
  const { passwords, sealer, tokenIssuer, authority, callbackSecret } = parts;
  const { keyStore, clock, changes, licence, audit } = home;
  const overviews = new Overviews({
    ...{ registry, clock, uses: keyStore.uses },
    clockToleranceMs: settings.clockTolerance,
  });
  return {
    keyStore: listedInMemory(keyStore, registry),
    ...{ registry, clock, changes, passwords, sealer, tokenIssuer, authority, licence, observer },
    ...{ attempts, addressKey, callbackSecret, audit, connections },
    activity,
    events: new OpenEventStreams({ registry, clock, activity, observer }),
    overviewOf: (actor) => overviews.of(actor),
    describe: () => describe(parts),
    declaredScopes: settings.scopes,
    clockToleranceMs: settings.clockTolerance,
    parseScopes: (scopes) => home.parseScopes(scopes),
    keyPrefix: settings.keyPrefix,
    takesTokens: settings.httpEnableTokenAuth,
    headers: new CredentialHeaders(settings.credentialHeaders),
    proxies: new TrustedProxies(new Networks(settings.trustedProxy)),
    webSocketCredentials:
      settings.webSocketCredentials.length === 0
        ? undefined
        : new WebSocketCredentials(settings.webSocketCredentials),
    isRelayed: (socket) => proxyProtocol.relays(socket),
    pathRules: settings.rules,
    console: settings.console
      ? {
          ...{ idleMs: settings.consoleIdle, sessionMs: settings.consoleSession },
          directory: consoleDirectory,
          firstVisit: home.firstVisit,
          isFirstVisitOpen: settings.consoleFirstVisit === 'anywhere',
        }
      : undefined,
    requests: settings.requestsPerKey && new MemoryLimiter(settings.requestsPerKey),
  };
}

async function describe(parts: Parts): Promise<ServerFacts> {
  const { home, settings, listeners, startedAt, presentedCertificates } = parts;
  const { at, port } = listeners.http;
  return {
    startedAt,
    listeners: {
      http: listeners.http.url,
      mqtt: listeners.mqtt.url,
      webSocket: `${at.tls ? 'wss' : 'ws'}://${shownHost(at)}:${port}${WEB_SOCKET_PATH}`,
    },
    tls: { http: settings.http.tls, mqtt: settings.mqtt.tls },
    certificates: presentedCertificates(),
    settings: await home.settingsInForce(),
  };
}

function mqttAuthentication(settings: ServeSettings): MqttAuthentication {
  const { mqtt, mqttEnableTokenAuth: takesTokens, mqttClientCertificate } = settings;
  if (!mqtt.tls) return takesTokens ? 'token' : 'open';
  return mqttClientCertificate === 'optional' && takesTokens ? 'certificate-or-token' : 'certificate';
}

// A WebSocket shows no client certificate. Over https without tokens it lets no client in.
function webSocketAuthentication({ http, mqttEnableTokenAuth }: ServeSettings): MqttAuthentication {
  if (mqttEnableTokenAuth) return 'token';
  return http.tls ? 'certificate' : 'open';
}
