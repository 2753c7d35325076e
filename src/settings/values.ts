import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { checkKeyPrefix } from '../core/model/api-key.js';
import { KeywrightError } from '../core/model/errors.js';
import { limitByName, MQTT_LIMITS, type MqttLimits } from '../core/model/mqtt-limits.js';
import { parseScope } from '../core/model/scope.js';
import { addDuration } from '../core/model/time.js';
import { parsePathRule } from '../core/verify/path-rules.js';
import { Expected, type Kind } from './kind.js';

/** The address of a listener. */
export interface ListenAddress {
  readonly tls: boolean;
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
}

/** A count in a span. */
export interface Rate {
  readonly count: number;
  readonly perMs: number;
}

function kind<Value>(takes: string, read: (text: string) => Value): Kind<Value> {
  return { takes, read };
}

/** Makes a kind of value that is one of several words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    takes: words.join('|'),
    read(text) {
      const word = words.find((each) => each === text);
      if (word === undefined) throw new Expected(`${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);
      return word;
    },
  };
}

const YES_OR_NO = oneOf('true', 'false');
export const BOOLEAN = kind(YES_OR_NO.takes, (text) => YES_OR_NO.read(text) === 'true');

const SERVER_KEY = oneOf('ec-p256', 'rsa-2048');

/** Reads kinds of a server's key, with commas between them. */
export const SERVER_KEYS = kind(SERVER_KEY.takes, (text) =>
  text.split(',').map((each) => SERVER_KEY.read(each.trim())),
);

export const FILE = kind('FILE', (text) => resolve(text));

export const GROUP = kind('GID', (text) => {
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) throw new Expected('the number of a group, like 12345');
  return Number(text);
});

export const HTTP_ADDRESS = listenAddress({ plain: ['tcp', 'http'], tls: ['https'] });
export const MQTT_ADDRESS = listenAddress({ plain: ['tcp', 'mqtt'], tls: ['mqtts', 'ssl', 'tls'] });

interface Schemes {
  readonly plain: readonly string[];
  readonly tls: readonly string[];
}

function listenAddress({ plain, tls }: Schemes): Kind<ListenAddress> {
  return kind('ADDRESS', (text) => {
    const [, scheme = '', bracketed, bare, port] =
      /^([a-z]+):\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/@[\]]+)):(\d{1,5})\/?$/.exec(text) ?? [];
    const host = bracketed ?? bare;
    if (host === undefined || ![...plain, ...tls].includes(scheme) || Number(port) > 65_535)
      throw new Expected(`an address like ${plain[0]}://127.0.0.1:5654 or ${tls[0]}://127.0.0.1:5654`);
    return { tls: tls.includes(scheme), host, port: Number(port) };
  });
}

const BROKER = listenAddress({ plain: ['mqtt', 'tcp'], tls: ['mqtts', 'ssl', 'tls'] });
export const BROKER_ADDRESS = kind('ADDRESS', (text) => {
  // Every user sees an address in the list of processes, and in messages like the one below.
  if (text.includes('@')) {
    const hint = 'put the password into a file, and name that by mqtt-upstream-password-file';
    throw new KeywrightError(
      'invalid-input',
      'mqtt-upstream takes an address without user name and password',
      { hint },
    );
  }
  const address = BROKER.read(text);
  if (address.port === 0) throw new Expected('the address of a broker: it has no port');
  return address;
});

export const UPSTREAM_URL = kind('URL', (text) => {
  const url = plainUrl(text);
  if (url?.pathname !== '/') throw new Expected('a URL like http://127.0.0.1:8080, without a path');
  return url.origin;
});

/** Reads an origin as browsers write it: in lower case, without the port that goes without saying. */
export const ORIGIN = kind('ORIGIN', (text) => {
  if (text === '*') return text;
  const url =
    /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@]+\/?$/i.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw new Expected('an origin like https://app.example.com, or *');
  return url.origin === 'null' ? text.toLowerCase().replace(/\/$/, '') : url.origin;
});

