import { createHmac, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { KeywrightError } from './errors.js';
import { PROVISIONING_KEY_PREFIX } from './provisioning-key.js';
import { REFRESH_TOKEN_PREFIX } from './session.js';
import { SESSION_COOKIE_PREFIX } from './session-cookie.js';

/** The parts of an API key: `<prefix><32 base62 random><6 base62 CRC-32 of the text before it>`. */
export interface ParsedApiKey {
  readonly prefix: string;
  /** True if the checksum is right. */
  readonly intact: boolean;
}

/** An API key with its client's id. */
export interface WrappedApiKey {
  readonly clientId: string;
  readonly key: string;
}

/** The default prefix of API keys. */
export const DEFAULT_KEY_PREFIX = 'kw_live_';

const PREFIX = /^[a-z][a-z0-9]{0,15}(_[a-z0-9]{1,16}){0,3}_$/;
const API_KEY = /^[a-z][a-z0-9_]{0,62}_[0-9A-Za-z]{38}$/;
const UNDERSCORE = 95;
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const RANDOM_LENGTH = 32;
const CHECKSUM_LENGTH = 6;

/** Makes an API key of 190 random bits. @throws KeywrightError `invalid-input` if the prefix has another form */
export function makeApiKey(prefix: string): string {
  const body = checkForm(prefix) + randomBase62(RANDOM_LENGTH);
  return body + checksum(body);
}

/**
 * Checks a prefix that somebody chose: `kw_live_`, `mchx_`. Those of other secrets are not allowed.
 * @throws KeywrightError `invalid-input`
 */
export function checkKeyPrefix(prefix: string): string {
  const others = [PROVISIONING_KEY_PREFIX, REFRESH_TOKEN_PREFIX, SESSION_COOKIE_PREFIX];
  if (others.includes(prefix)) {
    throw new KeywrightError('invalid-input', `prefix ${prefix} is not allowed for API keys`, {
      hint: `${others.join(', ')} are the beginnings of provisioning keys, refresh tokens and session cookies`,
    });
  }
  return checkForm(prefix);
}

function checkForm(prefix: string): string {
  if (!PREFIX.test(prefix)) {
    throw new KeywrightError(
      'invalid-input',
      `prefix ${JSON.stringify(prefix.slice(0, 80))} is not allowed`,
      {
        hint: 'a prefix is lower-case words, each with an underscore behind: kw_live_, mchx_',
      },
    );
  }
  return prefix;
}

/** Makes a secret of 143 random bits, for a password that a machine stores. */
export function makePassword(): string {
  return randomBase62(24);
}

/** Takes an API key apart; undefined if the text has another shape. */
export function parseApiKey(text: string): ParsedApiKey | undefined {
  if (!isApiKeyShaped(text)) return undefined;
  return { prefix: text.slice(0, -RANDOM_LENGTH - CHECKSUM_LENGTH), intact: isIntactApiKey(text) };
}

/** Tells if a text has the shape of an API key. */
export function isApiKeyShaped(text: string): boolean {
  // The expression alone would try each underscore in turn.
  return text.charCodeAt(text.length - 39) === UNDERSCORE && API_KEY.test(text);
}

/** Tells if a text is an API key with a right checksum. It finds typing errors without a look-up. */
export function isIntactApiKey(text: string): boolean {
  return isApiKeyShaped(text) && text.endsWith(checksum(text.slice(0, -CHECKSUM_LENGTH)));
}

/** Cuts a key to its beginning: enough to recognise it in a list, too little to guess the rest. */
export function keyHint(key: string): string {
  const prefix = parseApiKey(key)?.prefix ?? '';
  return `${prefix}${key.slice(prefix.length, prefix.length + 4)}…`;
}

/** Joins a key and its client's id in one text: `<scheme>-key:<base64(id:secret)>`. */
export function wrapApiKey(scheme: string, { clientId, key }: WrappedApiKey): string {
  return `${scheme}-key:${Buffer.from(`${clientId}:${key}`).toString('base64')}`;
}

/**
 * Makes the hash function for stored secrets: HMAC-SHA-256 under the installation's own key, in lower-case hex. A
 * secret of 190 random bits needs no slow hash.
 */
export function keyedHash(key: Buffer): (secret: string) => string {
  return (secret) => createHmac('sha256', key).update(secret).digest('hex');
}

const WRAPPED = /^[A-Za-z][A-Za-z0-9]{0,15}-key:([A-Za-z0-9+/_-]{1,300}={0,2})$/;

/** Takes the wrapped form apart; undefined if the text has another shape. */
export function unwrapApiKey(text: string): WrappedApiKey | undefined {
  const [, encoded] = WRAPPED.exec(text) ?? [];
  const decoded = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('latin1');
  const colon = decoded.indexOf(':');
  return colon < 1 ? undefined : { clientId: decoded.slice(0, colon), key: decoded.slice(colon + 1) };
}

function checksum(body: string): string {
  let rest = crc32(body);
  let text = '';
  for (let index = 0; index < CHECKSUM_LENGTH; index += 1) {
    text = BASE62[rest % 62] + text;
    rest = Math.floor(rest / 62);
  }
  return text;
}

// Octets of 248 and more are skipped: 256 is no multiple of 62, so some letters would come more often.
function randomBase62(length: number): string {
  let text = '';
  while (text.length < length) {
    for (const octet of randomBytes(length)) {
      if (octet < 248 && text.length < length) text += BASE62[octet % 62];
    }
  }
  return text;
}
