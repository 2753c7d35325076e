import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OwnPaths } from './requests/own-paths.js';
import { NOTHING_HERE, sendProblem } from './responses/errors.js';
import { problem } from './responses/problem.js';

/**
 * Answers a request that no route takes: 404, or on a path that takes other methods 405, which says them. RFC 9110
 * section 15.5.6. OPTIONS asks just that.
 */
export function answerUnknown({ raw }: FastifyRequest, reply: FastifyReply, own: OwnPaths): FastifyReply {
  const methods = own.methodsOf((raw.url ?? '').split('?', 1)[0] ?? '');
  // Who takes every method below its path has found nothing there.
  if (methods.length === 0 || methods.includes(raw.method ?? '')) return sendProblem(reply, NOTHING_HERE);
  const allow = [...new Set([...methods, 'OPTIONS'])].join(', ');
  if (raw.method === 'OPTIONS') return reply.code(204).header('allow', allow).send();
  const detail = `this path takes ${methods.join(', ')}`;
  return sendProblem(reply, problem(405, { reason: 'method not allowed', detail }), { allow });
}
