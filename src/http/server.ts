import type { IncomingMessage, ServerResponse } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { type TlsMaterial, tlsOptions } from '../network/tls.js';
import { collectOpenApi, openApiDocument } from './api/openapi.js';
import { addressee, OWN_PATHS, OwnPaths, originForm } from './requests/addressee.js';
import { problemAnswer, refusalAnswer, send } from './responses/answer.js';
import { closeConnectionsWith, TIMEOUTS } from './responses/connections.js';
import { answerBrokenRequest, answerError, refusalOf, sendProblem } from './responses/errors.js';
import { problem } from './responses/problem.js';
import { addApi } from './routes.js';
import type { HttpServices } from './services.js';
import { type Upstream, type UpstreamAddress, upstreamOf } from './verifier/upstream/upstream.js';
import { type Verifier, verifierOf } from './verifier/verifier.js';

export interface HttpOptions {
  readonly services: HttpServices;
  readonly tls: TlsMaterial | undefined;
  /** The server to which accepted requests go on. */
  readonly upstream: UpstreamAddress | undefined;
}

/** The HTTP server: the verifier, and keywright's own paths. */
export async function buildHttpServer({
  services,
  tls,
  upstream: address,
}: HttpOptions): Promise<FastifyInstance> {
  const { registry } = services;
  const own = new OwnPaths();
  const app = fastify({
    ...(tls
      ? { https: { ...tlsOptions(tls, { demandsCertificate: false }), ...TIMEOUTS } }
      : { http: TIMEOUTS }),
    requestTimeout: TIMEOUTS.requestTimeout,
    clientErrorHandler: answerBrokenRequest,
    // An unknown field, or one of another type, is an error of the caller.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    routerOptions: { maxParamLength: 300 },
    // Answers malformed and too long targets.
    frameworkErrors: answerError,
  } as object) as unknown as FastifyInstance;
  closeConnectionsWith(app);
  // 16 KiB of headers may be many headers. All of them must be seen.
  app.server.maxHeadersCount = 0;
  // RFC 9110 section 10.1.1: a server may ignore expectations. The verdict does not depend on them.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.setErrorHandler(answerError);
  app.setNotFoundHandler((_request, reply) => sendProblem(reply, NOTHING_HERE));
  acceptAnyBody(app);
  await collectOpenApi(app);

  app.addHook('onRoute', ({ method, url }) => own.add([method].flat(), url));
  const hidden = { schema: { hide: true } };
  app.all(OWN_PATHS.health, hidden, () => ({ status: 'ok' }));
  app.all(OWN_PATHS.readiness, hidden, (_request, reply) => {
    const { available } = registry;
    return reply.code(available ? 200 : 503).send({ status: available ? 'ready' : 'keystore unavailable' });
  });

  await addApi(app, services);
  app.get('/openapi.json', hidden, () => openApiDocument(app));
  const upstream = address && upstreamOf({ ...address, services });
  if (address && upstream) {
    // A body that goes on may take any time, as long as parts of it arrive.
    app.server.requestTimeout = 0;
    app.server.setTimeout(address.timeoutMs + GRACE_MS);
    app.addHook('preClose', async () => upstream.close());
  }
  // Without token authentication and without TLS there is no credential to check: the operator left this listener open.
  putBefore(app, verifierOf({ services, open: !services.takesTokens && tls === undefined, upstream }), {
    own,
    upstream,
  });
  return app;
}

// The upstream's time must run out before the caller's own.
const GRACE_MS = 5_000;

const NOTHING_HERE = problem(404, { reason: 'not found', detail: 'there is nothing here' });

/**
 * Puts the verifier before the router. The router gets only keywright's own paths, because most requests need no
 * router.
 */
function putBefore(
  app: FastifyInstance,
  verifier: Verifier,
  { own, upstream }: { readonly own: OwnPaths; readonly upstream: Upstream | undefined },
): void {
  const [route] = app.server.listeners('request');
  app.server.removeAllListeners('request');
  app.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    const { method = 'GET', url = '/' } = request;
    const target = originForm(url);
    upstream?.expect(request);
    switch (addressee(method, target, own)) {
      case 'any-path':
        return verifier.answerCaller(request, response, target);
      case 'verify':
        return refusing(response, () => verifier.answerGateway(request, response, target));
      case 'nobody':
        return send(response, problemAnswer(NOTHING_HERE));
      case 'route':
        request.url = target;
        return route?.call(app.server, request, response);
    }
  });
}

function refusing(response: ServerResponse, verify: () => void): void {
  try {
    verify();
  } catch (error) {
    send(response, refusalAnswer(refusalOf(error)));
  }
}

function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
