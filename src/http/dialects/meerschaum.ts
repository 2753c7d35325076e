import type { IncomingMessage } from 'node:http';
import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { IssuedToken } from '../../core/manage/issue-access-token.js';
import { parseApiKey } from '../../core/model/api-key.js';
import { formatTime } from '../../core/model/time.js';
import { clientBySecret, exchange, LIFETIMES, login } from '../api/log-in.js';
import { basicCredentials } from '../requests/basic.js';
import { Refused } from '../responses/errors.js';
import { NO_PASSWORD } from '../responses/problem.js';
import type { HttpServices } from '../services.js';

const field = Type.Optional(Type.String({ maxLength: 1024 }));
const Login = Type.Object(
  {
    ...{ username: field, password: field, client_id: field, client_secret: field },
    ...{ grant_type: field, scope: field },
  },
  { additionalProperties: false },
);
const Token = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('bearer'),
  expires: Type.String({ format: 'date-time' }),
  expires_in: Type.Integer({ description: 'seconds' }),
});

/** Meerschaum's login: a user's name and password, or a client's id and secret, in a form or as HTTP Basic. */
export function addMeerschaumRoutes(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Body: Static<typeof Login> }>(
    '/login',
    {
      schema: {
        tags: ['tokens'],
        security: [{}, { basic: [] }],
        summary: 'Exchange a password, or a client id and secret, for an access token',
        consumes: ['application/x-www-form-urlencoded'],
        body: Login,
        response: { 200: Token },
      },
    },
    async ({ raw, body }) => {
      const { token, expiresAt, expiresInSeconds } = await tokenFor(raw, body, services);
      const expires = formatTime(expiresAt);
      return { access_token: token, token_type: 'bearer', expires, expires_in: expiresInSeconds };
    },
  );
}

async function tokenFor(
  request: IncomingMessage,
  form: Static<typeof Login>,
  services: HttpServices,
): Promise<IssuedToken> {
  const basic = basicCredentials(services.headers.read(request.rawHeaders).text);
  const id = form.client_id || form.username || basic?.id;
  const secret = form.client_secret || form.password || basic?.secret;
  if (id === undefined || secret === undefined) throw new Refused(NO_PASSWORD);
  const scopes = form.scope ? form.scope.split(' ') : undefined;
  const { accessToken: tokenMs } = LIFETIMES;
  // The shape of the secret says whose it is, wherever it was put.
  if (parseApiKey(secret) || form.client_secret) {
    const client = await clientBySecret(request, { id, secret }, services);
    return exchange(client, { scopes, ttlMs: tokenMs }, services);
  }
  return login(
    request,
    { name: id, password: secret, scopes, sessionMs: tokenMs, tokenMs, isRefreshable: false },
    services,
  );
}
