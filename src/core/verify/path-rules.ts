import { canonicalClientId } from '../model/client-id.js';
import { KeywrightError } from '../model/errors.js';
import { decodeAscii } from '../model/percent.js';
import { parseScope } from '../model/scope.js';
import type { RequestDemand } from './presentation.js';

/** The method and path that a request is for, as its caller or a gateway names them. */
export interface Target {
  /** Undefined if the gateway did not say. */
  readonly method: string | undefined;
  /** Path and query as they were sent: `/api/pipes/a%20b?x=1`. Undefined if two places name different ones. */
  readonly path: string | undefined;
}

/** A rule: the scope that a method and a path need. */
export interface PathRule {
  /** Upper-case, of which GET covers HEAD; undefined for every method. */
  readonly methods: readonly string[] | undefined;
  /** Lower-case, of which `*` is any and `{client}` the caller's own id. */
  readonly segments: readonly string[];
  /** True if any number of segments may follow. */
  readonly open: boolean;
  readonly scope: string | undefined;
  /** True if no credential is needed. */
  readonly isPublic: boolean;
}

const METHODS = /^(\*|[A-Z][A-Z-]*(\|[A-Z][A-Z-]*)*)$/;
const PATTERN = /^(\/(\*|\{client\}|[A-Za-z0-9._~@:+-]+))*(\/\*\*)?\/?$/;

/**
 * Reads a rule: `GET|HEAD /api/pipes/** pipes:read`. `*` is any method, or any one segment of a path; `**` at the end any
 * number of them; `{client}` the caller's own id. Without a scope, any credential will do; with `-`, none is needed. @throws KeywrightError `invalid-input`
 */
export function parsePathRule(text: string): PathRule {
  const [methods = '', pattern = '', scope, ...more] = text.trim().split(/\s+/);
  const isPublic = scope === '-';
  // What is public is nobody's own.
  const isContradiction = isPublic && pattern.includes('{');
  if (
    !METHODS.test(methods) ||
    !PATTERN.test(pattern) ||
    pattern === '' ||
    more.length > 0 ||
    isContradiction
  ) {
    throw new KeywrightError('invalid-input', `rule ${JSON.stringify(text.slice(0, 200))} is not allowed`, {
      hint: 'a rule looks like: GET|HEAD /api/pipes/** pipes:read',
    });
  }
  const segments = segmentsOf(pattern.toLowerCase());
  const open = segments.at(-1) === '**';
  return {
    methods: methods === '*' ? undefined : methods.split('|'),
    segments: open ? segments.slice(0, -1) : segments,
    open,
    scope: scope === undefined || isPublic ? undefined : parseScope(scope),
    isPublic,
  };
}

/** A device's own paths, whoever runs behind keywright. */
export const DEVICE = parsePathRule('* /api/v1/device/{client}/**');
const MAYBE_DEVICE = /device/i;

/**
 * Finds the demand of a target: that of the first rule that fits; a device's own path demands that device. If there are
 * rules, two kinds of paths are nobody's: those that servers read in different ways (dot segments, encoded slashes, …),
 * and those whose method a gateway keeps to itself.
 */
export function demandOf(rules: readonly PathRule[], target: Target): RequestDemand | undefined {
  const { path } = target;
  if (path === undefined) return NOBODYS;
  if (rules.length === 0 && !MAYBE_DEVICE.test(path) && !path.includes('%')) return undefined;
  const plain = plainSegments(path);
  if (plain === undefined)
    return rules.length > 0 || MAYBE_DEVICE.test(decodeAscii(decodeAscii(path))) ? NOBODYS : undefined;
  const rule = rules.find((each) => fits(each, { ...target, segments: plain }));
  if (rule?.methods && target.method === undefined) return NOBODYS;
  const owners = [DEVICE, ...(rule ? [rule] : [])].flatMap((each) => ownersIn(each, plain));
  if (rule?.scope === undefined && owners.length === 0) return rule?.isPublic ? PUBLIC : undefined;
  const scopes = rule?.scope === undefined ? [] : [rule.scope];
  if (owners.length === 0) return { scopes };
  const [owner] = owners;
  return { scopes, clientId: owners.every((each) => each === owner) ? (owner ?? null) : null };
}

const PUBLIC: RequestDemand = { scopes: [], isPublic: true };
const NOBODYS: RequestDemand = { scopes: [], clientId: null };

interface PlainTarget {
  readonly method: string | undefined;
  readonly segments: readonly string[];
}

// A method that is not known fits every rule that names one, which is then found to be in doubt.
function fits({ methods, ...pattern }: PathRule, { method, segments }: PlainTarget): boolean {
  // Servers answer HEAD by what they have for GET (RFC 9110 section 9.3.2).
  const isNamed = methods?.some((each) => each === method || (each === 'GET' && method === 'HEAD'));
  return (!methods || method === undefined || isNamed === true) && fitsPath(pattern, segments);
}

function fitsPath({ segments, open }: Pick<PathRule, 'segments' | 'open'>, path: readonly string[]): boolean {
  if (open ? path.length < segments.length : path.length !== segments.length) return false;
  return segments.every((each, index) => each === '*' || each === '{client}' || each === path[index]);
}

/** Lists the client ids that stand for `{client}` in a path; null for one that is no id. */
function ownersIn(rule: PathRule, path: readonly string[]): (string | null)[] {
  if (!fitsPath(rule, path)) return [];
  return rule.segments.flatMap((each, index) =>
    each === '{client}' ? [canonicalClientId(path[index] ?? '') ?? null] : [],
  );
}

function segmentsOf(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '');
}

/** Lower-case, decoded; undefined if two servers may not agree on them. RFC 3986 section 6 */
function plainSegments(target: string): string[] | undefined {
  const [path = ''] = target.split('?', 1);
  const inner = path.replace(/^\//, '').replace(/\/$/, '');
  if (!path.startsWith('/') || /%2f|%5c|%25|[^!-~]|[\\;#]/i.test(path)) return undefined;
  const segments = inner === '' ? [] : inner.split('/').map(decode);
  const isPlain = segments.every((each) => each !== undefined && each !== '' && !isOdd(each));
  return isPlain ? segments.map((each) => (each ?? '').toLowerCase()) : undefined;
}

// Some file systems drop dots and blanks at the end of a name; others read `#`, `?` and `;` once more, or `::$DATA`.
const ODD = /[.\s]$|^\s|[\p{Cc}\p{Cf};#?]|::\$/u;
// Most names, of which nothing more needs to be asked.
const PLAIN = /^[\w~!$&'()*+,=@-]+$/;
const BEYOND_ASCII = /[^\p{ASCII}]/gu;

/** Tells if a segment may count as another one: by its ends, by marks in it, or by letters and marks in other widths. */
function isOdd(segment: string): boolean {
  if (PLAIN.test(segment)) return false;
  if (ODD.test(segment)) return true;
  const beyond = segment.match(BEYOND_ASCII);
  return beyond !== null && /\p{ASCII}/u.test(beyond.join('').normalize('NFKC'));
}

function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
