/** keywright's own paths that any method may ask for. */
export const OWN_PATHS = { verify: '/verify', health: '/healthz', readiness: '/readyz' } as const;

// Below these, and at them, everything is keywright's.
const MANAGEMENT = /^\/api\/v1\/(?:clients|tokens|users|sessions)(?:\/|$)/;
// Where a broker asks for something that does not exist it must not get the verifier's 401: some pass over that, and allow.
const CALLBACKS = '/callbacks/';

/** keywright's own routes besides, methods by path: other methods on these paths are the verifier's. */
export type OwnRoutes = ReadonlyMap<string, ReadonlySet<string>>;

/** Who answers a request: keywright's own routes, nobody, or the verifier, at `/verify` and below, or on any path. */
export type Addressee = 'route' | 'nobody' | 'verify' | 'any-path';

/** The target of a request in the origin form. RFC 9112 section 3.2.2: the absolute form means the same. */
export function originForm(url: string): string {
  if (url.startsWith('/')) return url;
  const target = url.replace(/^https?:\/\/[^/?#]*/i, '');
  return target.startsWith('/') ? target : `/${target}`;
}

/** Whose a request is. A target that is nearly `/verify` must not lose what it demands: it is nobody's. */
export function addressee(method: string, target: string, routes: OwnRoutes): Addressee {
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (path === OWN_PATHS.verify) return 'verify';
  // The query below it is the caller's; with a slash too many, the operator's demand would be taken for that.
  if (path === `${OWN_PATHS.verify}/` && /[?&](?:scope|rate)=/.test(target)) return 'nobody';
  if (path.startsWith(`${OWN_PATHS.verify}/`)) return 'verify';
  if (routes.get(path)?.has(method)) return 'route';
  if (path.startsWith(CALLBACKS)) return 'route';
  if (path.startsWith('/api/v1/') && MANAGEMENT.test(path)) return 'route';
  return mayBeLookalike(path) && plainPath(path) === OWN_PATHS.verify ? 'nobody' : 'any-path';
}
// Every letter percent-encoded, some slashes, and something behind.
const MAX_LOOKALIKE = 80;

// Nearly every request goes by here: what is cheap to see comes first.
function mayBeLookalike(path: string): boolean {
  if (path.length < OWN_PATHS.verify.length || path.length > MAX_LOOKALIKE) return false;
  return path.includes('%') || path.toLowerCase().includes('verify');
}

function plainPath(path: string): string {
  const decoded = path.includes('%')
    ? path.replace(/%([0-7][0-9a-f])/gi, (_, code) => String.fromCharCode(Number.parseInt(code, 16)))
    : path;
  const [plain = ''] = decoded.toLowerCase().split(/[;#?]/, 1);
  return plain.replace(/\/+/g, '/').replace(/(.)\/$/, '$1');
}
