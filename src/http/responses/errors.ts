import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, KeywrightError } from '../../core/model/errors.js';
import type { HttpRefusal, Observer } from '../../core/ports/observer.js';
import { problemAnswer, refusalAnswer, send } from './answer.js';
import { answerBare } from './connections.js';
import {
  ANOTHER_VERSION,
  type HeaderFields,
  type Problem,
  problem,
  type Refusal,
  withoutDialog,
} from './problem.js';

const STATUSES = {
  'invalid-input': 400,
  'not-found': 404,
  'already-exists': 409,
  refused: 403,
  cancelled: 500,
  io: 503,
  'unsafe-home': 503,
  'store-corrupt': 503,
  'store-newer': 503,
  'store-busy': 503,
  busy: 503,
  'ca-unusable': 503,
  'wrong-clock': 503,
} satisfies Record<ErrorCode, number>;

/** What the operator is told of a refusal, and its caller is not. */
export type Told = Pick<HttpRefusal, 'reason' | 'explain'>;

/** A refusal on its way to the error handler. */
export class Refused extends Error {
  readonly refusal: Refusal;
  readonly told: Told | null;

  /** By default the operator is told what the caller is; null for nothing. */
  constructor(refusal: Refusal, told: Told | null = { reason: refusal.problem.reason.replaceAll(' ', '-') }) {
    super(refusal.problem.detail);
    this.refusal = refusal;
    this.told = told;
  }
}

/** Answers with the error of a handler. The answer does not tell what failed inside the server. */
export function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { problem, headers } = refusalOf(error);
  return sendProblem(reply, problem, headers);
}

/** Does the same where a script in a page asked: its browser opens no dialog over the page. */
export function answerErrorOfScript(error: unknown, reply: FastifyReply): FastifyReply {
  const { problem, headers } = refusalOf(error);
  return sendProblem(reply, problem, withoutDialog(headers));
}

/** Tells what the log says of an error: nothing if it is no refusal of the caller. */
export function toldOf(error: unknown): Told | undefined {
  if (error instanceof Refused && (error.told?.explain || REFUSING.includes(error.refusal.problem.status)))
    return error.told ?? undefined;
  if (!(error instanceof KeywrightError) || error.code !== 'refused') return undefined;
  return { reason: error.reason ?? 'not-allowed', explain: () => ({ cause: error.message }) };
}

const REFUSING: readonly number[] = [401, 403, 429];

/** Refuses a request in whose way something failed. */
export function answerFailure(
  response: ServerResponse,
  error: unknown,
  observer: Pick<Observer, 'failed'>,
): void {
  const refusal = refusalOf(error);
  if (refusal.problem.status >= 500) observer.failed({ part: 'http-request', error });
  if (response.headersSent) response.destroy();
  else send(response, refusalAnswer(refusal));
}

export function sendProblem(reply: FastifyReply, body: Problem, headers: HeaderFields = {}): FastifyReply {
  reply.hijack();
  send(reply.raw, problemAnswer(body, headers));
  return reply;
}

