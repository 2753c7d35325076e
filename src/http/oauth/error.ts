import type { FastifyReply, FastifyRequest } from 'fastify';
import { Refused, refusalOf, type Told } from '../responses/errors.js';
import { type HeaderFields, type Problem, problem } from '../responses/problem.js';

/** RFC 6749 section 5.2, RFC 8693 section 2.2.2 and RFC 7009 section 2.2.1. */
export type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_grant'
  | 'invalid_scope'
  | 'invalid_target'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'temporarily_unavailable'
  | 'server_error';

/** A refusal with one of OAuth's codes. */
export class OAuthRefused extends Refused {
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, detail: string, told?: Told | null) {
    const status = code === 'invalid_client' ? 401 : 400;
    const reason = code.replaceAll('_', ' ');
    super({ problem: problem(status, { reason, detail }), headers: {} }, told ?? toldOfCode(code, detail));
    this.code = code;
  }
}

const REFUSING: readonly OAuthErrorCode[] = ['invalid_client', 'invalid_grant', 'unauthorized_client'];

function toldOfCode(code: OAuthErrorCode, cause: string): Told {
  const reason = code.replaceAll('_', '-');
  return REFUSING.includes(code) ? { reason, explain: () => ({ cause }) } : { reason };
}

const CODES: Record<number, OAuthErrorCode> = {
  400: 'invalid_request',
  401: 'invalid_client',
  403: 'invalid_scope',
  413: 'invalid_request',
  415: 'invalid_request',
  429: 'temporarily_unavailable',
  503: 'temporarily_unavailable',
};

/**
 * Answers an error of a handler in OAuth's form, beside the members of the other dialects. The type is JSON, because
 * strict clients insist on it.
 */
export function answerOAuthError(
  error: unknown,
  _request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { problem: said, headers: all } = refusalOf(error);
  // RFC 6749 section 5.2: a request that lacks a scope is a bad request.
  const status = said.status === 403 ? 400 : said.status;
  const body = problem(status, { reason: said.reason, detail: said.detail });
  const code = error instanceof OAuthRefused ? error.code : (codeOf(said) ?? 'server_error');
  const { 'www-authenticate': _, ...headers }: HeaderFields = { ...all };
  // RFC 6749 section 5.2: no quotes, no backslashes.
  const description = said.detail.replace(/[^\x20-\x21\x23-\x5b\x5d-\x7e]/g, "'");
  return reply
    .code(status)
    .headers({ ...headers, ...(status === 401 && CHALLENGE), 'cache-control': 'no-store' })
    .type('application/json')
    .send(JSON.stringify({ error: code, error_description: description, ...body }));
}

function codeOf({ status, reason }: Problem): OAuthErrorCode | undefined {
  return status === 403 && reason !== 'insufficient-scope' ? 'unauthorized_client' : CODES[status];
}

const CHALLENGE = { 'www-authenticate': 'Basic realm="keywright"' };
