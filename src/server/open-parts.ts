import { LastUses } from '../core/manage/last-uses.js';
import type { TokenIssuer } from '../core/model/access-token.js';
import { KeywrightError } from '../core/model/errors.js';
import { isUnsound, wrongClock } from '../core/model/sound-time.js';
import type { CertificateAuthority, ServerKeyAlgorithm } from '../core/ports/certificate-authority.js';
import type { Observer } from '../core/ports/observer.js';
import { OpenConnections } from '../core/verify/open-connections.js';
import type { Home } from '../home/open-home.js';
import { openRegistry } from '../home/open-registry.js';
import { Networks } from '../network/networks.js';
import { ProxyProtocol } from '../network/proxy-protocol.js';
import type { TlsMaterial } from '../network/tls.js';
import { addressUrl, type ServeSettings } from '../settings/read.js';
import { callbackSecretOf, openUpstream } from '../settings/secret-files.js';
import { ServerActivity } from './activity.js';
import { licenceWatch } from './licence-watch.js';
import { Listener, serverNames } from './listeners.js';
import type { Log } from './log.js';
import { LogObserver } from './observe.js';
import { unreadableTeller } from './unreadable-teller.js';

/** The parts of the servers in one process. */
export type Parts = Awaited<ReturnType<typeof openParts>>;

/** Reads and opens everything that `serve` needs, so that a missing part fails here and not later. */
export async function openParts(home: Home, log: Log, consoleDirectory: string) {
  const settings = await home.serveSettings();
  const { keyStore, clock, licence } = home;
  const toLog = new LogObserver(log);
  if (isUnsound(clock.now())) log.warn(wrongClock(clock.now()));
  const broker = settings.mqttUpstream && (await openUpstream(settings.mqttUpstream));
  const callbackSecret = await callbackSecretOf(settings);
  // A missing CA is made here, so that server-cert can export it while the server runs.
  const authority = await home.authority();
  const watchLicence = licenceWatch(licence, toLog);
  let presented: readonly string[] = [];
  const readCertificate = async (): Promise<TlsMaterial> => {
    const leaves = [];
    for (const algorithm of serverKeys(settings, authority))
      leaves.push(await home.serverLeaf(serverNames(settings), algorithm));
    for (const { fresh, notAfter } of leaves)
      if (fresh) toLog.changed({ what: 'server-certificate', notAfter });
    presented = leaves.map(({ certificate }) => certificate);
    return {
      certificates: presented,
      privateKeys: leaves.map(({ privateKey }) => privateKey),
      authority: authority.certificate,
    };
  };
  const tls = settings.http.tls || settings.mqtt.tls ? await readCertificate() : undefined;
  await home.ensureSigningKeys().catch((error) => {
    // Others do without access tokens. The log names the file as it does any that cannot be read.
    if (!(error instanceof KeywrightError && error.code === 'store-corrupt')) throw error;
  });
  const listeners = {
    http: new Listener(settings.http, { plain: 'tcp', tls: 'https' }),
    mqtt: new Listener(settings.mqtt, { plain: 'tcp', tls: 'mqtts' }),
  };
  const tokenIssuer = issuerAt(settings, listeners.http);
  const { registry, sealer, passwords } = await openRegistry(home, {
    tokenIssuer,
    onUnreadable: unreadableTeller(toLog),
  });
  licence.countBy(() => registry.size);
  await watchLicence();
  const uses = new LastUses({ uses: keyStore.uses, clock });
  const activity = new ServerActivity(clock);
  const connections = new OpenConnections((change) => activity.connection(change));
  registry.onChange((changes) => activity.changed(changes));
  const observer: Observer = {
    accepted(principal, from) {
      activity.accepted(principal);
      uses.note(principal, from);
    },
    refused: (refusal) => toLog.refused(refusal, activity.refused(refusal)),
    connection: (event) => toLog.connection(event),
    changed: (change) => toLog.changed(change),
    failed: (failure) => toLog.failed(failure),
  };
  const proxyProtocol = new ProxyProtocol({
    proxies: new Networks(settings.proxyProtocol),
    onRefused: (refused) => observer.refused({ by: 'proxy-protocol', ...refused }),
  });
  return {
    ...{ home, settings, log, consoleDirectory, observer, toLog, listeners, proxyProtocol },
    ...{ broker, callbackSecret, authority, tls, readCertificate, watchLicence },
    ...{ registry, sealer, passwords, tokenIssuer, uses },
    ...{ activity, startedAt: clock.now(), presentedCertificates: () => presented, connections },
  };
}

/** The kinds of the server's key. Whoever has a CA with an RSA key has clients that know nothing else. */
function serverKeys(
  { serverKeys: asked }: ServeSettings,
  { algorithm }: CertificateAuthority,
): ServerKeyAlgorithm[] {
  if (asked.length > 0) return asked;
  return algorithm.startsWith('rsa') ? ['ec-p256', 'rsa-2048'] : ['ec-p256'];
}

/** Makes the issuer of access tokens. It may depend on the port, which is known only later. */
function issuerAt({ issuer, audience, http, serverName }: ServeSettings, listener: Listener): TokenIssuer {
  return {
    get issuer() {
      return issuer ?? addressUrl({ ...http, port: listener.port }, serverName);
    },
    audience,
  };
}
