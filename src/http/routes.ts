import type { FastifyInstance } from 'fastify';
import { addCallbackRoutes } from './callbacks/routes.js';
import { addEdgemqRoutes } from './dialects/edgemq.js';
import { addIotisticaRoutes } from './dialects/iotistica.js';
import { addMachhubRoutes } from './dialects/machhub.js';
import { addMeerschaumRoutes } from './dialects/meerschaum.js';
import { answerOAuthError } from './oauth/error.js';
import { addIntrospectRoute } from './oauth/introspect.js';
import { addMetadataRoutes } from './oauth/metadata.js';
import { addRevokeRoute } from './oauth/revoke.js';
import { addTokenRoute } from './oauth/token.js';
import { type BodyParser, parseForm } from './requests/form.js';
import { addClientRoutes } from './routes/clients.js';
import { addProvisionRoutes } from './routes/provision.js';
import { addTokenRoutes } from './routes/tokens.js';
import { addUserRoutes } from './routes/users.js';
import type { HttpServices } from './services.js';

// The largest request has a few lists of names.
const MAX_BODY_BYTES = 64 * 1024;

/** All routes but the verifier: logins and tokens in every dialect, OAuth, and the management API. */
export async function addApi(app: FastifyInstance, services: HttpServices): Promise<void> {
  await app.register(async (json) => {
    const parseJson = json.getDefaultJsonParser('error', 'error');
    // Many callers name the type of a body that they do not send.
    takeOnly(json, 'application/json', (request, body, done) =>
      body === '' ? done(null, undefined) : parseJson(request, body, done),
    );
    addMachhubRoutes(json, services);
    addIotisticaRoutes(json, services);
    addEdgemqRoutes(json, services);
    addMetadataRoutes(json, services);
    addClientRoutes(json, services);
    addTokenRoutes(json, services);
    addUserRoutes(json, services);
    addProvisionRoutes(json, services);
  });
  await app.register(async (form) => {
    takeOnly(form, 'application/x-www-form-urlencoded', parseForm);
    addMeerschaumRoutes(form, services);
    await form.register(async (oauth) => {
      oauth.setErrorHandler(answerOAuthError);
      addTokenRoute(oauth, services);
      addIntrospectRoute(oauth, services);
      addRevokeRoute(oauth, services);
    });
  });
  await addCallbackRoutes(app, services);
}

/** Of other types a body is refused with 415, where the verifier takes any and reads none. */
function takeOnly(app: FastifyInstance, type: string, parse: BodyParser): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(type, { parseAs: 'string', bodyLimit: MAX_BODY_BYTES }, parse);
  // No body is one without fields: what is missing is named.
  app.addHook('preValidation', async (request) => {
    if (request.body === undefined || request.body === null) request.body = {};
  });
  // Answers hold secrets, or what is only true now.
  app.addHook('onSend', async (_request, reply) => {
    if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store');
  });
}
