import type { ServerResponse } from 'node:http';
import { principalView } from '../../core/manage/views.js';
import { IDENTITY_HEADERS, type IdentityHeader } from '../../core/model/header-names.js';
import type { Principal } from '../../core/model/principal.js';
import { subjectOf } from '../../core/model/subject.js';
import { formatTime } from '../../core/model/time.js';
import type { Rejection, Verdict } from '../../core/verify/presentation.js';
import { type HeaderFields, type Problem, REFUSALS, type Refusal } from './problem.js';

export interface Answer {
  readonly status: number;
  /** Names and values in turn, the fastest form for node. They include the body's length. */
  readonly headers: readonly string[];
  /** The body's octets, a character each (`latin1`). */
  readonly body: string;
}

const refusalAnswers = new WeakMap<Refusal, Answer>();

// A verdict holds for its caller and for the moment only.
const UNCACHED = ['cache-control', 'private, no-store'];
const JSON_CONTENT = [...UNCACHED, 'content-type', 'application/json; charset=utf-8'];

/**
 * Makes the JSON answer with a verdict, for a caller who asks about itself.
 * @param elapsedMs the duration of the decision
 */
export function answer(verdict: Verdict, elapsedMs: number): Answer {
  if (verdict.outcome === 'rejected') return REFUSED[verdict.reason];
  const made = acceptance(verdict.principal);
  const elapsed = elapsedMs.toFixed(3);
  const body = made.before + elapsed + made.after;
  made.headers[body.length] ??= withLength(made.json, body);
  return { status: 200, headers: made.headers[body.length] ?? made.json, body };
}

/** Makes the answer with a verdict for a gateway: the headers name the caller, and there is no body. */
export function gatewayAnswer(verdict: Verdict): Answer {
  if (verdict.outcome === 'rejected') return REFUSED[verdict.reason];
  return { status: 200, headers: acceptance(verdict.principal).gateway, body: '' };
}

/** Finds the headers that name the caller, as names and values in turn. */
export function identityHeaders(principal: Principal): readonly string[] {
  return acceptance(principal).identity;
}

/** The answer that accepts a principal, without the duration of the decision. */
interface Acceptance {
  /** The headers that name the caller. */
  readonly identity: readonly string[];
  readonly gateway: readonly string[];
  readonly json: readonly string[];
  readonly before: string;
  readonly after: string;
  /** The complete header lists, by the body's length: only `elapse` varies. */
  readonly headers: Record<number, readonly string[]>;
}

const acceptances = new WeakMap<Principal, Acceptance>();

// A principal stays the same object until its client changes, so its answer is made once.
function acceptance(principal: Principal): Acceptance {
  let made = acceptances.get(principal);
  if (made === undefined) {
    const { credential, ...view } = principalView(principal);
    const data = { ...view, credential: credential.kind };
    const { kind, id, scopes } = principal;
    const identity = headersOf({
      'X-Auth-Subject': subjectOf(principal),
      'X-Auth-Client-Id': kind === 'client' ? id : '',
      'X-Auth-Scopes': scopes.join(' '),
      'X-Auth-Key-Id': credential.kind === 'api-key' ? `${id}:${credential.id}` : credential.id,
      'X-Auth-Expires': formatTime(principal.expiresAt),
    } satisfies Record<IdentityHeader, string>);
    const before = '{"success":true,"reason":"success","elapse":"';
    const after = octets(`ms","data":${JSON.stringify(data)}}`);
    made = {
      identity,
      gateway: withLength([...UNCACHED, ...identity], ''),
      json: [...JSON_CONTENT, ...identity],
      before,
      after,
      headers: {},
    };
    acceptances.set(principal, made);
  }
  return made;
}

/**
 * Makes the headers of an identity. All names are always there: else a gateway would leave the caller's own in place.
 */
function headersOf(identity: Partial<Record<IdentityHeader, string>>): readonly string[] {
  return IDENTITY_HEADERS.flatMap((name) => [name.toLowerCase(), identity[name] ?? '']);
}

/** Makes the answer for a problem. */
export function problemAnswer(problem: Problem, headers: HeaderFields = {}): Answer {
  const body = octets(JSON.stringify(problem));
  const content = ['content-type', 'application/problem+json', 'cache-control', 'no-store'];
  return {
    status: problem.status,
    headers: withLength([...content, ...fieldsOf(headers)], body),
    body,
  };
}

function fieldsOf(headers: HeaderFields): string[] {
  return Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => [name, value]),
  );
}

function withLength(headers: readonly string[], body: string): readonly string[] {
  return [...headers, 'content-length', String(body.length)];
}

function octets(text: string): string {
  return Buffer.from(text).toString('latin1');
}

const OPEN_BODY = JSON.stringify({ success: true, reason: 'success', elapse: '0.000ms', data: null });

/** The answer of an open listener. It names no caller, because it has checked none. */
export const OPEN_ANSWER: Answer = {
  status: 200,
  headers: withLength(JSON_CONTENT, OPEN_BODY),
  body: OPEN_BODY,
};

const REFUSED: Record<Rejection, Answer> = {
  missing: refusal('missing'),
  'conflicting-credentials': refusal('conflicting-credentials'),
  invalid: refusal('invalid'),
  revoked: refusal('revoked'),
  suspended: refusal('suspended'),
  'not-yet-valid': refusal('not-yet-valid'),
  expired: refusal('expired'),
  'wrong-client-id': refusal('wrong-client-id'),
  'wrong-domain': refusal('wrong-domain'),
  'wrong-path': refusal('wrong-path'),
  'insufficient-scope': refusal('insufficient-scope'),
  unavailable: refusal('unavailable'),
};

function refusal(reason: Rejection): Answer {
  return refusalAnswer(REFUSALS[reason]);
}

/** Makes the answer for a refusal. */
export function refusalAnswer(refusal: Refusal): Answer {
  let made = refusalAnswers.get(refusal);
  if (made === undefined) {
    made = problemAnswer(refusal.problem, refusal.headers);
    refusalAnswers.set(refusal, made);
  }
  return made;
}

/**
 * Says "too many" with 403, for a gateway that does not know 429. A header has the real status, and `Retry-After`
 * stays.
 */
export function rateAsForbidden({ headers, body }: Answer): Answer {
  return { status: 403, headers: [...headers, 'x-auth-status', '429'], body };
}

/** The answer of an open listener to a gateway. */
export const OPEN_GATEWAY_ANSWER: Answer = {
  status: 200,
  headers: withLength([...UNCACHED, ...headersOf({})], ''),
  body: '',
};

/** Sends an answer; to HEAD without its body. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers as string[]);
  if (joinsHead(response, body)) response.end();
  else response.end(body, 'latin1');
}

/**
 * Puts the body behind the head that node holds back until the first octet of the body. Both go out in one write then;
 * `end(body)` makes two parts of them, which costs more than everything else that an answer costs (docs/decisions/0025).
 */
function joinsHead(response: ServerResponse, body: string): boolean {
  const held = response as { _header?: unknown; _hasBody?: unknown };
  if (held._hasBody !== true || typeof held._header !== 'string') return false;
  held._header += body;
  return true;
}
