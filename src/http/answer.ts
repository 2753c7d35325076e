import type { ServerResponse } from 'node:http';
import type { Principal, Verdict } from '../core/presentation.js';
import { formatTime } from '../core/time.js';
import { type Problem, REFUSALS } from './problem.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Says a verdict in HTTP. @param elapsedMs how long the decision took */
export function answer(verdict: Verdict, elapsedMs: number): Answer {
  if (verdict.outcome === 'rejected') {
    const { problem, headers } = REFUSALS[verdict.reason];
    return problemAnswer(problem, headers);
  }
  const { principal } = verdict;
  const data = principalView(principal);
  return {
    status: 200,
    headers: {
      'content-type': 'application/json; charset=utf-8',
      'x-auth-client-id': principal.clientId,
      'x-auth-scopes': principal.scopes.join(' '),
      'x-auth-expires': data.expiresAt,
    },
    body: JSON.stringify({ success: true, reason: 'success', elapse: `${elapsedMs.toFixed(3)}ms`, data }),
  };
}

/** A problem as an answer. */
export function problemAnswer(problem: Problem, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status: problem.status,
    headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(problem),
  };
}

/** What a listener says that was left open: nobody was asked, so nobody is named. */
export const OPEN_ANSWER: Answer = {
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8' },
  body: JSON.stringify({ success: true, reason: 'success', elapse: '0.000ms', data: null }),
};

/** Sends an answer; to HEAD the same without its body. */
export function send(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}

/** What is told of who is calling: named members only, so that nothing else can leak. */
function principalView({ clientId, label, owner, scopes, credential, notBefore, expiresAt }: Principal) {
  return {
    clientId,
    label,
    owner,
    scopes,
    credential: credential.kind,
    notBefore: formatTime(notBefore),
    expiresAt: formatTime(expiresAt),
  };
}
