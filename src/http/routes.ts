import type { FastifyInstance } from 'fastify';
import { addCallbackRoutes } from './callbacks/routes.js';
import { edgemqRoutes } from './dialects/edgemq.js';
import { iotisticaRoutes } from './dialects/iotistica.js';
import { machhubRoutes } from './dialects/machhub.js';
import { meerschaumRoutes } from './dialects/meerschaum.js';
import { answerOAuthError } from './oauth/error.js';
import { introspectRoute } from './oauth/introspect.js';
import { metadataRoutes } from './oauth/metadata.js';
import { revokeRoute } from './oauth/revoke.js';
import { tokenRoute } from './oauth/token.js';
import { reportError } from './report-refusal.js';
import { type BodyParser, FORM, parseForm } from './requests/form.js';
import { Refused } from './responses/errors.js';
import { problem, type Refusal } from './responses/problem.js';
import { activityRoutes } from './routes/activity.js';
import { auditRoutes } from './routes/audit.js';
import { clientRoutes } from './routes/clients.js';
import { firstUserRoutesOf } from './routes/first-user.js';
import { provisionRoutes } from './routes/provision.js';
import { serverRoutes } from './routes/server.js';
import { sessionRoutesOf } from './routes/session.js';
import { sessionRoutes } from './routes/sessions.js';
import { tokenRoutes } from './routes/tokens.js';
import { userRoutes } from './routes/users.js';
import type { HttpServices } from './services.js';

// The largest request has a few lists of names.
const MAX_BODY_BYTES = 64 * 1024;

const JSON_ROUTES = [
  ...machhubRoutes,
  ...iotisticaRoutes,
  ...edgemqRoutes,
  ...metadataRoutes,
  ...clientRoutes,
  ...tokenRoutes,
  ...userRoutes,
  ...sessionRoutes,
  ...provisionRoutes,
  ...auditRoutes,
  ...activityRoutes,
  ...serverRoutes,
];

/** Adds all routes but the verifier: logins and tokens in every dialect, OAuth, the management API, and call-backs. */
export async function addApi(app: FastifyInstance, services: HttpServices): Promise<void> {
  await app.register(async (json) => {
    const parseJson = json.getDefaultJsonParser('error', 'error');
    // Many callers name a body's type without sending a body.
    takeOnly(json, 'application/json', (request, body, done) =>
      body === '' ? done(null, undefined) : parseJson(request, body, done),
    );
    const consoleRoutes = services.console
      ? [...sessionRoutesOf(services.console), ...firstUserRoutesOf(services.console)]
      : [];
    for (const add of [...JSON_ROUTES, ...consoleRoutes]) add(json, services);
  });
  await app.register(async (form) => {
    takeOnly(form, FORM, parseForm);
    for (const add of meerschaumRoutes) add(form, services);
    await form.register(async (oauth) => {
      oauth.setErrorHandler((error, request, reply) => {
        reply.raw.once('finish', () => reportError(request.raw, error, services));
        return answerOAuthError(error, request, reply);
      });
      for (const add of [tokenRoute, introspectRoute, revokeRoute]) add(oauth, services);
    });
  });
  await addCallbackRoutes(app, services);
}

/** Takes bodies of one type and refuses others with 415. The verifier takes any body, and reads none. */
function takeOnly(app: FastifyInstance, type: string, parse: BodyParser): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(type, { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, parse);
  // RFC 9110 section 15.5.16: the answer says which types are taken.
  const wanted: Refusal = {
    problem: problem(415, { reason: 'unsupported media type', detail: `a body here is ${type}` }),
    headers: { accept: type },
  };
  app.addContentTypeParser('*', (_request, _payload, done) => done(new Refused(wanted)));
  // No body counts as a body without fields, so that the refusal names the missing field.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined || request.body === null) request.body = {};
  });
  // Answers hold secrets, or hold for the moment only.
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}
