import type { Socket } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { DEVICE } from '../core/verify/path-rules.js';
import { answerBadSignatures, type TlsMaterial, tlsOptions } from '../network/tls.js';
import { collectOpenApi, openApiDocument } from './api/openapi.js';
import { addConsole } from './console/routes.js';
import { putBefore } from './front-door.js';
import { reportError } from './report-refusal.js';
import { OWN_PATHS, OwnPaths } from './requests/own-paths.js';
import { isByScript } from './requests/same-origin.js';
import { answerBare, closeConnectionsWith, sweepIdle, TIMEOUTS } from './responses/connections.js';
import { CrossOrigin } from './responses/cross-origin.js';
import {
  answerBrokenRequest,
  answerError,
  answerErrorOfScript,
  type BrokenRequest,
  NOT_IMPLEMENTED,
} from './responses/errors.js';
import { addApi } from './routes.js';
import type { HttpServices } from './services.js';
import { answerUnknown } from './unknown-route.js';
import { type UpstreamAddress, upstreamOf } from './verifier/upstream/upstream.js';
import { verifierOf } from './verifier/verifier.js';

export interface HttpOptions {
  readonly services: HttpServices;
  readonly tls: TlsMaterial | undefined;
  /** The origins whose pages may read answers. */
  readonly corsOrigins: readonly string[];
  /** The server to which accepted requests go on. */
  readonly upstream: UpstreamAddress | undefined;
}

/** The HTTP server: the verifier, and keywright's own paths. */
export async function buildHttpServer({
  services,
  tls,
  corsOrigins,
  upstream: address,
}: HttpOptions): Promise<FastifyInstance> {
  const { registry } = services;
  const own = new OwnPaths();
  const app = fastify({
    ...(tls
      ? { https: { ...tlsOptions(tls, { demandsCertificate: false }), ...CONNECTION } }
      : { http: CONNECTION }),
    requestTimeout: TIMEOUTS.requestTimeout,
    clientErrorHandler: (error: BrokenRequest, socket: Socket) =>
      answerBrokenRequest(error, socket, services.observer),
    // An unknown field, or one of another type, is an error of the caller.
    ajv: { customOptions: { removeAdditional: false, coerceTypes: false, useDefaults: false } },
    routerOptions: { maxParamLength: 300 },
    // Answers malformed and too long targets.
    frameworkErrors: answerError,
  } as object) as unknown as FastifyInstance;
  if (app.server instanceof TlsServer) answerBadSignatures(app.server);
  closeConnectionsWith(app);
  // 16 KiB of headers may be many headers. All of them must be seen.
  app.server.maxHeadersCount = 0;
  // RFC 9110 section 10.1.1: a server may ignore expectations. The verdict does not depend on them.
  app.server.on('checkExpectation', (request, response) => app.server.emit('request', request, response));
  app.setErrorHandler((error, request, reply) => {
    const answered = isByScript(request.raw)
      ? answerErrorOfScript(error, reply)
      : answerError(error, request, reply);
    reportError(request.raw, error, services);
    return answered;
  });
  // A tunnel is nothing that a verdict could be about.
  app.server.on('connect', (_request, socket) => answerBare(socket, NOT_IMPLEMENTED));
  app.setNotFoundHandler((request, reply) => answerUnknown(request, reply, own));
  acceptAnyBody(app);
  await collectOpenApi(app);

  app.addHook('onRoute', ({ method, url }) => own.add([method].flat(), url));
  const hidden = { schema: { hide: true } };
  // HAProxy's checks use OPTIONS unless told otherwise.
  const asked = { ...hidden, method: ['GET', 'OPTIONS'] };
  app.route({
    ...asked,
    url: OWN_PATHS.health,
    handler: (_request, reply) => uncached(reply).send({ status: 'ok' }),
  });
  app.route({
    ...{ ...asked, url: OWN_PATHS.readiness },
    handler(_request, reply) {
      const { available } = registry;
      return uncached(reply)
        .code(available ? 200 : 503)
        .send({ status: available ? 'ready' : 'keystore unavailable' });
    },
  });

  app.addHook('preClose', async () => services.events.close());
  await addApi(app, services);
  if (services.console) addConsole(app, { ...services.console, ...services });
  app.get('/openapi.json', hidden, (_request, reply) => uncached(reply).send(openApiDocument(app)));
  const upstream = address && upstreamOf({ ...address, services });
  if (address && upstream) {
    // A body that goes on may take any time, as long as parts of it arrive.
    app.server.requestTimeout = 0;
    app.server.setTimeout(address.timeoutMs + GRACE_MS);
    app.addHook('preClose', async () => upstream.close());
  } else sweepIdle(app.server, { everyMs: TIMEOUTS.connectionsCheckingInterval });
  own.lend([DEVICE, ...services.pathRules]);
  // Without token authentication and without TLS there is no credential to check: the operator left this listener open.
  const verifier = verifierOf({ services, open: !services.takesTokens && tls === undefined, upstream });
  const crossOrigin = corsOrigins.length === 0 ? undefined : new CrossOrigin(corsOrigins);
  putBefore(app, { services, own, verifier, upstream, crossOrigin });
  return app;
}

// A request without a Host gets an answer with a body here.
const CONNECTION = { ...TIMEOUTS, requireHostHeader: false };

// The upstream's time must run out before the caller's own.
const GRACE_MS = 5_000;

function uncached(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store');
}

function acceptAnyBody(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));
}
