/** keywright's own paths that any method may ask for. */
export const OWN_PATHS = { verify: '/verify', health: '/healthz', readiness: '/readyz' } as const;

/** Where the router finds the verifier, whatever the path was. */
export const ANY_PATH = '/';

const NOWHERE = '/nowhere';
const own: ReadonlySet<string> = new Set(Object.values(OWN_PATHS));

// Below these, and at them, everything is keywright's.
const MANAGEMENT = /^\/api\/v1\/(?:clients|tokens|users|sessions)(?:\/|$)/;

/** keywright's own routes besides, methods by path: other methods on these paths are the verifier's. */
export type OwnRoutes = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What the router sees of a request's target: one of keywright's own paths, or `ANY_PATH` for all others, also for those
 * that are no valid URL. A target that is nearly `/verify` must not lose what it demands: it is nowhere.
 */
export function routeTarget(method: string, url: string, routes: OwnRoutes): string {
  // RFC 9112 section 3.2.2: the absolute form means the same
  const target = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?#]*/i, '');
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  if (own.has(path) || routes.get(path)?.has(method)) return target;
  if (path.startsWith('/api/v1/') && MANAGEMENT.test(path)) return target;
  return mayBeLookalike(path) && plainPath(path) === OWN_PATHS.verify ? NOWHERE : ANY_PATH;
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
