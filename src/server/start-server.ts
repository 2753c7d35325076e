import type { AddressInfo, Server } from 'node:net';
import { isIP } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { LastUses } from '../core/manage/last-uses.js';
import { pruneProvisioningKeys } from '../core/manage/provisioning-keys.js';
import { pruneSessions } from '../core/manage/sessions.js';
import { KeywrightError } from '../core/model/errors.js';
import type { Principal } from '../core/model/principal.js';
import { formatTime } from '../core/model/time.js';
import type { ServerName } from '../core/ports/certificate-authority.js';
import { Attempts } from '../core/verify/attempts.js';
import type { Home } from '../home/open-home.js';
import { openRegistry } from '../home/open-registry.js';
import { CredentialHeaders } from '../http/requests/credentials.js';
import { TrustedProxies } from '../http/requests/trusted-proxies.js';
import { buildHttpServer, tlsOptions as httpTlsOptions } from '../http/server.js';
import type { CallbackEvent, HttpServices } from '../http/services.js';
import { addressKey, MemoryLimiter } from '../limits/limiter.js';
import { LineLimit } from '../limits/line-limit.js';
import { EmbeddedEngine } from '../mqtt/engine/engine.js';
import type { MqttEvent } from '../mqtt/gate/gate.js';
import type { MqttAuthentication } from '../mqtt/gate/present.js';
import { UpstreamEngine } from '../mqtt/relay/upstream-engine.js';
import { buildMqttServer } from '../mqtt/server.js';
import { type Network, Networks } from '../network/networks.js';
import { ProxyProtocol } from '../network/proxy-protocol.js';
import { addressUrl, type ListenAddress, type ServeSettings } from '../settings/read.js';
import { callbackSecretOf, openUpstream } from '../settings/secret-files.js';
import { licenceWatch } from './licence-watch.js';
import { keepTicksQuick } from './quick-ticks.js';

