import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseForm } from '../requests/form.js';
import type { HttpServices } from '../services.js';
import { mayCall } from './caller.js';
import {
  type Call,
  type CallbackAnswer,
  type Dialect,
  type Fields,
  MalformedCall,
  type Outcome,
} from './dialect.js';
import { emqx } from './emqx.js';
import { mosquitto } from './mosquitto.js';
import { brokerPolicy } from './policy.js';
import { rabbitmq } from './rabbitmq.js';
import { vernemq } from './vernemq.js';

/**
 * Adds the call-backs of MQTT brokers, each in its broker's contract. After a failure too, the broker gets an answer
 * that it takes for a refusal.
 */
export async function addCallbackRoutes(app: FastifyInstance, services: HttpServices): Promise<void> {
  for (const dialect of [mosquitto, emqx, vernemq, rabbitmq]) {
    await app.register(async (scope) => addDialect(scope, dialect, services));
  }
  // An unknown path must not get the verifier's 401: some brokers ignore a 401, and allow.
  app.all('/callbacks/*', HIDDEN, (_request, reply) => reply.callNotFound());
}

const HIDDEN = { schema: { hide: true } };

function addDialect(scope: FastifyInstance, dialect: Dialect, services: HttpServices): void {
  const policy = brokerPolicy(services);
  takeBodies(scope, dialect.maxBodyBytes);
  const refuse = (request: FastifyRequest, reply: FastifyReply, refusal: Refusal) => {
    services.observer.refused({ by: 'callback', ...callerOf(request), clientId: '', ...refusal });
    return say(reply, dialect.refuse(refusal.outcome, queryOf(request)));
  };
  // The check runs before any body is read.
  scope.addHook('onRequest', async (request, reply) => {
    if (mayCall(request.raw, queryOf(request), services)) return;
    return refuse(request, reply, {
      outcome: 'deny',
      reason: 'the caller is neither here nor has the secret',
    });
  });
  scope.setErrorHandler((error, request, reply) => refuse(request, reply, refusalOf(error)));

  for (const [url, answer] of Object.entries(dialect.calls)) {
    const handler = async (request: FastifyRequest, reply: FastifyReply) => {
      const outcome = await answer(callOf(request), policy);
      report(outcome, request, services);
      return say(reply, outcome.answer);
    };
    scope.get(url, HIDDEN, handler);
    scope.post(url, HIDDEN, handler);
  }
  const unknown = (request: FastifyRequest, reply: FastifyReply) =>
    refuse(request, reply, { outcome: 'deny', reason: 'there is no such call-back' });
  scope.all(`/callbacks/${dialect.broker}/*`, HIDDEN, unknown);
}

interface Refusal {
  readonly outcome: 'deny' | 'unavailable';
  readonly reason: string;
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof MalformedCall) return { outcome: 'deny', reason: error.message };
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  // A parser's message may quote the body.
  return status < 500
    ? { outcome: 'deny', reason: `the body cannot be read (${status})` }
    : { outcome: 'unavailable', reason: 'the call could not be answered' };
}

function report({ decision, clientId }: Outcome, request: FastifyRequest, services: HttpServices): void {
  if (decision.outcome === 'allow') return;
  const { address, ...denial } = decision;
  const caller = callerOf(request);
  services.observer.refused({
    ...{ by: 'callback', ...caller, address: address || caller.address, clientId: clientId.slice(0, 80) },
    ...denial,
  });
}

function callOf(request: FastifyRequest): Call {
  const { headers, method, raw, body } = request;
  const query = queryOf(request);
  const fields = method === 'GET' ? fieldsOf(query) : body;
  if (!isFields(fields)) throw new MalformedCall('the body has no fields');
  return { fields, query, headers, from: raw.socket.remoteAddress ?? 'unknown' };
}

function fieldsOf(query: URLSearchParams): Fields {
  for (const name of new Set(query.keys())) {
    if (query.getAll(name).length > 1)
      throw new MalformedCall(`the field ${name.slice(0, 80)} is there twice`);
  }
  return Object.fromEntries(query);
}

function isFields(body: unknown): body is Fields {
  return typeof body === 'object' && body !== null && !Array.isArray(body);
}

// `request.query` would make a list of a name that comes twice.
function queryOf({ raw }: FastifyRequest): URLSearchParams {
  const url = raw.url ?? '';
  return new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?')) : '');
}

function callerOf({ raw }: FastifyRequest): { readonly path: string; readonly address: string } {
  const path = (raw.url ?? '').split('?', 1)[0]?.slice(0, 80) ?? '';
  return { path, address: raw.socket.remoteAddress ?? 'unknown' };
}

function say(reply: FastifyReply, { status, type, body }: CallbackAnswer): FastifyReply {
  // `no-store` also keeps VerneMQ from remembering the answer.
  return reply.code(status).type(type).header('cache-control', 'no-store').send(body);
}

function takeBodies(scope: FastifyInstance, bodyLimit: number): void {
  scope.removeAllContentTypeParsers();
  const options = { parseAs: 'string', bodyLimit } as const;
  scope.addContentTypeParser('application/json', options, scope.getDefaultJsonParser('error', 'error'));
  scope.addContentTypeParser('application/x-www-form-urlencoded', options, parseForm);
}
