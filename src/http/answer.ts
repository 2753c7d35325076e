import type { ServerResponse } from 'node:http';
import { type Principal, principalView, type Rejection, type Verdict } from '../core/presentation.js';
import { type Problem, REFUSALS, type Refusal } from './problem.js';

export interface Answer {
  readonly status: number;
  /** Names and values in turn, which node writes fastest. */
  readonly headers: readonly string[];
  readonly body: string;
}

const refusalAnswers = new WeakMap<Refusal, Answer>();

const JSON_CONTENT = ['content-type', 'application/json; charset=utf-8'];

/** Says a verdict in HTTP. @param elapsedMs how long the decision took */
export function answer(verdict: Verdict, elapsedMs: number): Answer {
  if (verdict.outcome === 'rejected') return REFUSED[verdict.reason];
  const { headers, before, after } = acceptance(verdict.principal);
  return { status: 200, headers, body: `${before}${elapsedMs.toFixed(3)}${after}` };
}

/** The answer that accepts a principal, but for how long the decision took. */
interface Acceptance {
  readonly headers: readonly string[];
  readonly before: string;
  readonly after: string;
}

const acceptances = new WeakMap<Principal, Acceptance>();

// A principal stays the same object for as long as its client does not change: its answer is made once.
function acceptance(principal: Principal): Acceptance {
  let made = acceptances.get(principal);
  if (made === undefined) {
    const { credential, ...view } = principalView(principal);
    const data = { ...view, credential: credential.kind };
    made = {
      headers: [
        ...JSON_CONTENT,
        ...[principal.kind === 'client' ? 'x-auth-client-id' : 'x-auth-user-id', principal.id],
        ...['x-auth-scopes', principal.scopes.join(' ')],
        ...['x-auth-expires', data.expiresAt],
      ],
      before: '{"success":true,"reason":"success","elapse":"',
      after: `ms","data":${JSON.stringify(data)}}`,
    };
    acceptances.set(principal, made);
  }
  return made;
}

/** A problem as an answer. */
export function problemAnswer(problem: Problem, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: problem.status,
    headers: [
      'content-type',
      'application/problem+json',
      'cache-control',
      'no-store',
      ...Object.entries(headers).flat(),
    ],
    body: JSON.stringify(problem),
  };
}

/** What a listener says that was left open: nobody was asked, so nobody is named. */
export const OPEN_ANSWER: Answer = {
  status: 200,
  headers: JSON_CONTENT,
  body: JSON.stringify({ success: true, reason: 'success', elapse: '0.000ms', data: null }),
};

const REFUSED: Record<Rejection, Answer> = {
  missing: refusal('missing'),
  invalid: refusal('invalid'),
  revoked: refusal('revoked'),
  'not-yet-valid': refusal('not-yet-valid'),
  expired: refusal('expired'),
  'wrong-client-id': refusal('wrong-client-id'),
  'wrong-domain': refusal('wrong-domain'),
  'insufficient-scope': refusal('insufficient-scope'),
  unavailable: refusal('unavailable'),
};

function refusal(reason: Rejection): Answer {
  return refusalAnswer(REFUSALS[reason]);
}

/** A refusal as an answer. */
export function refusalAnswer(refusal: Refusal): Answer {
  let made = refusalAnswers.get(refusal);
  if (made === undefined) {
    made = problemAnswer(refusal.problem, refusal.headers);
    refusalAnswers.set(refusal, made);
  }
  return made;
}

/** Sends an answer; to HEAD the same without its body. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, [...headers, 'content-length', Buffer.byteLength(body)]).end(body);
}
