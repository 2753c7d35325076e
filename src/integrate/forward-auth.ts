import { IDENTITY_HEADERS } from '../core/model/header-names.js';
import type { Answer, ContractStep, Probe } from './integration.js';

/** Makes the request that a gateway sends. */
export type Ask = (original: { readonly method: string; readonly path: string }) => {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
};

/** Makes the contract of a gateway that asks. All gateways have the same. */
export function forwardAuthContract(ask: Ask): (probe: Probe) => readonly ContractStep[] {
  return ({ clientId, apiKey }) => {
    const step = (
      says: string,
      { method = 'GET', path = '/', ...headers }: Record<string, string>,
      judge: ContractStep['judge'],
    ): ContractStep => {
      const question = ask({ method, path });
      return { says, request: { ...question, headers: { ...question.headers, ...headers } }, judge };
    };
    const identified = (answer: Answer) => accepted(answer, clientId);
    return [
      step('a valid key gets in, and the answer says whose it is', { 'x-api-key': apiKey }, identified),
      step('in an Authorization header, too', { authorization: `Bearer ${apiKey}` }, identified),
      step('with any method', { method: 'DELETE', path: '/a/b?c=d', 'x-api-key': apiKey }, identified),
      step('no credential is 401, with a challenge', {}, challenged),
      step('a wrong key is 401', { 'x-api-key': `${apiKey}x` }, refused(401)),
      step(
        'two different credentials are 401',
        { 'x-api-key': apiKey, authorization: 'Bearer x' },
        refused(401),
      ),
      step(
        'another device’s path is 403',
        { path: '/api/v1/device/somebody/state', 'x-api-key': apiKey },
        refused(403),
      ),
      step(
        'a target that the caller wrote beside the gateway’s is 403',
        { 'x-api-key': apiKey, 'x-original-uri': '/a', 'x-forwarded-uri': '/b' },
        refused(403),
      ),
    ];
  };
}

function accepted({ status, headers, body }: Answer, clientId: string): string | undefined {
  if (status !== 200) return `${status} instead of 200`;
  if (body !== '') return 'a body, where there must be none';
  const lacking = IDENTITY_HEADERS.find((name) => !headers.has(name));
  if (lacking !== undefined) return `no ${lacking}`;
  const subject = headers.get('x-auth-client-id');
  return subject === clientId ? undefined : `X-Auth-Client-Id is ${subject}`;
}

function refused(expected: number): ContractStep['judge'] {
  return ({ status, headers }) => {
    if (status !== expected) return `${status} instead of ${expected}`;
    return headers.has('x-auth-subject') ? 'an identity in a refusal' : undefined;
  };
}

const challenged: ContractStep['judge'] = (answer) =>
  refused(401)(answer) ?? (answer.headers.has('www-authenticate') ? undefined : 'no WWW-Authenticate');
