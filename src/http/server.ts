import { METHODS } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Clock } from '../core/ports.js';
import type { Registry } from '../core/prove.js';
import { parseScope } from '../core/scope.js';
import { verify } from '../core/verify.js';
import { answer, OPEN_ANSWER, send } from './answer.js';
import { answerBrokenRequest, answerError, sendProblem } from './errors.js';
import { type Accepts, present } from './present.js';
import { problem } from './problem.js';

/** PEM texts for a TLS listener; the CA is whose client certificates are asked for. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface HttpOptions extends Accepts {
  readonly registry: Registry & { readonly available: boolean };
  readonly clock: Clock;
  readonly tls: TlsMaterial | undefined;
}

// Slow senders give their connection back: headers and body must be there by then.
const REQUEST_TIMEOUT_MS = 30_000;

const OWN_PATHS = new Set(['/healthz', '/readyz', '/verify']);

/** The HTTP verifier: whatever is not one of keywright's own paths is answered with the verdict on its credential. */
export function buildHttpServer(options: HttpOptions): FastifyInstance {
  const { registry, clock, tls } = options;
  const app = fastify({
    https: tls && tlsOptions(tls),
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    clientErrorHandler: answerBrokenRequest,
    // All other paths are one to the router, also those that are no valid URL.
    rewriteUrl: ({ url = '/' }) => (OWN_PATHS.has(pathOf(url)) ? url : '/'),
  } as object) as unknown as FastifyInstance;
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) =>
    sendProblem(reply, problem(404, { reason: 'not found', detail: 'there is nothing here' })),
  );
  acceptAnyMethodAndBody(app);

  // Without token authentication and without TLS there is nothing to ask for: the operator left this listener open.
  const open = !options.tokens && tls === undefined;
  const decide = (request: FastifyRequest, reply: FastifyReply, scope?: string) => {
    const start = performance.now();
    const demand = scope === undefined ? undefined : { scope: parseScope(scope) };
    reply.hijack();
    if (open) return send(reply.raw, OPEN_ANSWER);
    const verdict = verify(present(request.raw, options, demand), registry, clock.now());
    return send(reply.raw, answer(verdict, performance.now() - start));
  };

  app.all('/', (request, reply) => decide(request, reply));
  app.all<{ Querystring: { scope?: string } }>(
    '/verify',
    { schema: { querystring: VERIFY_QUERY } },
    (request, reply) => decide(request, reply, request.query.scope),
  );
  app.get('/healthz', () => ({ status: 'ok' }));
  app.get('/readyz', (_request, reply) => {
    const { available } = registry;
    return reply.code(available ? 200 : 503).send({ status: available ? 'ready' : 'keystore unavailable' });
  });
  return app;
}

function pathOf(url: string): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** How TLS listeners of keywright are set up: clients may present a certificate of the CA, and it is checked here, not by TLS alone. */
export function tlsOptions({ certificate, privateKey, authority }: TlsMaterial) {
  return {
    cert: certificate,
    key: privateKey,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
  } as const;
}

const VERIFY_QUERY = {
  type: 'object',
  properties: { scope: { type: 'string', maxLength: 300 } },
  additionalProperties: true,
} as const;

function acceptAnyMethodAndBody(app: FastifyInstance): void {
  for (const method of METHODS) {
    // CONNECT asks for a tunnel, which node refuses by itself
    if (!app.supportedMethods.includes(method) && method !== 'CONNECT')
      app.addHttpMethod(method, { hasBody: true });
  }
  // A verdict does not depend on the body: it is neither parsed nor kept.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
