import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isFromThisMachine } from '../requests/this-machine.js';
import type { HttpServices } from '../services.js';

/**
 * Tells if a request may ask for its broker: it comes from this machine itself, or has the secret. A wrong secret
 * always refuses.
 */
export function mayCall(
  request: IncomingMessage,
  query: URLSearchParams,
  services: Pick<HttpServices, 'callbackSecret' | 'isRelayed'>,
): boolean {
  const { callbackSecret: secret } = services;
  const presented = secret === undefined ? [] : presentedSecrets(request.headers, query);
  if (secret !== undefined && presented.length > 0) return presented.every((each) => isSame(each, secret));
  // A page in this machine's browser, and a proxy on it that does not name its caller, may speak for anybody.
  return isFromThisMachine(request, services) && request.headers.origin === undefined;
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
