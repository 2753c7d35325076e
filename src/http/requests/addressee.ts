import { decodeAscii } from '../../core/model/percent.js';
import { OWN_PATHS, type OwnPaths } from './own-paths.js';

/**
 * The component that answers a request: the router, none (404), or the verifier (at `/verify` and below, or on any
 * path). `near` is a path beside keywright's own, with a method that changes something.
 */
export type Addressee = 'route' | 'nobody' | 'near' | 'verify' | 'any-path';

/**
 * Routes a request. Misspellings of `/verify` (`//verify?scope=x`) get 404. As an ordinary path, their `scope` would be
 * ignored. So do changes at misspellings of keywright's own paths: as ordinary paths, they would seem to be made.
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
  if (SAFE.has(method))
    return mayBeVerify(path) && canonicalPath(path) === OWN_PATHS.verify ? 'nobody' : 'any-path';
  const plain = ODD.test(path) ? canonicalPath(path) : path;
  if (plain === OWN_PATHS.verify || (plain !== path && own.isAnotherSpelling(plain))) return 'nobody';
  return own.isNear(plain) ? 'near' : 'any-path';
}

// RFC 9110 section 9.2.1
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

// The length of `/verify` with every letter percent-encoded, some slashes, and a tail.
const MAX_LOOKALIKE = 80;

// Nearly every request passes here: the cheap tests come first.
function mayBeVerify(path: string): boolean {
  if (path.length < OWN_PATHS.verify.length || path.length > MAX_LOOKALIKE) return false;
  return path.includes('%') || path.toLowerCase().includes('verify');
}

const ODD = /[%;#\\A-Z]|\/[./]|.\/$/;

/** The path that a lenient server would take one for: decoded, in lower case, without parameters and empty segments. */
function canonicalPath(path: string): string {
  const segments: string[] = [];
  const decoded = decodeAscii(decodeAscii(path)).toLowerCase().replaceAll('\\', '/');
  for (const segment of decoded.split(/[#?]/, 1)[0]?.split('/') ?? []) {
    const name = segment.split(';', 1)[0]?.trim() ?? '';
    if (name === '..') segments.pop();
    else if (name !== '' && name !== '.') segments.push(name);
  }
  return `/${segments.join('/')}`;
}
