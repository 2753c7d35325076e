import { METHODS } from 'node:http';
import fastify, { type FastifyInstance } from 'fastify';
import { addApi } from './api.js';
import { closeConnectionsWith, TIMEOUTS } from './connections.js';
import { answerBrokenRequest, answerError, sendProblem } from './errors.js';
import { collectOpenApi, openApiDocument } from './openapi.js';
import { problem } from './problem.js';
import { OWN_PATHS, routeTarget } from './route-target.js';
import type { HttpServices } from './services.js';
import { addVerifier } from './verifier.js';

/** PEM texts for a TLS listener; the CA is whose client certificates are asked for. */
export interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface HttpOptions {
  readonly services: HttpServices;
  /** Whether tokens are taken, or certificates only. */
  readonly tokens: boolean;
  readonly tls: TlsMaterial | undefined;
}

/** The HTTP server: the verifier, and keywright's own paths. */
export async function buildHttpServer({ services, tokens, tls }: HttpOptions): Promise<FastifyInstance> {
  const { registry } = services;
  const routes = new Map<string, Set<string>>();
  const app = fastify({
    ...(tls ? { https: { ...tlsOptions(tls), ...TIMEOUTS } } : { http: TIMEOUTS }),
    requestTimeout: TIMEOUTS.requestTimeout,
    clientErrorHandler: answerBrokenRequest,
    rewriteUrl: ({ method = 'GET', url = '/' }) => routeTarget(method, url, routes),
    // A field that nobody knows, or of another type, is a mistake to be told of.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    routerOptions: { maxParamLength: 300 },
    // Targets that are none, or too long.
    frameworkErrors: answerError,
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
  await collectOpenApi(app);

  // Without token authentication and without TLS there is nothing to ask for: the operator left this listener open.
  addVerifier(app, { services, tokens, open: !tokens && tls === undefined });
  const hidden = { schema: { hide: true } };
  app.all(OWN_PATHS.health, hidden, () => ({ status: 'ok' }));
  app.all(OWN_PATHS.readiness, hidden, (_request, reply) => {
    const { available } = registry;
    return reply.code(available ? 200 : 503).send({ status: available ? 'ready' : 'keystore unavailable' });
  });

  app.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.set(url, (routes.get(url) ?? new Set()).add(each));
  });
  await addApi(app, services);
  app.get('/openapi.json', hidden, () => openApiDocument(app));
  return app;
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
