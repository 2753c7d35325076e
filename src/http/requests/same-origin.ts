import type { IncomingMessage } from 'node:http';
import type { TrustedProxies } from './trusted-proxies.js';

/** The header that the console's own requests have. A form cannot send it, and a page of another origin must ask first. */
export const OWN_HEADER = 'x-keywright';

/** Tells if the console made a request: no other page can make a browser send it like this. */
export function isOfOwnPage(request: IncomingMessage, proxies: TrustedProxies): boolean {
  return isOfOwnOrigin(request, proxies) && (isSafe(request) || request.headers[OWN_HEADER] === 'console');
}

/** Tells if a request is none that a browser says another page has made. Other programs say nothing of that. */
export function isOfOwnOrigin(request: IncomingMessage, proxies: TrustedProxies): boolean {
  const { origin } = request.headers;
  const site = request.headers['sec-fetch-site'];
  // `none` is what a person typed.
  const isOwn = site === undefined || site === 'same-origin' || (site === 'none' && isSafe(request));
  return isOwn && (origin === undefined || isOrigin(origin, request, proxies));
}

/**
 * Tells if a script in a page made a request. Where it comes by plain http from another machine, a browser says nothing of that: then
 * the console's own header tells, and what an EventSource accepts.
 */
export function isByScript({ headers }: IncomingMessage): boolean {
  if (headers['sec-fetch-site'] !== undefined) return headers['sec-fetch-mode'] !== 'navigate';
  return headers[OWN_HEADER] !== undefined || headers.accept === 'text/event-stream';
}

function isSafe({ method }: IncomingMessage): boolean {
  return method === 'GET' || method === 'HEAD';
}

function isOrigin(origin: string, request: IncomingMessage, proxies: TrustedProxies): boolean {
  const scheme = /^(https?):\/\//.exec(origin)?.[1];
  // Behind a proxy that is not trusted, a page that came by https seems to have come by http.
  if (scheme === undefined || (scheme === 'http' && proxies.isSecure(request))) return false;
  const asked = `${scheme}://${proxies.hostOf(request)}`;
  return URL.canParse(origin) && URL.canParse(asked) && new URL(origin).origin === new URL(asked).origin;
}