// RFC 8414 section 2: a URL without query and fragment
export const ISSUER_URL = kind('URL', (text) => {
  if (plainUrl(text) === undefined) throw new Expected('a URL like https://keys.example.com');
  return text.replace(/\/$/, '');
});

function plainUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) return undefined;
  return url.search || url.hash || url.username || url.password ? undefined : url;
}

export const AUDIENCE = matching(/^[\x21-\x7e]{1,200}$/, 'a name without blanks, or a URL');
export const HOST = inLowerCase(matching(/^[a-z0-9*]([a-z0-9.:-]{0,252})$/i, 'a host name or an address'));
// RFC 9110 section 5.6.2
export const HEADER = inLowerCase(matching(/^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/i, 'the name of a header'));

export const NETWORK = kind('ADDRESS', (text) => {
  const [address = '', prefix] = text.split('/');
  const bits = isIP(address) === 4 ? 32 : 128;
  if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || Number(prefix ?? 0) > bits)
    throw new Expected('an address like 10.0.0.1, or a network like 10.0.0.0/8');
  return { address, prefix: Number(prefix ?? bits) };
});

/** Reads a rate; undefined for no limit. */
export const RATE = kind<Rate | undefined>('COUNT/SPAN|off', (text) => {
  if (text === 'off') return undefined;
  const [, count, span] = /^([1-9]\d{0,6})\/([1-9]\d{0,3}[smh])$/.exec(text) ?? [];
  if (count === undefined || span === undefined) throw new Expected('a rate like 100/1m, or off');
  return { count: Number(count), perMs: addDuration(0, span) };
});

/** Reads a span in milliseconds. */
export const SPAN = kind('SPAN', (text) =>
  addDuration(0, matching(/^[1-9]\d{0,4}[smh]$/, 'a span like 60s or 5m').read(text)),
);

/** Makes a kind of value that is a span in milliseconds, up to `most`; none (`0s`) only if `mayBeNone`. */
export function spanUpTo(most: string, { mayBeNone = true } = {}): Kind<number> {
  return kind('SPAN', (text) => {
    const span = mayBeNone && /^0[smh]$/.test(text) ? 0 : SPAN.read(text);
    if (span > addDuration(0, most)) throw new Expected(`a span of at most ${most}, like 60s or 5m`);
    return span;
  });
}

/** Reads a bound of the MQTT engine, like `queued-messages=100`. */
export const MQTT_LIMIT = kind<Partial<MqttLimits>>('NAME=NUMBER', (text) => {
  const [, name = '', digits = ''] = /^([a-z-]+)=(\d{1,12})$/.exec(text) ?? [];
  const limit = limitByName(name);
  if (limit === undefined)
    throw new Expected('a limit and a number, like queued-messages=1000 (docs/mqtt.md)');
  const { least, most } = MQTT_LIMITS[limit];
  if (Number(digits) < least || Number(digits) > most)
    throw new Expected(`${name} between ${least} and ${most}`);
  return { [limit]: Number(digits) };
});

export const PATH_RULE = kind('RULE', allowed(parsePathRule));
export const KEY_PREFIX = kind('PREFIX', allowed(checkKeyPrefix));

/** Reads the name of a scope that operators add. */
export const SCOPE = kind('SCOPE', (text) => {
  const scope = allowed(parseScope)(text);
  if (scope.endsWith('*') || /^(publish|subscribe):/.test(scope))
    throw new Expected('a scope like pipes:read');
  return scope;
});

function matching(pattern: RegExp, expected: string): Kind<string> {
  return kind('NAME', (text) => {
    if (!pattern.test(text)) throw new Expected(expected);
    return text;
  });
}

function inLowerCase({ takes, read }: Kind<string>): Kind<string> {
  return kind(takes, (text) => read(text).toLowerCase());
}

/** Makes a reader from a rule that is defined elsewhere. */
function allowed<Value>(read: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return read(text);
    } catch (error) {
      throw new Expected(`allowed: ${error instanceof Error ? error.message : error}`);
    }
  };
}
