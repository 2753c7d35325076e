import { Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { HttpServices } from '../services.js';
import { GRANT_TYPES } from './token.js';

const AUTHENTICATION = ['client_secret_basic', 'client_secret_post'];

/** RFC 8414 and RFC 7517: where everything is, and the keys that verify access tokens. */
export function addMetadataRoutes(app: FastifyInstance, { tokenIssuer, sealer }: HttpServices): void {
  const answer = Type.Object({}, { additionalProperties: true });
  const schema = (summary: string) => ({ tags: ['oauth'], summary, security: [], response: { 200: answer } });
  app.get('/.well-known/oauth-authorization-server', { schema: schema('RFC 8414 metadata') }, () => {
    const { issuer } = tokenIssuer;
    return {
      issuer,
      token_endpoint: `${issuer}/oauth/token`,
      token_endpoint_auth_methods_supported: AUTHENTICATION,
      introspection_endpoint: `${issuer}/oauth/introspect`,
      introspection_endpoint_auth_methods_supported: AUTHENTICATION,
      revocation_endpoint: `${issuer}/oauth/revoke`,
      revocation_endpoint_auth_methods_supported: [...AUTHENTICATION, 'none'],
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: GRANT_TYPES,
      // There is no authorization endpoint.
      response_types_supported: [],
    };
  });
  app.get('/.well-known/jwks.json', { schema: schema('The keys that verify access tokens') }, () =>
    sealer.publicKeys(),
  );
}
