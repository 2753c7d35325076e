import type { IncomingMessage } from 'node:http';
import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { IssuedToken } from '../../core/manage/issue-access-token.js';
import { readCredential } from '../../core/model/presented-credential.js';
import type { Principal } from '../../core/model/principal.js';
import { requirePrincipal } from '../admission.js';
import { exchange, LIFETIMES, refresh } from '../api/log-in.js';
import { Refused } from '../responses/errors.js';
import type { HttpServices } from '../services.js';
import { clientOf } from './client-authentication.js';
import { OAuthRefused } from './error.js';

const field = Type.Optional(Type.String({ maxLength: 20_000 }));
const Request = Type.Object({
  grant_type: Type.String({ maxLength: 100 }),
  ...{ client_id: field, client_secret: field, scope: field, refresh_token: field },
  ...{ subject_token: field, subject_token_type: field, requested_token_type: field, audience: field },
  ...{ resource: field, actor_token: field },
});
type Parameters = Static<typeof Request>;

const Response = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
  scope: Type.String(),
  refresh_token: field,
  issued_token_type: field,
});

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const ISSUED_TYPES = [ACCESS_TOKEN, 'urn:ietf:params:oauth:token-type:jwt'];
// RFC 8693 section 3; an API key has no type of its own there.
const SUBJECT_TYPES = [...ISSUED_TYPES, 'urn:keywright:token-type:api-key'];

export const GRANT_TYPES = ['client_credentials', 'refresh_token', TOKEN_EXCHANGE];

/** RFC 6749 section 3.2: access tokens for a client, for a session, or for another token (RFC 8693). */
export function addTokenRoute(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Body: Parameters }>(
    '/oauth/token',
    {
      schema: {
        tags: ['oauth'],
        security: [{}, { basic: [] }],
        summary: 'The token endpoint: client_credentials, refresh_token, token exchange',
        consumes: ['application/x-www-form-urlencoded'],
        body: Request,
        response: { 200: Response },
      },
    },
    async ({ raw, body }, reply) => {
      // RFC 6749 section 5.1
      reply.header('cache-control', 'no-store');
      const { token, scopes, expiresInSeconds, ...more } = await grant(raw, body, services);
      const scope = scopes.join(' ');
      return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds, scope, ...more };
    },
  );
}

type Granted = IssuedToken & { readonly refresh_token?: string; readonly issued_token_type?: string };

async function grant(request: IncomingMessage, form: Parameters, services: HttpServices): Promise<Granted> {
  switch (form.grant_type) {
    case 'client_credentials': {
      const client = await clientOf(request, form, services);
      if (client === undefined)
        throw new OAuthRefused('invalid_client', 'the client does not authenticate itself');
      return scopedToken(client, form, services);
    }
    case 'refresh_token':
      return continued(request, form, services);
    case TOKEN_EXCHANGE: {
      // A client that names itself must be one (RFC 8693 section 2.1); the subject token is enough without.
      await clientOf(request, form, services);
      const subject = await subjectOf(request, form, services);
      const issued_token_type = form.requested_token_type ?? ACCESS_TOKEN;
      return { ...(await scopedToken(subject, form, services)), issued_token_type };
    }
    default:
      throw new OAuthRefused('unsupported_grant_type', `grant types are ${GRANT_TYPES.join(', ')}`);
  }
}

async function continued(
  request: IncomingMessage,
  form: Parameters,
  services: HttpServices,
): Promise<Granted> {
  if (form.refresh_token === undefined) throw new OAuthRefused('invalid_request', 'refresh_token is missing');
  // A client that names itself must be one (RFC 6749 section 6).
  await clientOf(request, form, services);
  const tokens = await orInvalidGrant(refresh(request, form.refresh_token, services));
  return { ...tokens, ...(tokens.refreshToken !== undefined && { refresh_token: tokens.refreshToken }) };
}

function subjectOf(request: IncomingMessage, form: Parameters, services: HttpServices): Promise<Principal> {
  const {
    subject_token: token,
    subject_token_type: type = '',
    requested_token_type: requested = ACCESS_TOKEN,
  } = form;
  if (token === undefined) throw new OAuthRefused('invalid_request', 'subject_token is missing');
  if (!SUBJECT_TYPES.includes(type))
    throw new OAuthRefused('invalid_request', `subject_token_type is one of ${SUBJECT_TYPES.join(', ')}`);
  if (!ISSUED_TYPES.includes(requested))
    throw new OAuthRefused('invalid_request', `requested_token_type is ${ACCESS_TOKEN}`);
  if (form.actor_token !== undefined)
    throw new OAuthRefused('invalid_request', 'nobody acts for another here');
  const { issuer, audience } = services.tokenIssuer;
  const target = form.audience ?? form.resource;
  if (target !== undefined && target !== audience && target !== issuer)
    throw new OAuthRefused('invalid_target', `tokens are for ${audience}`);
  return orInvalidGrant(
    requirePrincipal(
      { credential: readCredential(token) },
      { from: services.proxies.addressOf(request), services },
    ),
  );
}

function scopedToken(caller: Principal, { scope }: Parameters, services: HttpServices): Promise<IssuedToken> {
  const scopes = scope === undefined ? undefined : scope.split(' ').filter((name) => name !== '');
  return exchange(caller, { scopes, ttlMs: LIFETIMES.accessToken }, services);
}

async function orInvalidGrant<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const isNoGrant = error instanceof Refused && error.refusal.problem.status === 401;
    throw isNoGrant ? new OAuthRefused('invalid_grant', error.message) : error;
  }
}
