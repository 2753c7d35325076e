import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkKeyPrefix, DEFAULT_KEY_PREFIX } from '../core/model/api-key.js';
import { KeywrightError } from '../core/model/errors.js';
import { type MqttLimits, mqttLimits } from '../core/model/mqtt-limits.js';
import type { GivenSigningKey, SigningAlgorithm } from '../core/model/signing-key.js';
import { type PathRule, parsePathRule } from '../core/verify/path-rules.js';
import { readOptional } from '../disk/durable-file.js';
import type { Network } from '../network/networks.js';
import {
  checked,
  Expected,
  type ListenAddress,
  type LogFormat,
  type LogLevel,
  parseAddress,
  parseAudience,
  parseBoolean,
  parseCertificateUse,
  parseHeaderName,
  parseHttpAddress,
  parseHttpUpstream,
  parseIssuer,
  parseJwtAlgorithm,
  parseLogFormat,
  parseLogLevel,
  parseMqttLimit,
  parseNetwork,
  parseRate,
  parseScopeName,
  parseServerName,
  parseSpan,
  parseUpstream,
  type Rate,
} from './values.js';

export type { ListenAddress, LogFormat, LogLevel } from './values.js';

interface HttpUpstream {
  readonly url: string;
  readonly timeoutMs: number;
  readonly keepCredentials: boolean;
}

/** What every command of a home goes by. */
export interface CommonSettings {
  /** Scopes that exist beside the built-in ones. */
  readonly scopes: readonly string[];
  /** What API keys begin with unless told otherwise. */
  readonly keyPrefix: string;
  /** `iss` of access tokens: as told, or the URL of the HTTP listener; undefined while that has no port. */
  readonly issuer: string | undefined;
  readonly audience: string;
  /** Of the keys that are made for access tokens. */
  readonly jwtAlgorithm: Exclude<SigningAlgorithm, 'HS256'>;
  /** A key for access tokens from `JWT_SECRET`, or `JWT_PRIVATE_KEY` and `JWT_PUBLIC_KEY`. */
  readonly jwtKey: GivenSigningKey;
  /** `LICENSE_PUBLIC_KEY` and `LICENSE_KEY`. */
  readonly licence: { readonly publicKey: string | undefined; readonly key: string | undefined };
}

/** All that `serve` can be told. */
export interface ServeSettings extends CommonSettings {
  readonly http: ListenAddress;
  readonly httpTokenAuth: boolean;
  readonly mqtt: ListenAddress;
  readonly mqttTokenAuth: boolean;
  /** Whether a TLS listener of MQTT also takes clients that show no certificate but another credential. */
  readonly mqttClientCertificate: 'required' | 'optional';
  /** What bounds the built-in MQTT engine. */
  readonly mqttLimits: MqttLimits;
  /** The broker behind the MQTT gate; undefined for the built-in one. */
  readonly mqttUpstream: UpstreamSettings | undefined;
  readonly serverNames: readonly string[];
  /** Headers that carry credentials beside the built-in ones, lower-case. */
  readonly credentialHeaders: readonly string[];
  /** Who may say for whom they speak: `X-Forwarded-For` and client certificates in headers count from these only. */
  readonly trustedProxies: readonly Network[];
  /** Whose connections begin with a header of the PROXY protocol. */
  readonly proxyProtocol: readonly Network[];
  /** Which scope which method and path needs. */
  readonly rules: readonly PathRule[];
  /** Where HTTP requests go on to that get in; undefined where the verifier answers them itself. */
  readonly httpUpstream: HttpUpstream | undefined;
  /** For each address; undefined for no limit. */
  readonly failedAttempts: Rate | undefined;
  /** For each credential; undefined for no limit. */
  readonly requestsPerKey: Rate | undefined;
  /** What brokers present that call back from elsewhere than this machine: a file, or the text itself from `KEYWRIGHT_CALLBACK_SECRET`. */
  readonly callbackSecretFile: string | undefined;
  readonly callbackSecret: string | undefined;
  readonly log: LogFormat;
  readonly logLevel: LogLevel;
}

