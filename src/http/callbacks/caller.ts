import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isLoopback } from '../../network/loopback.js';
import type { HttpServices } from '../services.js';

// Headers of gateways and browsers. A gateway on this machine would make every caller look like loopback.
const NOT_ITS_OWN = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
  'origin',
];

/**
 * Tells if a request may ask for its broker: it comes from this machine itself, or has the secret. A wrong secret
 * always refuses.
 */
export function mayCall(
  request: IncomingMessage,
  query: URLSearchParams,
  { callbackSecret: secret, isRelayed }: Pick<HttpServices, 'callbackSecret' | 'isRelayed'>,
): boolean {
  const presented = secret === undefined ? [] : presentedSecrets(request.headers, query);
  if (secret !== undefined && presented.length > 0) return presented.every((each) => isSame(each, secret));
  // A proxy on this machine that does not name its caller may speak for anybody.
  return (
    isLoopback(request.socket.remoteAddress ?? '') &&
    !isRelayed(request.socket) &&
    NOT_ITS_OWN.every((name) => !request.headers[name])
  );
}

// Brokers can send different things: a header, a user and password in the URL, or only the URL's query.
function presentedSecrets(headers: IncomingHttpHeaders, query: URLSearchParams): string[] {
  const [, scheme = '', credentials = ''] = /^(bearer|basic) +(.*)$/i.exec(headers.authorization ?? '') ?? [];
  const isBasic = scheme.toLowerCase() === 'basic';
  const inAuthorization = isBasic
    ? Buffer.from(credentials, 'base64')
        .toString()
        .replace(/^[^:]*:/, '')
    : credentials;
  const found = [scheme && inAuthorization, headers['x-callback-secret'] ?? [], query.getAll('secret')];
  return found.flat().filter((each) => each !== '');
}

// Digests all have one length, so the time of the comparison does not show at which character two texts differ.
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
