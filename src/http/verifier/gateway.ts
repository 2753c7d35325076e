import type { IncomingMessage } from 'node:http';
import { KeywrightError } from '../../core/model/errors.js';
import { parseScope } from '../../core/model/scope.js';
import type { Target } from '../../core/verify/path-rules.js';
import { OWN_PATHS, originForm } from '../requests/addressee.js';

/** What an operator wrote behind `/verify?`. */
export interface GatewaySettings {
  readonly scope: string | undefined;
  /** Say 403 where 429 is meant, for gateways to which anything but 401 and 403 is an error of the server. */
  readonly hideRate: boolean;
}

const NONE: GatewaySettings = { scope: undefined, hideRate: false };

/**
 * `?scope=NAME` and `?rate=403`, and nothing else: a mistyped demand must not pass for none. Below `/verify` the query is the
 * caller's own. @throws KeywrightError `invalid-input`
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
 * What a gateway asks about: `X-Forwarded-Method` and `-Uri` (Traefik, Caddy), `X-Original-Method` and `-URI` (nginx), or what
 * follows `/verify` in the path (Envoy). A caller may have written the headers that the gateway did not: they must all agree.
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
  // Nobody said: it is this request itself.
  if (paths.size === 0 && methods.size === 0) return { method, path: OWN_PATHS.verify };
  if (paths.size !== 1 || methods.size > 1) return { method: undefined, path: undefined };
  return { method: [...methods][0], path: [...paths][0] };
}