/** A broker that the gate stands in front of. */
export interface UpstreamSettings extends ListenAddress {
  /** With the authorities that its certificate is checked by; undefined for those of the system. */
  readonly caFile: string | undefined;
  /** The gate's own password at the broker, or the file that it is in. */
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
}

/** Values as they were given: a flag's text, several for a repeated one. */
export type GivenValues = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface SettingSources {
  /** By setting name, without dashes in front. */
  readonly flags: GivenValues;
  readonly environment: GivenValues;
  readonly home: string;
}

/** The home: told, or `KEYWRIGHT_HOME`, or the XDG data directory's `keywright`. */
export function homeDirectory(told: string | undefined, environment: GivenValues): string {
  const named = told ?? text(environment.KEYWRIGHT_HOME);
  // An unset variable of a script must not become another keystore.
  if (named === '')
    throw new KeywrightError('invalid-input', 'the home is named by an empty text', {
      hint: 'check --home and KEYWRIGHT_HOME',
    });
  if (named !== undefined) return resolve(named);
  const data = text(environment.XDG_DATA_HOME);
  return join(data ? resolve(data) : join(homedir(), '.local', 'share'), 'keywright');
}

/** Settings of `serve`: flags before `KEYWRIGHT_*` variables before `keywright.yaml` before defaults. @throws KeywrightError `invalid-input` that names the source */
export async function serveSettings(sources: SettingSources): Promise<ServeSettings> {
  const reader = await openSettings(sources);
  const { one, all } = reader;
  const mqtt = one('mqtt', (value) =>
    parseAddress(value, { plain: ['tcp', 'mqtt'], tls: ['mqtts', 'ssl', 'tls'] }),
  );
  return Object.freeze({
    ...readCommon(reader, sources.environment),
    http: one('http', parseHttpAddress),
    httpTokenAuth: one('http-enable-token-auth', parseBoolean),
    mqtt: { ...mqtt, tls: mqtt.tls || one('mqtt-enable-tls', parseBoolean) },
    mqttTokenAuth: one('mqtt-enable-token-auth', parseBoolean),
    mqttClientCertificate: one('mqtt-client-certificate', parseCertificateUse),
    mqttUpstream: readUpstream(reader, sources.environment),
    mqttLimits: mqttLimits(Object.assign({}, ...all('mqtt-limit', parseMqttLimit))),
    serverNames: all('server-name', parseServerName),
    credentialHeaders: all('credential-header', parseHeaderName),
    trustedProxies: all('trusted-proxy', parseNetwork),
    proxyProtocol: all('proxy-protocol', parseNetwork),
    rules: all('rules', checked(parsePathRule)),
    httpUpstream: readHttpUpstream(reader),
    failedAttempts: one('failed-attempts', parseRate),
    requestsPerKey: one('requests-per-key', parseRate),
    callbackSecretFile: all('callback-secret-file', resolve).at(-1),
    callbackSecret: text(sources.environment.KEYWRIGHT_CALLBACK_SECRET),
    log: one('log', parseLogFormat),
    logLevel: one('log-level', parseLogLevel),
  });
}

/** What every command of a home goes by. @throws KeywrightError `invalid-input` that names the source */
export async function commonSettings(sources: Omit<SettingSources, 'flags'>): Promise<CommonSettings> {
  return Object.freeze(readCommon(await openSettings({ ...sources, flags: {} }), sources.environment));
}

/** The URL by which an HTTP listener is known; undefined while its port is still to be taken. */
export function addressUrl(
  { tls, host, port }: ListenAddress,
  [name]: readonly string[],
): string | undefined {
  if (port === 0) return undefined;
  const isAny = host === '0.0.0.0' || host === '::';
  const shown = name ?? (isAny ? 'localhost' : host);
  return `${tls ? 'https' : 'http'}://${shown.includes(':') ? `[${shown}]` : shown}:${port}`;
}

