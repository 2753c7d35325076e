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
        { name: 'provisioning', description: 'Devices that register themselves with a key' },
        { name: 'management', description: 'Clients, API keys, users and sessions' },
      ],
      security: [{ bearer: [] }, { apiKey: [] }],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'an access token, API key or signed token' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key' },
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'keywright_session',
            description:
              'the cookie of the console (over https `__Secure-keywright_session`); what changes something also has the header `X-Keywright: console`',
          },
          basic: { type: 'http', scheme: 'basic', description: 'a client’s id and secret' },
        },
      },
    },
  });
}

interface Operation {
  operationId?: string;
  responses?: Record<string, unknown>;
  requestBody?: {
    required?: boolean;
    readonly content: Record<string, { readonly schema?: { readonly required?: string[] } }>;
  };
}

interface OpenApiDocument {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: object;
}

/** Makes the document from the routes' own parts and the parts that all routes share. */
export function openApiDocument(app: FastifyInstance): OpenApiDocument {
  const document: OpenApiDocument = JSON.parse(JSON.stringify(app.swagger()));
  for (const [path, operations] of Object.entries(document.paths)) {
    const isOAuth = path.startsWith('/oauth/');
    const type = isOAuth ? 'application/json' : 'application/problem+json';
    const schema = { $ref: `#/components/schemas/${isOAuth ? 'OAuthProblem' : 'Problem'}` };
    for (const [method, operation] of Object.entries(operations)) {
      operation.operationId = operationId(method, path);
      const { requestBody } = operation;
      if (requestBody) {
        const bodies = Object.values(requestBody.content);
        requestBody.required = bodies.some(({ schema }) => (schema?.required ?? []).length > 0);
      }
      const refusal = { description: 'a refusal or an error', content: { [type]: { schema } } };
      operation.responses = { ...operation.responses, default: refusal };
    }
  }
  const schemas = { Problem: PROBLEM, OAuthProblem: OAUTH_PROBLEM };
  return { ...document, components: { ...document.components, schemas } };
}

function operationId(method: string, path: string): string {
  const words = path.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return [method, ...words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`)].join('');
}

const PROBLEM = {
  type: 'object',
  description: 'RFC 9457 problem details, with the members of older dialects',
  required: ['type', 'title', 'status', 'detail', 'success', 'reason', 'retry'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'a sentence for people' },
    success: { type: 'boolean', const: false },
    reason: { type: 'string', description: 'a word or two for programs' },
    retry: { type: 'boolean', description: 'whether the same request may succeed later' },
  },
};

const OAUTH_PROBLEM = {
  ...PROBLEM,
  description: 'RFC 6749 section 5.2, with the members of a problem',
  required: [...PROBLEM.required, 'error'],
  properties: { ...PROBLEM.properties, error: { type: 'string' }, error_description: { type: 'string' } },
};
