import { METHODS } from 'node:http';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { KeywrightError } from '../core/errors.js';
import type { Clock } from '../core/ports.js';
import type { Registry } from '../core/prove.js';
import { parseScope } from '../core/scope.js';
import { verify } from '../core/verify.js';
import { answer, OPEN_ANSWER, send } from './answer.js';
import { closeConnectionsWith, TIMEOUTS } from './connections.js';
import { answerBrokenRequest, answerError, sendProblem } from './errors.js';
import { type Accepts, present } from './present.js';
import { problem } from './problem.js';
import { ANY_PATH, OWN_PATHS, routeTarget } from './route-target.js';

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

/** The HTTP verifier: whatever is not one of keywright's own paths is answered with the verdict on its credential. */
export function buildHttpServer(options: HttpOptions): FastifyInstance {
  const { registry, clock, tls } = options;
  const app = fastify({
    ...(tls ? { https: { ...tlsOptions(tls), ...TIMEOUTS } } : { http: TIMEOUTS }),
    requestTimeout: TIMEOUTS.requestTimeout,
    clientErrorHandler: answerBrokenRequest,
    rewriteUrl: ({ url = '/' }) => routeTarget(url),
  } as object) as unknown as FastifyInstance;
  closeConnectionsWith(app);
  // 16 KiB of headers may be many: none is left out of sight.
  app.server.maxHeadersCount = 0;
  // RFC 9110 section 10.1.1 lets a server ignore expectations: the verdict does not depend on them.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
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

  // Decided before the body is looked at: a verdict does not depend on it, whatever it says to be.
  app.all(ANY_PATH, { onRequest: (request, reply) => decide(request, reply) }, () => undefined);
  app.all(
    OWN_PATHS.verify,
    { onRequest: (request, reply) => decide(request, reply, demandedScope(request.query)) },
    () => undefined,
  );
  app.all(OWN_PATHS.health, () => ({ status: 'ok' }));
  app.all(OWN_PATHS.readiness, (_request, reply) => {
    const { available } = registry;
    return reply.code(available ? 200 : 503).send({ status: available ? 'ready' : 'keystore unavailable' });
  });
  return app;
}

/** `?scope=NAME`, and nothing else: a mistyped demand must not pass for none. @throws KeywrightError `invalid-input` */
function demandedScope(query: unknown): string | undefined {
  const { scope, ...unknown }: Record<string, unknown> = { ...(query as object) };
  const [name] = Object.keys(unknown);
  if (name !== undefined) {
    throw new KeywrightError(
      'invalid-input',
      `there is no query parameter ${JSON.stringify(name.slice(0, 80))} here`,
    );
  }
  if (scope !== undefined && typeof scope !== 'string')
    throw new KeywrightError('invalid-input', 'scope may be given once');
  return scope;
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
