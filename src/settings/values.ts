import { isIP } from 'node:net';
import { KeywrightError } from '../core/model/errors.js';
import { limitByName, MQTT_LIMITS, type MqttLimits } from '../core/model/mqtt-limits.js';
import { parseScope } from '../core/model/scope.js';
import type { SigningAlgorithm } from '../core/model/signing-key.js';
import { addDuration } from '../core/model/time.js';
import type { Network } from '../network/networks.js';

/** Where a listener listens. */
export interface ListenAddress {
  readonly tls: boolean;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

export type LogFormat = 'auto' | 'human' | 'json';

/** From which weight on lines are written. */
export type LogLevel = (typeof LOG_LEVELS)[number];

// By pino's names, the heaviest first.
const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const;

/** So many times in a span. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

/** What a value should have been: goes into the message that names its source. */
export class Expected extends Error {}

interface Schemes {
  readonly plain: readonly string[];
  readonly tls: readonly string[];
}

export function parseAddress(value: string, { plain, tls }: Schemes): ListenAddress {
  const [, scheme = '', bracketed, bare, port] =
    /^([a-z]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/@[\]]+)):(\d{1,5})\/?$/.exec(value) ?? [];
  const host = bracketed ?? bare;
  if (host === undefined || ![...plain, ...tls].includes(scheme) || Number(port) > 65_535) {
    throw new Expected(`an address like ${plain[0]}://127.0.0.1:5654 or ${tls[0]}://127.0.0.1:5654`);
  }
  return { tls: tls.includes(scheme), host, port: Number(port) };
}

export function parseUpstream(value: string): ListenAddress {
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

export function parseBoolean(value: string): boolean {
  if (value !== 'true' && value !== 'false') throw new Expected('true or false');
  return value === 'true';
}

export function parseCertificateUse(value: string): 'required' | 'optional' {
  if (value !== 'required' && value !== 'optional') throw new Expected('required or optional');
  return value;
}

export function parseServerName(value: string): string {
  if (!/^[A-Za-z0-9*]([A-Za-z0-9.:-]{0,252})$/.test(value)) throw new Expected('a host name or an address');
  return value.toLowerCase();
}

export function parseLogFormat(value: string): LogFormat {
  if (value !== 'auto' && value !== 'human' && value !== 'json') throw new Expected('auto, human or json');
  return value;
}

export function parseLogLevel(value: string): LogLevel {
  const level = LOG_LEVELS.find((each) => each === value);
  if (level === undefined) throw new Expected('silent, error, warn, info or debug');
  return level;
}

export function parseHeaderName(value: string): string {
  // RFC 9110 section 5.6.2
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/.test(value)) throw new Expected('the name of a header');
  return value.toLowerCase();
}

export function parseRate(value: string): Rate | undefined {
  if (value === 'off') return undefined;
  const [, count, duration] = /^([1-9]\d{0,6})\/([1-9]\d{0,3}[smh])$/.exec(value) ?? [];
  if (count === undefined || duration === undefined) throw new Expected('a rate like 100/1m, or off');
  return { count: Number(count), perMs: addDuration(0, duration) };
}

/** A bound of the MQTT engine, like `queued-messages=100`. */
export function parseMqttLimit(value: string): Partial<MqttLimits> {
  const [, name = '', digits = ''] = /^([a-z-]+)=(\d{1,12})$/.exec(value) ?? [];
  const limit = limitByName(name);
  if (limit === undefined)
    throw new Expected('a limit and a number, like queued-messages=1000 (docs/mqtt.md)');
  const { least, most } = MQTT_LIMITS[limit];
  const number = Number(digits);
  if (number < least || number > most) throw new Expected(`${name} between ${least} and ${most}`);
  return { [limit]: number };
}

export function parseHttpUpstream(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = url && url.pathname === '/' && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new Expected('a URL like http://127.0.0.1:8080, without a path');
  return url.origin;
}

export function parseSpan(value: string): number {
  if (!/^[1-9]\d{0,4}[smh]$/.test(value)) throw new Expected('a span like 60s or 5m');
  return addDuration(0, value);
}

export function parseNetwork(value: string): Network {
  const [address = '', prefix] = value.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || Number(prefix ?? 0) > bits)
    throw new Expected('an address like 10.0.0.1, or a network like 10.0.0.0/8');
  return { address, prefix: Number(prefix ?? bits) };
}

export function parseIssuer(value: string): string {
  // RFC 8414 section 2: a URL without query and fragment
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.search || url.hash || url.username) {
    throw new Expected('a URL like https://keys.example.com');
  }
  return value.replace(/\/$/, '');
}

export function parseAudience(value: string): string {
  if (!/^[\x21-\x7e]{1,200}$/.test(value)) throw new Expected('a name without blanks, or a URL');
  return value;
}

export function parseJwtAlgorithm(value: string): Exclude<SigningAlgorithm, 'HS256'> {
  if (value !== 'ES256' && value !== 'RS256' && value !== 'EdDSA')
    throw new Expected('ES256, RS256 or EdDSA');
  return value;
}

export function parseScopeName(value: string): string {
  const scope = checked(parseScope)(value);
  if (scope.endsWith('*') || /^(publish|subscribe):/.test(scope))
    throw new Expected('a scope like pipes:read');
  return scope;
}

export function parseHttpAddress(value: string): ListenAddress {
  return parseAddress(value, { plain: ['tcp', 'http'], tls: ['https'] });
}

/** Values that have a rule elsewhere. */
export function checked<T>(check: (value: string) => T): (value: string) => T {
  return (value) => {
    try {
      return check(value);
    } catch (error) {
      throw new Expected(`allowed: ${error instanceof Error ? error.message : error}`);
    }
  };
}
