import { decodeAscii } from '../../core/model/percent.js';

/** Keywright's own paths that take any method. */
export const OWN_PATHS = { verify: '/verify', health: '/healthz', readiness: '/readyz' } as const;

/**
 * The component that answers a request: the router, none (404), or the verifier (at `/verify` and below, or on any
 * path).
 */
export type Addressee = 'route' | 'nobody' | 'verify' | 'any-path';

/** The list of keywright's own paths, which the routes fill. Every other path is the verifier's. */
export class OwnPaths {
  readonly #methods = new Map<string, Set<string>>();
  #beginnings: readonly string[] = [];

  /**
   * Adds a route. A path without parameters is keywright's for the route's methods. `/clients/:id` takes `/clients` and
   * all paths below it, for all methods, and `/callbacks/*` all paths below `/callbacks`. Unknown paths there are 404.
   */
  add(methods: readonly string[], url: string): void {
    const [beginning = '', parameter] = url.split(/(?=[:*])/, 2);
    if (parameter === undefined) this.#allow(url, methods);
    if (parameter?.startsWith(':')) this.#allow(beginning.slice(0, -1), [ANY_METHOD]);
    if (parameter === undefined || this.#beginnings.some((known) => beginning.startsWith(known))) return;
    this.#beginnings = [...this.#beginnings.filter((known) => !known.startsWith(beginning)), beginning];
  }

  #allow(path: string, methods: readonly string[]): void {
    this.#methods.set(path, new Set([...(this.#methods.get(path) ?? []), ...methods]));
  }

  has(method: string, path: string): boolean {
    const methods = this.#methods.get(path);
    if (methods?.has(method) || methods?.has(ANY_METHOD)) return true;
    return this.#beginnings.some((beginning) => path.startsWith(beginning));
  }
}

const ANY_METHOD = '*';

/** Finds the target of a request in the origin form. RFC 9112 section 3.2.2: the absolute form means the same. */
export function originForm(url: string): string {
  if (url.startsWith('/')) return url;
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}

/**
 * Routes a request. Misspellings of `/verify` (`//verify?scope=x`) get 404. As an ordinary path, their `scope` would be
 * ignored.
 */
export function addressee(method: string, target: string, own: OwnPaths): Addressee {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path === OWN_PATHS.verify) return 'verify';
  // The query below `/verify` is the caller's. After one slash too many, the operator's demand would look like the
  // caller's.
  if (path === `${OWN_PATHS.verify}/` && /[?&](?:scope|rate)=/.test(target)) return 'nobody';
  if (path.startsWith(`${OWN_PATHS.verify}/`)) return 'verify';
  if (own.has(method, path)) return 'route';
  return mayBeLookalike(path) && plainPath(path) === OWN_PATHS.verify ? 'nobody' : 'any-path';
}

// The length of `/verify` with every letter percent-encoded, some slashes, and a tail.
const MAX_LOOKALIKE = 80;

// Nearly every request passes here: the cheap tests come first.
function mayBeLookalike(path: string): boolean {
  if (path.length < OWN_PATHS.verify.length || path.length > MAX_LOOKALIKE) return false;
  return path.includes('%') || path.toLowerCase().includes('verify');
}

function plainPath(path: string): string {
  const [plain = ''] = decodeAscii(path).toLowerCase().split(/[;#?]/, 1);
  return plain.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
}