/** Names of the settings: variables are `KEYWRIGHT_NAME`, the file has `name:`, and flags of `serve` are `--name`. */
export const SETTING_DEFAULTS = {
  http: 'tcp://127.0.0.1:5654',
  'http-enable-token-auth': 'true',
  mqtt: 'tcp://127.0.0.1:5653',
  'mqtt-enable-token-auth': 'true',
  'mqtt-enable-tls': 'false',
  'mqtt-client-certificate': 'required',
  'mqtt-limit': [],
  'mqtt-upstream': [],
  'mqtt-upstream-password-file': [],
  'mqtt-upstream-ca': [],
  'server-name': [],
  'credential-header': [],
  'trusted-proxy': [],
  'proxy-protocol': [],
  rules: [],
  'http-upstream': [],
  'http-upstream-timeout': '60s',
  'http-upstream-keep-credentials': 'false',
  'failed-attempts': '100/1m',
  'requests-per-key': 'off',
  'callback-secret-file': [],
  log: 'auto',
  'log-level': 'info',
  scopes: [],
  'key-prefix': DEFAULT_KEY_PREFIX,
  issuer: [],
  audience: 'keywright',
  'jwt-algorithm': 'ES256',
} as const satisfies Record<string, string | readonly string[]>;

type SettingName = keyof typeof SETTING_DEFAULTS;

interface Given {
  readonly value: string;
  /** How the user knows it: `--http`, `KEYWRIGHT_HTTP` or `http in FILE`. */
  readonly source: string;
}

/** Reads settings by name, each from the first source that has it. */
interface SettingReader {
  one<T>(name: SettingName, parse: (value: string) => T): T;
  all<T>(name: SettingName, parse: (value: string) => T): T[];
}

async function openSettings(sources: SettingSources): Promise<SettingReader> {
  const file = await readConfiguration(sources.home);
  const all = <T>(name: SettingName, parse: (value: string) => T) =>
    findAll(name, sources, file).map((given) => parseGiven(given, parse));
  return {
    all,
    one: (name, parse) => {
      const [given, ...more] = findAll(name, sources, file);
      if (given === undefined || more.length > 0)
        throw new KeywrightError('invalid-input', `${given?.source ?? name} takes one value`);
      return parseGiven(given, parse);
    },
  };
}

function readHttpUpstream({ one, all }: SettingReader): HttpUpstream | undefined {
  const [url] = all('http-upstream', parseHttpUpstream);
  const timeoutMs = one('http-upstream-timeout', parseSpan);
  const keepCredentials = one('http-upstream-keep-credentials', parseBoolean);
  return url === undefined ? undefined : { url, timeoutMs, keepCredentials };
}

function readCommon({ one, all }: SettingReader, environment: GivenValues): CommonSettings {
  const [issuer] = all('issuer', parseIssuer);
  const http = one('http', parseHttpAddress);
  return {
    scopes: all('scopes', parseScopeName),
    keyPrefix: one('key-prefix', checked(checkKeyPrefix)),
    issuer: issuer ?? addressUrl(http, all('server-name', parseServerName)),
    audience: one('audience', parseAudience),
    jwtAlgorithm: one('jwt-algorithm', parseJwtAlgorithm),
    jwtKey: {
      secret: text(environment.JWT_SECRET) || undefined,
      publicKey: text(environment.JWT_PUBLIC_KEY) || undefined,
      privateKey: text(environment.JWT_PRIVATE_KEY) || undefined,
    },
    licence: {
      publicKey: text(environment.LICENSE_PUBLIC_KEY) || undefined,
      key: text(environment.LICENSE_KEY) || undefined,
    },
  };
}

