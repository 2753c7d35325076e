import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ErrorCode, KeywrightError } from '../core/errors.js';
import { problemAnswer, send } from './answer.js';
import { hangUpSoon } from './connections.js';
import { type Problem, problem } from './problem.js';

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
  'ca-unusable': 503,
} satisfies Record<ErrorCode, number>;

/** Answers whatever a handler threw. What is the server's own trouble stays its own. */
export function answerError(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const status = statusOf(error);
  const own = status >= 500;
  return sendProblem(
    reply,
    problem(status, {
      reason: own ? 'internal error' : 'bad request',
      detail: !own && error instanceof Error ? error.message : 'the request could not be answered',
    }),
  );
}

export function sendProblem(reply: FastifyReply, body: Problem): FastifyReply {
  reply.hijack();
  send(reply.raw, problemAnswer(body));
  return reply;
}

/** Answers what is no HTTP request, or one with headers that are too long, and ends its connection. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  // ECONNRESET: nobody is left to tell. Without TLS established there is nothing to tell it in.
  const noTls = error.code?.startsWith('ERR_SSL') || error.code?.startsWith('ERR_TLS');
  if (noTls || error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const body = BROKEN[error.code ?? ''] ?? NOT_HTTP;
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${body.status} ${body.title}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
  hangUpSoon(socket);
}

const NOT_HTTP = problem(400, { reason: 'bad request', detail: 'this is not an HTTP request' });
const BROKEN: Record<string, Problem> = {
  HPE_HEADER_OVERFLOW: problem(431, {
    reason: 'headers too large',
    detail: 'the request headers are over 16 KiB',
  }),
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
