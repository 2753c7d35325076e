import { isIP } from 'node:net';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { checkKeyPrefix, DEFAULT_KEY_PREFIX } from './core/api-key.js';
import { KeywrightError } from './core/errors.js';
import { parseRule, type Rule } from './core/rules.js';
import { parseScope } from './core/scope.js';
import type { GivenSigningKey, SigningAlgorithm } from './core/signing-key.js';
import { addDuration } from './core/time.js';
import { readOptional } from './disk/durable-file.js';

/** Where a listener listens. */
export interface ListenAddress {
  readonly tls: boolean;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export type LogFormat = 'auto' | 'human' | 'json';

interface HttpUpstream {
  readonly url: string;
  readonly timeoutMs: number;
  readonly keepCredentials: boolean;
}

/** An address, or a network in CIDR form. */
interface Network {
  readonly address: string;
  readonly prefix: number;
}

/** So many times in a span. */
interface Rate {
  readonly count: number;
  readonly perMs: number;
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
  /** The broker behind the MQTT gate; undefined for the built-in one. */
  readonly mqttUpstream: UpstreamSettings | undefined;
  readonly serverNames: readonly string[];
  /** Headers that carry credentials beside the built-in ones, lower-case. */
  readonly credentialHeaders: readonly string[];
  /** Who may say for whom they speak: `X-Forwarded-For` and client certificates in headers count from these only. */
  readonly trustedProxies: readonly Network[];
  /** Which scope which method and path needs. */
  readonly rules: readonly Rule[];
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
    serverNames: all('server-name', parseServerName),
    credentialHeaders: all('credential-header', parseHeaderName),
    trustedProxies: all('trusted-proxy', parseNetwork),
    rules: all('rules', checked(parseRule)),
    httpUpstream: readHttpUpstream(reader),
    failedAttempts: one('failed-attempts', parseRate),
    requestsPerKey: one('requests-per-key', parseRate),
    callbackSecretFile: all('callback-secret-file', resolve).at(-1),
    callbackSecret: text(sources.environment.KEYWRIGHT_CALLBACK_SECRET),
    log: one('log', parseLogFormat),
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
  'mqtt-upstream': [],
  'mqtt-upstream-password-file': [],
  'mqtt-upstream-ca': [],
  'server-name': [],
  'credential-header': [],
  'trusted-proxy': [],
  rules: [],
  'http-upstream': [],
  'http-upstream-timeout': '60s',
  'http-upstream-keep-credentials': 'false',
  'failed-attempts': '100/1m',
  'requests-per-key': 'off',
  'callback-secret-file': [],
  log: 'auto',
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

class Expected extends Error {}

interface Schemes {
  readonly plain: readonly string[];
  readonly tls: readonly string[];
}

function parseAddress(value: string, { plain, tls }: Schemes): ListenAddress {
  const [, scheme = '', bracketed, bare, port] =
    /^([a-z]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/@[\]]+)):(\d{1,5})\/?$/.exec(value) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined || ![...plain, ...tls].includes(scheme) || Number(port) > 65_535) {
    throw new Expected(`an address like ${plain[0]}://127.0.0.1:5654 or ${tls[0]}://127.0.0.1:5654`);
  }
  return { tls: tls.includes(scheme), host, port: Number(port) };
}

function parseUpstream(value: string): ListenAddress {
  // What is in an address is in the list of processes, and in messages like the one below.
  if (value.includes('@')) {
    throw new KeywrightError(
      'invalid-input',
      'mqtt-upstream takes an address without user name and password',
      {
        hint: 'put the password into a file, and name that by mqtt-upstream-password-file',
      },
    );
  }
  const address = parseAddress(value, { plain: ['mqtt', 'tcp'], tls: ['mqtts', 'ssl', 'tls'] });
  if (address.port === 0) throw new Expected('the address of a broker: it has no port');
  return address;
}

function parseBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Expected('true or false');
  return value === 'true';
}

function parseCertificateUse(value: string): ServeSettings['mqttClientCertificate'] {
  if (value !== 'required' && value !== 'optional') throw new Expected('required or optional');
  return value;
}

function parseServerName(value: string): string {
  if (!/^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,252})$/.test(value)) throw new Expected('a host name or an address');
  return value.toLowerCase();
}

function parseLogFormat(value: string): LogFormat {
  if (value !== 'auto' && value !== 'human' && value !== 'json') throw new Expected('auto, human or json');
  return value;
}

function parseHeaderName(value: string): string {
  // RFC 9110 section 5.6.2
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(value)) throw new Expected('the name of a header');
  return value.toLowerCase();
}

function parseRate(value: string): Rate | undefined {
  if (value === 'off') return undefined;
  const [, count, duration] = /^([1-9]\d{0,6})\/([1-9]\d{0,3}[smh])$/.exec(value) ?? [];
  if (count === undefined || duration === undefined) throw new Expected('a rate like 100/1m, or off');
  return { count: Number(count), perMs: addDuration(0, duration) };
}

function parseHttpUpstream(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new Expected('a URL like http://127.0.0.1:8080, without a path');
  return url.origin;
}

function parseSpan(value: string): number {
  if (!/^[1-9]\d{0,4}[smh]$/.test(value)) throw new Expected('a span like 60s or 5m');
  return addDuration(0, value);
}

function parseNetwork(value: string): Network {
  const [address = '', prefix] = value.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || Number(prefix ?? 0) > bits)
    throw new Expected('an address like 10.0.0.1, or a network like 10.0.0.0/8');
  return { address, prefix: Number(prefix ?? bits) };
}

function parseIssuer(value: string): string {
  // RFC 8414 section 2: a URL without query and fragment
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new Expected('a URL like https://keys.example.com');
  }
  return value.replace(/\/$/, '');
}

function parseAudience(value: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(value)) throw new Expected('a name without blanks, or a URL');
  return value;
}

function parseJwtAlgorithm(value: string): CommonSettings['jwtAlgorithm'] {
  if (value !== 'ES256' && value !== 'RS256' && value !== 'EdDSA')
    throw new Expected('ES256, RS256 or EdDSA');
  return value;
}

function parseScopeName(value: string): string {
  const scope = checked(parseScope)(value);
  if (scope.endsWith('*') || /^(publish|subscribe):/.test(scope))
    throw new Expected('a scope like pipes:read');
  return scope;
}

function parseHttpAddress(value: string): ListenAddress {
  return parseAddress(value, { plain: ['tcp', 'http'], tls: ['https'] });
}

/** Values that have a rule elsewhere. */
function checked<T>(check: (value: string) => T): (value: string) => T {
  return (value) => {
    try {
      return check(value);
    } catch (error) {
      throw new Expected(`allowed: ${error instanceof Error ? error.message : error}`);
    }
  };
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