function readUpstream({ all }: SettingReader, environment: GivenValues): UpstreamSettings | undefined {
  const [address] = all('mqtt-upstream', parseUpstream);
  const [passwordFile] = all('mqtt-upstream-password-file', resolve);
  const [caFile] = all('mqtt-upstream-ca', resolve);
  const password = text(environment.KEYWRIGHT_MQTT_UPSTREAM_PASSWORD) || undefined;
  if (password !== undefined && passwordFile !== undefined) {
    throw new KeywrightError(
      'invalid-input',
      'the password of the upstream broker is in mqtt-upstream-password-file and in KEYWRIGHT_MQTT_UPSTREAM_PASSWORD',
      { hint: 'give one of them' },
    );
  }
  if (address === undefined && (passwordFile ?? caFile) !== undefined) {
    throw new KeywrightError('invalid-input', 'an upstream broker has settings but no address', {
      hint: 'say where it is, like --mqtt-upstream mqtt://127.0.0.1:1883',
    });
  }
  if (caFile !== undefined && address?.tls === false) {
    throw new KeywrightError('invalid-input', 'mqtt-upstream-ca is for a broker with TLS', {
      hint: 'its address begins with mqtts://',
    });
  }
  return address && { ...address, caFile, password, passwordFile };
}

function findAll(name: SettingName, { flags, environment }: SettingSources, file: Configuration): Given[] {
  const variable = `KEYWRIGHT_${name.replaceAll('-', '_').toUpperCase()}`;
  const inEnvironment = text(environment[variable]);
  const places: [string, string | readonly string[] | undefined][] = [
    [`--${name}`, flags[name]],
    [variable, Array.isArray(SETTING_DEFAULTS[name]) ? inEnvironment?.split(',') : inEnvironment],
    [`${name} in ${file.path}`, file.values[name]],
    [name, SETTING_DEFAULTS[name]],
  ];
  const [source, values] = places.find(([, value]) => value !== undefined) ?? [name, []];
  return [values ?? []].flat().map((value) => ({ value, source }));
}

interface Configuration {
  readonly path: string;
  readonly values: GivenValues;
}

async function readConfiguration(home: string): Promise<Configuration> {
  const path = join(home, 'keywright.yaml');
  const content = await readOptional(path);
  return { path, values: content === undefined ? {} : await configurationValues(content, path) };
}

async function configurationValues(content: string, path: string): Promise<GivenValues> {
  const parsed = await parseDocument(content, path);
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new KeywrightError('invalid-input', `${path} is not a list of settings`, {
      hint: 'write lines like "http: …"',
    });
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => [name, settingValue(name, value, path)]),
  );
}

async function parseDocument(content: string, path: string): Promise<unknown> {
  const { parse } = await import('yaml');
  try {
    return parse(content, { logLevel: 'error' });
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : '';
    throw new KeywrightError('invalid-input', `${path} is not YAML: ${reason}`, { cause: error });
  }
}

function settingValue(name: string, value: unknown, path: string): string | string[] {
  if (!Object.hasOwn(SETTING_DEFAULTS, name)) {
    throw new KeywrightError('invalid-input', `${path} has an unknown setting ${JSON.stringify(name)}`, {
      hint: `settings are ${Object.keys(SETTING_DEFAULTS).join(', ')}`,
    });
  }
  const isScalar = (part: unknown) => ['string', 'number', 'boolean'].includes(typeof part);
  if (Array.isArray(value) && value.every(isScalar)) return value.map(String);
  if (!isScalar(value)) throw new KeywrightError('invalid-input', `${name} in ${path} takes a plain value`);
  return String(value);
}

function parseGiven<T>({ value, source }: Given, parse: (value: string) => T): T {
  try {
    return parse(value);
  } catch (error) {
    if (!(error instanceof Expected)) throw error;
    throw new KeywrightError('invalid-input', `${source}: ${JSON.stringify(value)} is not ${error.message}`);
  }
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
