import { KeywrightError } from '../core/model/errors.js';
import { CREDENTIAL_HEADERS } from '../core/model/header-names.js';
import { mqttLimits } from '../core/model/mqtt-limits.js';
import { type Find, readTable } from './setting.js';
import { openSources, type SettingSources } from './sources.js';
import { FOR_EVERY_COMMAND, FOR_SERVE, SECRETS, SETTINGS } from './table.js';
import type { ListenAddress } from './values.js';

/** The settings for every command of a home. */
export type CommonSettings = ReturnType<typeof common>;

/** The settings of `serve`. */
export type ServeSettings = ReturnType<typeof serve>;

/** The broker behind the gate, and the files that its settings name. */
export type UpstreamSettings = NonNullable<ServeSettings['mqttUpstream']>;

/** The settings of one process. Both methods throw KeywrightError `invalid-input` that names the source. */
export interface Settings {
  common(): CommonSettings;
  serve(): ServeSettings;
  /** Lists the settings of `serve` as they are, without secrets. */
  inForce(): SettingInForce[];
}

/** A setting as it is, and the source that it comes from. */
export interface SettingInForce {
  readonly name: string;
  /** Its text, with commas between those of a list; `…` for a secret; null for none. */
  readonly value: string | null;
  /** `--http`, `KEYWRIGHT_HTTP`, `keywright.yaml` or `default`. */
  readonly from: string;
}

/** Reads `keywright.yaml`. The settings themselves are read on demand. @throws KeywrightError `invalid-input` */
export async function openSettings(sources: SettingSources): Promise<Settings> {
  const find = await openSources(sources);
  return { common: () => common(find), serve: () => serve(find), inForce: () => inForce(find) };
}

/** Makes the URL of an HTTP listener for callers, with its first name if it has one. */
export function addressUrl({ tls, host, port }: ListenAddress, [name]: readonly string[]): string {
  const isAny = host === '0.0.0.0' || host === '::';
  const shown = name ?? (isAny ? 'localhost' : host);
  return `${tls ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

function inForce(find: Find): SettingInForce[] {
  return Object.entries({ ...SETTINGS, ...SECRETS }).map(([name, setting]) => {
    const { texts, from = 'default' } = find(name, setting) ?? {};
    const value = texts?.join(',') ?? setting.otherwise ?? null;
    return { name, value: setting.isHidden && texts !== undefined ? '…' : value, from };
  });
}

function common(find: Find) {
  const values = readTable(FOR_EVERY_COMMAND, find);
  const secrets = readTable(SECRETS, find);
  const { http, issuer } = values;
  return Object.freeze({
    ...values,
    /** `iss` of access tokens; undefined while it depends on a port that is not known yet. */
    issuer: issuer ?? (http.port === 0 ? undefined : addressUrl(http, values.serverName)),
    /** The key of access tokens, if the environment gives it. */
    jwtKey: {
      secret: secrets.JWT_SECRET || undefined,
      publicKey: secrets.JWT_PUBLIC_KEY || undefined,
      privateKey: secrets.JWT_PRIVATE_KEY || undefined,
    },
    licence: { publicKey: secrets.LICENSE_PUBLIC_KEY || undefined, key: secrets.LICENSE_KEY || undefined },
  });
}

function serve(find: Find) {
  const {
    mqttEnableTls,
    mqttLimit,
    serverKey,
    mqttUpstreamCa: caFile,
    mqttUpstreamPasswordFile: passwordFile,
    httpUpstreamTimeout: timeoutMs,
    httpUpstreamKeepCredentials: keepCredentials,
    credentialHeader: moreHeaders,
    credentialHeaders: onlyHeaders,
    ...values
  } = readTable(FOR_SERVE, find);
  const secrets = readTable(SECRETS, find);
  const { mqtt, mqttUpstream: broker, httpUpstream: url } = values;
  const password = secrets.KEYWRIGHT_MQTT_UPSTREAM_PASSWORD || undefined;
  checkUpstream({ broker, caFile, passwordFile, password });
  return Object.freeze({
    ...common(find),
    ...values,
    mqtt: { ...mqtt, tls: mqtt.tls || mqttEnableTls },
    /** The kinds of the server's key; empty where the CA decides. */
    serverKeys: [...new Set(serverKey.flat())],
    mqttLimits: mqttLimits(Object.assign({}, ...mqttLimit)),
    /** The broker behind the MQTT gate; undefined for the built-in engine. */
    mqttUpstream: broker && { ...broker, caFile, passwordFile, password },
    /** The server behind the verifier; undefined if the verifier answers requests itself. */
    httpUpstream: url === undefined ? undefined : { url, timeoutMs, keepCredentials },
    /** The headers that credentials are read from. */
    credentialHeaders: [...(onlyHeaders.length > 0 ? onlyHeaders : CREDENTIAL_HEADERS), ...moreHeaders],
    callbackSecret: secrets.KEYWRIGHT_CALLBACK_SECRET,
  });
}

interface GivenUpstream {
  readonly broker: ListenAddress | undefined;
  readonly caFile: string | undefined;
  readonly passwordFile: string | undefined;
  readonly password: string | undefined;
}

function checkUpstream({ broker, caFile, passwordFile, password }: GivenUpstream): void {
  const refuse = (message: string, hint: string) => new KeywrightError('invalid-input', message, { hint });
  if (password !== undefined && passwordFile !== undefined)
    throw refuse(
      'the password of the upstream broker is in mqtt-upstream-password-file and in KEYWRIGHT_MQTT_UPSTREAM_PASSWORD',
      'give one of them',
    );
  if (broker === undefined && (passwordFile ?? caFile) !== undefined)
    throw refuse(
      'an upstream broker has settings but no address',
      'say where it is, like --mqtt-upstream mqtt://127.0.0.1:1883',
    );
  if (caFile !== undefined && broker?.tls === false)
    throw refuse('mqtt-upstream-ca is for a broker with TLS', 'its address begins with mqtts://');
}
