import { Type } from '@sinclair/typebox';
import { open } from '../api/route.js';
import { GRANT_TYPES } from './token.js';

const AUTHENTICATION = ['client_secret_basic', 'client_secret_post'];

const described = {
  tag: 'oauth',
  security: [],
  response: Type.Object({}, { additionalProperties: true }),
} as const;

/** RFC 8414 and RFC 7517: the endpoints, and the keys that verify access tokens. */
export const metadataRoutes = [
  open({
    route: 'GET /.well-known/oauth-authorization-server',
    summary: 'RFC 8414 metadata',
    ...described,
    async run({
      services: {
        tokenIssuer: { issuer },
      },
    }) {
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
    },
  }),
  open({
    route: 'GET /.well-known/jwks.json',
    summary: 'The keys that verify access tokens',
    ...described,
    run: async ({ services }) => services.sealer.publicKeys(),
  }),
];
