import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isLoopback } from '../../network/loopback.js';
import type { HttpServices } from '../services.js';

// Written by gateways, of which one on this machine would make loopback of the whole world; and by browsers.
const NOT_ITS_OWN = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
  'origin',
];

/** Whether a request may ask for its broker: one from this machine itself, or with the secret. A wrong secret is never passed over. */
export function mayCall(
  request: IncomingMessage,
  query: URLSearchParams,
  { callbackSecret: secret, isRelayed }: Pick<HttpServices, 'callbackSecret' | 'isRelayed'>,
): boolean {
  const presented = secret === undefined ? [] : presentedSecrets(request.headers, query);
  if (secret !== undefined && presented.length > 0) return presented.every((each) => isSame(each, secret));
  // A proxy on this machine that does not say whom it speaks for may speak for the whole world.
  return (
    isLoopback(request.socket.remoteAddress ?? '') &&
    !isRelayed(request.socket) &&
    NOT_ITS_OWN.every((name) => !request.headers[name])
  );
}

// Brokers differ in what they can send: a header, user and password in the URL, or only the URL's query.
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

// Digests have one length, and tell nothing of where two texts differ.
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
