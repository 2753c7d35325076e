import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { KeywrightError } from './core/errors.js';
import { readOptional } from './disk/durable-file.js';

/** Where a listener listens. */
export interface ListenAddress {
  readonly tls: boolean;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export type LogFormat = 'auto' | 'human' | 'json';

/** All that `serve` can be told. */
export interface ServeSettings {
  readonly http: ListenAddress;
  readonly httpTokenAuth: boolean;
  readonly mqtt: ListenAddress;
  readonly mqttTokenAuth: boolean;
  readonly serverNames: readonly string[];
  readonly log: LogFormat;
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
  const file = await readConfiguration(sources.home);
  const read = <T>(name: SettingName, parse: (value: string) => T): T =>
    parseGiven(find(name, sources, file), parse);
  const mqtt = read('mqtt', (value) =>
    parseAddress(value, { plain: ['tcp', 'mqtt'], tls: ['mqtts', 'ssl', 'tls'] }),
  );
  return Object.freeze({
    http: read('http', (value) => parseAddress(value, { plain: ['tcp', 'http'], tls: ['https'] })),
    httpTokenAuth: read('http-enable-token-auth', parseBoolean),
    mqtt: { ...mqtt, tls: mqtt.tls || read('mqtt-enable-tls', parseBoolean) },
    mqttTokenAuth: read('mqtt-enable-token-auth', parseBoolean),
    serverNames: findAll('server-name', sources, file).map((given) => parseGiven(given, parseServerName)),
    log: read('log', parseLogFormat),
  });
}

/** Names of the settings of `serve`: flags are `--name`, variables `KEYWRIGHT_NAME`, and the file has `name:`. */
export const SETTING_DEFAULTS = {
  http: 'tcp://127.0.0.1:5654',
  'http-enable-token-auth': 'true',
  mqtt: 'tcp://127.0.0.1:5653',
  'mqtt-enable-token-auth': 'true',
  'mqtt-enable-tls': 'false',
  'server-name': [],
  log: 'auto',
} as const satisfies Record<string, string | readonly string[]>;

type SettingName = keyof typeof SETTING_DEFAULTS;

interface Given {
  readonly value: string;
  /** How the user knows it: `--http`, `KEYWRIGHT_HTTP` or `http in FILE`. */
  readonly source: string;
}

function find(name: SettingName, sources: SettingSources, file: Configuration): Given {
  const [given, ...more] = findAll(name, sources, file);
  if (given === undefined || more.length > 0) {
    throw new KeywrightError('invalid-input', `${given?.source ?? name} takes one value`);
  }
  return given;
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

function parseBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Expected('true or false');
  return value === 'true';
}

function parseServerName(value: string): string {
  if (!/^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,252})$/.test(value)) throw new Expected('a host name or an address');
  return value.toLowerCase();
}

function parseLogFormat(value: string): LogFormat {
  if (value !== 'auto' && value !== 'human' && value !== 'json') throw new Expected('auto, human or json');
  return value;
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
