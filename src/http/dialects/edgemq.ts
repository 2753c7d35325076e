import { type Static, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import { KeywrightError } from '../../core/model/errors.js';
import { readCredential } from '../../core/model/presented-credential.js';
import { parseScope } from '../../core/model/scope.js';
import { addDuration } from '../../core/model/time.js';
import { callerOf, requirePrincipal } from '../admission.js';
import { exchange, LIFETIMES } from '../api/log-in.js';
import type { HttpServices } from '../services.js';

const Exchange = Type.Object(
  {
    api_key: Type.Optional(Type.String({ maxLength: 4096, description: 'unless it is in a header' })),
    scope: Type.Optional(Type.String({ maxLength: 1024, default: 'ingest' })),
    ttl: Type.Optional(Type.String({ maxLength: 16, default: '15m', examples: ['90s', '15m'] })),
  },
  { additionalProperties: false },
);
const Token = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'seconds' }),
});

/** EdgeMQ's exchange of an API key for an access token of one scope. */
export function addEdgemqRoutes(app: FastifyInstance, services: HttpServices): void {
  app.post<{ Body: Static<typeof Exchange> }>(
    '/v1/token/exchange',
    {
      schema: {
        tags: ['tokens'],
        summary: 'Exchange an API key for an access token of 15 minutes or less',
        body: Exchange,
        response: { 200: Token },
      },
    },
    async ({ raw, body: { api_key: key, scope = 'ingest', ttl } }) => {
      const scopes = scope
        .split(' ')
        .filter((name) => name !== '')
        .map(parseScope);
      if (scopes.length === 0) throw new KeywrightError('invalid-input', 'the field "scope" is empty');
      const ttlMs = ttl === undefined ? LIFETIMES.exchangedToken : addDuration(0, ttl);
      if (ttlMs > LIFETIMES.exchangedToken)
        throw new KeywrightError('invalid-input', 'the field "ttl" is more than 15m');
      const caller =
        key === undefined
          ? await callerOf(raw, services)
          : await requirePrincipal(
              { credential: readCredential(key) },
              { from: services.proxies.addressOf(raw), services },
            );
      const { token, expiresInSeconds } = await exchange(caller, { scopes, ttlMs }, services);
      return { access_token: token, token_type: 'Bearer', expires_in: expiresInSeconds };
    },
  );
}