/** What of a logger is used here; pino's is one. */
export interface Log {
  info(text: string): void;
  info(details: object, text: string): void;
  warn(text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

export interface RunningServer {
  /** Where it listens, with the port that was taken: `tcp://127.0.0.1:5654`. */
  readonly http: string;
  readonly mqtt: string;
  close(): Promise<void>;
}

// More would only say the same, and fill the disk for whoever wants it full: the others are counted.
const LINES_PER_SECOND = 20;

const WEB_SOCKET_PATH = '/mqtt';

const PRUNE_EVERY_MS = 3_600_000;

// How often a server looks whether its certificate is due: it is renewed months before its end.
const RENEWAL_CHECK_MS = 3_600_000;

const LICENCE_CHECK_MS = 3_600_000;

/** Starts the HTTP and the MQTT verifier over one index of the keystore. @throws KeywrightError `io` where an address cannot be listened on */
export async function startServer(home: Home, settings: ServeSettings, log: Log): Promise<RunningServer> {
  keepTicksQuick();
  const { directory, keyStore, clock, licence } = home;
  const { http: httpAt, mqtt: mqttAt, mqttUpstream } = settings;
  const broker = mqttUpstream && (await openUpstream(mqttUpstream));
  const callbackSecret = await callbackSecretOf(settings);
  // The CA is made here if need be, so that server-cert has one to export while this runs.
  const authority = await home.authority();
  const checkLicence = licenceWatch(licence, log);
  await checkLicence();
  const names = serverNames(settings);
  const material = async () => {
    const leaf = await home.serverLeaf(names);
    if (leaf.fresh) log.info(`made a server certificate, valid until ${formatTime(leaf.notAfter)}`);
    return { certificate: leaf.certificate, privateKey: leaf.privateKey, authority: authority.certificate };
  };
  const tls = httpAt.tls || mqttAt.tls ? await material() : undefined;
  await home.ensureSigningKeys();
  // The issuer may only be known when the port is.
  const tokenIssuer = { issuer: settings.issuer ?? '', audience: settings.audience };
  const { registry, sealer, passwords } = await openRegistry(home, {
    tokenIssuer,
    onFailure: (error) => log.error({ err: error }, 'the keystore cannot be followed'),
  });
  const uses = new LastUses({
    keyStore,
    clock,
    isClient: (id) => registry.clientById(id) !== undefined,
    onFailure: (error) => log.error({ err: error }, 'the last uses of API keys cannot be written'),
  });
  const counts = {
    attempts: new Attempts(settings.failedAttempts && new MemoryLimiter(settings.failedAttempts)),
    addressKey,
    noteUse: (principal: Principal, from: string) => uses.note(principal, from),
  };

  const lines = lineLimits(log);
  const proxyProtocol = new ProxyProtocol({
    proxies: new Networks(settings.proxyProtocol),
    onRefused: (refused) =>
      lines.proxies.pass(() =>
        log.warn(refused, 'a connection without a good PROXY protocol header was closed'),
      ),
  });
  licence.countBy(() => registry.size);
  const services: HttpServices = {
    ...{ registry, clock, keyStore, audit: home.audit, passwords, sealer, tokenIssuer, authority, licence },
    ...counts,
    parseScopes: (scopes) => home.parseScopes(scopes),
    keyPrefix: settings.keyPrefix,
    takesTokens: settings.httpTokenAuth,
    headers: new CredentialHeaders(settings.credentialHeaders),
    proxies: new TrustedProxies(new Networks(settings.trustedProxies)),
    isRelayed: (socket) => proxyProtocol.relays(socket),
    pathRules: settings.rules,
    requests: settings.requestsPerKey && new MemoryLimiter(settings.requestsPerKey),
    callbackSecret,
    reportCallback: (event: CallbackEvent) =>
      lines.callbacks.pass(() => log.info(event, 'a call-back was refused')),
  };
  const http = await buildHttpServer({
    services,
    tls: httpAt.tls ? tls : undefined,
    upstream: settings.httpUpstream,
    onFailure: (error: Error) => lines.upstream.pass(() => log.warn(`HTTP upstream: ${error.message}`)),
  });
  const reportMqtt = ({ what, cause, ...details }: MqttEvent) =>
    lines.mqtt.pass(() => log.info(cause ? { ...details, cause: cause() } : details, `MQTT ${what}`));
  const engine = broker
    ? new UpstreamEngine(broker)
    : new EmbeddedEngine({
        limits: settings.mqttLimits,
        report: reportMqtt,
        onFailure: (error) => log.error({ err: error }, 'an MQTT connection failed'),
      });
  const mqtt = buildMqttServer({
    ...{ registry, clock, engine, ...counts },
    tls: mqttAt.tls ? tls : undefined,
    authentication: mqttAuthentication(settings),
    report: reportMqtt,
  });
  const prune = () =>
    Promise.all([pruneSessions(keyStore, clock.now()), pruneProvisioningKeys(keyStore, clock.now())]).catch(
      (error) => log.error({ err: error }, 'what has ended cannot be removed'),
    );
  void prune();
  const pruning = setInterval(prune, PRUNE_EVERY_MS);
  pruning.unref();
  const renewal = setInterval(() => {
    renew([http.server, mqtt.server], material).catch((error) =>
      log.error({ err: error }, 'the server certificate cannot be renewed'),
    );
  }, RENEWAL_CHECK_MS);
  renewal.unref();
  const licenceCheck = setInterval(() => {
    checkLicence().catch((error) => log.error({ err: error }, 'the licence cannot be checked'));
  }, LICENCE_CHECK_MS);
  licenceCheck.unref();

  const close = async () => {
    clearInterval(renewal);
    clearInterval(pruning);
    clearInterval(licenceCheck);
    proxyProtocol.close();
    // MQTT first: its WebSockets are connections that the HTTP server waits for.
    await mqtt.close();
    await http.close();
    await uses.close();
    registry.stop();
    for (const limit of Object.values(lines)) limit.close();
  };
  try {
    await http.ready();
    // A WebSocket shows no client certificate: over https with tokens turned off nobody gets in here.
    const withoutTokens = httpAt.tls ? 'certificate' : 'open';
    mqtt.attachWebSocket(http.server, {
      path: WEB_SOCKET_PATH,
      authentication: settings.mqttTokenAuth ? 'token' : withoutTokens,
    });
    if (settings.proxyProtocol.length > 0) {
      for (const server of [http.server, mqtt.server]) proxyProtocol.precede(server);
      log.info(`PROXY protocol headers are demanded of ${settings.proxyProtocol.map(cidr).join(', ')}`);
    }
    const running = {
      http: await listen(http.server, httpAt, httpAt.tls ? 'https' : 'tcp'),
      mqtt: await listen(mqtt.server, mqttAt, mqttAt.tls ? 'mqtts' : 'tcp'),
    };
    if (tokenIssuer.issuer === '') tokenIssuer.issuer = issuerUrl(settings, running.http);
    announce(log, 'HTTP', {
      at: httpAt,
      url: running.http,
      takesTokens: services.takesTokens,
      what: 'every request',
    });
    if (settings.httpUpstream) log.info(`HTTP requests that get in go on to ${settings.httpUpstream.url}`);
    announce(log, 'MQTT', {
      at: mqttAt,
      url: running.mqtt,
      takesTokens: settings.mqttTokenAuth,
      what: 'every client',
    });
    if (mqttUpstream) announceUpstream(log, mqttUpstream);
    log.info(`MQTT over WebSocket at ${WEB_SOCKET_PATH} of the HTTP address`);
    log.info(`serving ${registry.size} client(s) from ${directory}`);
    return { ...running, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function mqttAuthentication({
  mqtt,
  mqttTokenAuth,
  mqttClientCertificate,
}: ServeSettings): MqttAuthentication {
  if (!mqtt.tls) return mqttTokenAuth ? 'token' : 'open';
  return mqttClientCertificate === 'optional' && mqttTokenAuth ? 'certificate-or-token' : 'certificate';
}

/** What may come in floods, each with a limit of its own: one flood does not hide the others. */
function lineLimits(log: Log) {
  const limit = (tell: (heldBack: { readonly suppressed: number }) => void) =>
    new LineLimit({ perSecond: LINES_PER_SECOND, onHeldBack: (suppressed) => tell({ suppressed }) });
  return {
    callbacks: limit((heldBack) => log.info(heldBack, 'more call-backs were refused')),
    upstream: limit((heldBack) => log.warn(heldBack, 'HTTP upstream: more went wrong')),
    proxies: limit((heldBack) => log.warn(heldBack, 'more connections without a good header were closed')),
    mqtt: limit((heldBack) => log.info(heldBack, 'MQTT: more lines like these')),
  };
}

/** The address that was taken, as the issuer of access tokens. */
function issuerUrl({ http, serverNames }: ServeSettings, url: string): string {
  return addressUrl({ ...http, port: Number(new URL(url).port) }, serverNames) ?? '';
}

interface Announcement {
  readonly at: ListenAddress;
  readonly url: string;
  readonly takesTokens: boolean;
  /** What gets in where nothing is asked. */
  readonly what: string;
}

function announce(
  log: Log,
  name: 'HTTP' | 'MQTT',
  { at, url, takesTokens: tokens, what }: Announcement,
): void {
  if (at.tls && name === 'MQTT') log.info('MQTT X.509 authentication enabled');
  else if (tokens) log.info(`${name} token authentication enabled`);
  if (at.tls && name === 'HTTP') log.info('HTTP X.509 authentication enabled');
  if (!at.tls && !tokens) log.warn(`${name} authentication is off: ${what} gets in`);
  if (!at.tls && !isLoopback(at.host)) {
    log.warn(`${name} listens without TLS on ${at.host}: credentials cross the network readable`);
  }
  log.info(`${name} listening ${url}`);
}

function announceUpstream(log: Log, { tls, host, port }: ListenAddress): void {
  if (!tls && !isLoopback(host)) {
    log.warn(
      `the upstream broker is reached without TLS at ${host}: its password crosses the network readable`,
    );
  }
  log.info(`MQTT upstream ${tls ? 'mqtts' : 'mqtt'}://${host.includes(':') ? `[${host}]` : host}:${port}`);
}

function cidr({ address, prefix }: Network): string {
  return `${address}/${prefix}`;
}

function listen(server: Server, { host, port }: ListenAddress, scheme: string): Promise<string> {
  const shown = host.includes(':') ? `[${host}]` : host;
  return new Promise((resolve, reject) => {
    server.once('error', (error: Error & { code?: string }) => {
      const reason = LISTEN_ERRORS[error.code ?? ''] ?? error.message;
      reject(new KeywrightError('io', `cannot listen on ${shown}:${port}: ${reason}`, { cause: error }));
    });
    server.listen({ host, port }, () => {
      const { port: taken } = server.address() as AddressInfo;
      resolve(`${scheme}://${shown}:${taken}`);
    });
  });
}

const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no such host',
};

async function renew(
  servers: readonly Server[],
  material: () => Promise<Parameters<typeof httpTlsOptions>[0]>,
) {
  const listeners = servers.filter((server) => server instanceof TlsServer);
  if (listeners.length === 0) return;
  const { cert, key, ca, minVersion } = httpTlsOptions(await material());
  for (const listener of listeners) listener.setSecureContext({ cert, key, ca, minVersion });
}

/** What the server's certificate must be good for: this machine, where it listens, and what the operator calls it. */
function serverNames({ http, mqtt, serverNames: told }: ServeSettings): ServerName[] {
  const hosts = ['localhost', '127.0.0.1', '::1', http.host, mqtt.host, ...told];
  const named = [...new Set(hosts)].filter((host) => host !== '0.0.0.0' && host !== '::');
  return named.map((value) => ({ kind: isIP(value) === 0 ? 'dns' : 'ip', value }));
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host);
}
