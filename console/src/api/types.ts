import type { components, paths } from './openapi.js';

/** What the server answers, by method and path as in its OpenAPI document. */
export type Paths = paths;
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** The paths that have a method. */
export type PathOf<M extends Method> = {
  [P in keyof Paths]: Paths[P] extends Record<M, infer Operation>
    ? Operation extends { responses: unknown }
      ? P
      : never
    : never;
}[keyof Paths] &
  string;

type Operation<M extends Method, P extends keyof Paths> = Paths[P] extends Record<M, infer O> ? O : never;
type Json<R> = R extends { content: { 'application/json': infer T } } ? T : undefined;

/** The answer of a route: of status 200 or 201, otherwise nothing. */
export type Answer<M extends Method, P extends keyof Paths> =
  Operation<M, P> extends {
    responses: infer R;
  }
    ? R extends { 200: infer Ok }
      ? Json<Ok>
      : R extends { 201: infer Made }
        ? Json<Made>
        : undefined
    : never;

/** The body that a route takes. */
export type Body<M extends Method, P extends keyof Paths> =
  Operation<M, P> extends {
    requestBody?: infer B;
  }
    ? Json<NonNullable<B>>
    : never;

/** The query that a route takes. */
export type Query<M extends Method, P extends keyof Paths> =
  Operation<M, P> extends {
    parameters: { query?: infer Q };
  }
    ? NonNullable<Q>
    : never;

export type Problem = components['schemas']['Problem'];
export type Client = Answer<'get', '/api/v1/clients/{id}'>;
export type Credential = Client['credentials'][number];
/** When something was last used, at most a minute late, and from which address. */
export type LastUse = Pick<Client, 'lastUsedAt' | 'lastUsedFrom'>;
export type ApiKey = Answer<'get', '/api/v1/tokens/{id}'>;
export type IssuedClient = Answer<'post', '/api/v1/clients'>;
export type IssuedApiKey = Answer<'post', '/api/v1/tokens'>;
export type RotatedApiKey = Answer<'post', '/api/v1/tokens/{id}/rotate'>;
export type ProvisioningKey = Answer<'get', '/api/v1/provision/keys'>[number];
export type NewProvisioningKey = Answer<'post', '/api/v1/provision/keys'>;
export type ListedUser = Answer<'get', '/api/v1/users'>[number];
export type Session = Answer<'get', '/api/v1/sessions'>[number];
export type Me = Answer<'get', '/api/v1/session'>;
export type Overview = Answer<'get', '/api/v1/overview'>;
export type Refusal = Answer<'get', '/api/v1/refusals'>[number];
export type Connection = Answer<'get', '/api/v1/connections'>[number];
export type AuditEntry = Answer<'get', '/api/v1/audit'>[number];
export type GrantableScope = Answer<'get', '/api/v1/scopes'>[number];