/** Turns an error into the refusal that the caller gets. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  const status = statusOf(error);
  const isBusy = error instanceof KeywrightError && error.code === 'store-busy';
  const detail = isBusy ? BUSY : status >= 500 ? 'the request could not be answered' : detailOf(error);
  const retryable = status === 503;
  return {
    problem: problem(status, {
      reason: reasonOf(error) ?? (isBusy ? 'busy' : REASONS[status]) ?? 'internal error',
      detail,
    }),
    headers: retryable ? { 'retry-after': '1' } : {},
  };
}

function reasonOf(error: unknown): string | undefined {
  return error instanceof KeywrightError ? error.reason : undefined;
}

const REASONS: Record<number, string> = {
  400: 'bad request',
  403: 'not allowed',
  404: 'not found',
  409: 'already exists',
  413: 'content too large',
  414: 'path too long',
  415: 'unsupported media type',
  503: 'unavailable',
};

// Whose lock it is, and where, is the operator's to know.
const BUSY = 'somebody else changes the same at this moment: nothing was changed; try again';
const NO_SENSE = 'the request makes no sense';
const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'the path is not well-formed',
  FST_ERR_MAX_PARAM_LENGTH: 'the path is too long',
  FST_ERR_CTP_BODY_TOO_LARGE: 'the body is too large',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'the body is not as long as Content-Length says',
  FST_ERR_CTP_INVALID_JSON_BODY: 'the body is not JSON',
};

interface ValidationFault {
  readonly instancePath: string;
  readonly message?: string;
  readonly params?: { readonly additionalProperty?: string; readonly missingProperty?: string };
}

function detailOf(error: unknown): string {
  if (error instanceof KeywrightError)
    return error.hint === undefined ? error.message : `${error.message}: ${error.hint}`;
  const [fault] = validationFaults(error);
  if (fault !== undefined) return describeFault(fault, isAboutQuery(error) ? 'query parameter' : 'field');
  // The framework's own texts quote the path, which may hold a secret.
  if (error instanceof Error && 'code' in error) return DETAILS[String(error.code)] ?? NO_SENSE;
  return error instanceof Error ? error.message : NO_SENSE;
}

function validationFaults(error: unknown): readonly ValidationFault[] {
  return error instanceof Error && 'validation' in error && Array.isArray(error.validation)
    ? error.validation
    : [];
}

function isAboutQuery(error: unknown): boolean {
  return error instanceof Error && 'validationContext' in error && error.validationContext === 'querystring';
}

// The text names the field. Its value may be a secret.
function describeFault(
  { instancePath, params, message }: ValidationFault,
  part: 'field' | 'query parameter',
): string {
  const field = (name: string) => JSON.stringify(name.slice(0, 80));
  if (params?.additionalProperty !== undefined)
    return `there is no ${part} ${field(params.additionalProperty)}`;
  if (params?.missingProperty !== undefined) return `the ${part} ${field(params.missingProperty)} is missing`;
  const name = instancePath.slice(1).replaceAll('/', '.');
  return `${name === '' ? 'the body' : `the ${part} ${field(name)}`} ${message ?? 'makes no sense'}`;
}

export const NOTHING_HERE = problem(404, { reason: 'not found', detail: 'there is nothing here' });

export const NOT_IMPLEMENTED = problem(501, {
  reason: 'not implemented',
  detail: 'there is no such method here',
});

/** Answers a broken HTTP request, or one with too long headers, and ends its connection. */
export function answerBrokenRequest(
  error: BrokenRequest,
  socket: Socket,
  observer: Pick<Observer, 'refused'>,
): void {
  // ECONNRESET: the caller has gone. Before TLS is established, no answer can be sent.
  const noTls = error.code?.startsWith('ERR_SSL') || error.code?.startsWith('ERR_TLS');
  if (noTls) {
    const address = socket.remoteAddress ?? 'unknown';
    observer.refused({ by: 'http', what: 'connection', address, reason: `no TLS handshake: ${error.code}` });
  }
  if (noTls || error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const isOtherMethod = error.code === 'HPE_INVALID_METHOD' && REQUEST_LINE.test(faultyLine(error));
  answerBare(socket, isOtherMethod ? NOT_IMPLEMENTED : (BROKEN[error.code ?? ''] ?? NOT_HTTP));
}

export interface BrokenRequest extends Error {
  readonly code?: string;
  /** What was received last, and how much of that was read. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

// RFC 9110 section 15.6.2: the method is unknown, but the request is one.
const REQUEST_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+ \S+ HTTP\/\d\.\d\r?$/;

function faultyLine({ rawPacket, bytesParsed = 0 }: BrokenRequest): string {
  const text = rawPacket?.toString('latin1') ?? '';
  return text.slice(text.lastIndexOf('\n', bytesParsed - 1) + 1).split('\n', 1)[0] ?? '';
}

const NOT_HTTP = problem(400, { reason: 'bad request', detail: 'this is not an HTTP request' });
const BROKEN: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: problem(431, {
    reason: 'headers too large',
    detail: 'the request headers are over 16 KiB',
  }),
  HPE_INVALID_VERSION: ANOTHER_VERSION,
  ERR_HTTP_REQUEST_TIMEOUT: problem(408, {
    reason: 'timeout',
    detail: 'the request was not complete in time',
  }),
};

function statusOf(error: unknown): number {
  if (error instanceof KeywrightError) return STATUSES[error.code];
  if (error instanceof Error && 'statusCode' in error && typeof error.statusCode === 'number')
    return error.statusCode;
  return 500;
}
