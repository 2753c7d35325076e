import type { IncomingMessage } from 'node:http';
import { KeywrightError } from '../../core/model/errors.js';
import { parseScope } from '../../core/model/scope.js';
import type { Target } from '../../core/verify/path-rules.js';
import { OWN_PATHS } from '../requests/own-paths.js';

/** The settings in the query of `/verify`. */
export interface GatewaySettings {
  readonly scope: string | undefined;
  /** True to answer 403 instead of 429, for gateways that take all but 401 and 403 for an error of the server. */
  readonly hideRate: boolean;
}

const NONE: GatewaySettings = { scope: undefined, hideRate: false };

/**
 * Reads `?scope=NAME` and `?rate=403`. Refuses other names: a mistyped demand must not count as no demand. The query
 * below `/verify` is the caller's own.
 * @throws KeywrightError `invalid-input`
 */
export function gatewaySettings(target: string): GatewaySettings {
  const start = target.indexOf('?');
  if (start !== OWN_PATHS.verify.length) return NONE;
  const query = new URLSearchParams(target.slice(start + 1));
  for (const name of new Set(query.keys())) {
    if (name !== 'scope' && name !== 'rate') throw unknown(name);
    if (query.getAll(name).length > 1) throw new KeywrightError('invalid-input', `${name} may be given once`);
  }
  const [scope, rate] = [query.get('scope'), query.get('rate')];
  if (rate !== null && rate !== '403') throw new KeywrightError('invalid-input', 'rate may only be 403');
  return { scope: scope === null ? undefined : parseScope(scope), hideRate: rate !== null };
}

function unknown(name: string): KeywrightError {
  const text = `there is no query parameter ${JSON.stringify(name.slice(0, 80))} here`;
  return new KeywrightError('invalid-input', text);
}

const METHOD_HEADERS = ['x-forwarded-method', 'x-original-method'];
const PATH_HEADERS = ['x-forwarded-uri', 'x-original-uri', 'x-original-url'];

/**
 * Finds the request that a gateway asks about: in `X-Forwarded-Method` and `-Uri` (Traefik, Caddy), in
 * `X-Original-Method` and `-URI` (nginx), or in the path after `/verify` (Envoy). The caller may have written the
 * headers that the gateway did not, so all of them must agree.
 */
export function originalTarget({ method, rawHeaders }: IncomingMessage, target: string): Target {
  const below = target.slice(OWN_PATHS.verify.length);
  const methods = new Set<string>();
  const paths = new Set<string>(below.startsWith('/') ? [below] : []);
  if (paths.size > 0 && method !== undefined) methods.add(method);
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    // X-Forwarded-Uri and its kin are 13 to 18 characters.
    if (name.length < 13 || name.length > 18) continue;
    const value = (rawHeaders[index + 1] ?? '').trim();
    if (value === '') continue;
    if (METHOD_HEADERS.includes(name.toLowerCase())) methods.add(value.toUpperCase());
    else if (PATH_HEADERS.includes(name.toLowerCase())) paths.add(originForm(value));
  }
  // Without any of them, the gateway asks about this request itself.
  if (paths.size === 0 && methods.size === 0) return { method, path: OWN_PATHS.verify };
  if (paths.size !== 1 || methods.size > 1) return { method: undefined, path: undefined };
  return { method: [...methods][0], path: [...paths][0] };
}

// ingress-nginx names the whole URL.
function originForm(url: string): string {
  if (url.startsWith('/')) return url;
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}
