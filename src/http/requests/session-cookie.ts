import type { IncomingMessage } from 'node:http';
import { AMBIGUOUS, type PresentedText, UNKNOWN } from '../../core/model/presented-credential.js';
import { type PresentedSessionCookie, parseSessionCookie } from '../../core/model/session-cookie.js';
import type { TrustedProxies } from './trusted-proxies.js';

// RFC 6265bis section 4.1.3.1: no page that came by http can set a cookie of this name.
const NAMES = { plain: 'keywright_session', secure: '__Secure-keywright_session' };

/** Reads the cookie of a session; undefined if the request has none. Two that differ are ambiguous. */
export function readSessionCookie(
  request: IncomingMessage,
  proxies: TrustedProxies,
): PresentedSessionCookie | PresentedText | undefined {
  const { cookie } = request.headers;
  if (cookie === undefined) return undefined;
  const name = nameFor(request, proxies);
  const pairs = cookie.split(';').map((pair) => pair.trim());
  const found = pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1));
  const [value, ...others] = new Set(found);
  if (value === undefined || (value === '' && others.length === 0)) return undefined;
  return others.length > 0 ? AMBIGUOUS : (parseSessionCookie(value) ?? UNKNOWN);
}

/**
 * Makes the header that sets the cookie. The path keeps it out of most requests that are none of the management API.
 * @param maxAgeMs 0 to remove the cookie
 */
export function setSessionCookie(
  request: IncomingMessage,
  {
    proxies,
    value,
    maxAgeMs,
  }: { readonly proxies: TrustedProxies; readonly value: string; readonly maxAgeMs: number },
): { readonly 'set-cookie': string } {
  const secure = proxies.isSecure(request) ? '; Secure' : '';
  const age = Math.max(0, Math.ceil(maxAgeMs / 1000));
  const attributes = `Path=/api/v1; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`;
  return { 'set-cookie': `${nameFor(request, proxies)}=${value}; ${attributes}` };
}

/** Takes the session out of a `Cookie` header that goes on to another server. @returns undefined if nothing else is left */
export function withoutSessionCookie(cookie: string | undefined): string | undefined {
  if (cookie === undefined || !cookie.includes(NAMES.plain)) return cookie;
  const isOurs = (pair: string) => Object.values(NAMES).includes(pair.split('=', 1)[0]?.trim() ?? '');
  const others = cookie.split(';').filter((pair) => !isOurs(pair));
  return others.length === 0 ? undefined : others.join(';').trim();
}

function nameFor(request: IncomingMessage, proxies: TrustedProxies): string {
  return proxies.isSecure(request) ? NAMES.secure : NAMES.plain;
}
