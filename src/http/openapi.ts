import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';

/** Collects the OpenAPI document from the routes that are added afterwards. */
export async function collectOpenApi(app: FastifyInstance): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'keywright',
        version: '1',
        description:
          'Logins and tokens, OAuth, and management. Every other path is the verifier: it answers any request with the verdict on its credential.',
      },
      tags: [
        { name: 'tokens', description: 'Logins and access tokens, as each of the older systems had them' },
        { name: 'oauth', description: 'The same in the forms of RFC 6749, 7009, 7662, 8414 and 8693' },
        { name: 'management', description: 'Clients, API keys, users and sessions' },
      ],
      security: [{ bearer: [] }, { apiKey: [] }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'an access token, API key or signed token' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          basic: { type: 'http', scheme: 'basic', description: 'a client’s id and secret' },
        },
      },
    },
  });
}
