import type { IncomingMessage } from 'node:http';
import { type Static, type TSchema, Type } from '@sinclair/typebox';
import type { FastifyInstance } from 'fastify';
import type { Management } from '../../core/manage/management.js';
import type { Principal } from '../../core/model/principal.js';
import type { HttpServices } from '../services.js';
import { callerOf } from './caller.js';
import { Fields } from './schemas.js';

/** A request to a route, checked by the route's schemas. */
export interface Asked<Body extends TSchema = TSchema, Query extends TSchema = TSchema> {
  /** `:id` of the path, or empty. */
  readonly id: string;
  readonly body: Static<Body>;
  readonly query: Static<Query>;
  readonly request: IncomingMessage;
  readonly services: HttpServices;
  /** The headers of the answer, for a route that has some. */
  readonly answerHeaders: Record<string, string>;
}

/** The part of an entry that is shown in the OpenAPI document. */
interface Described<Body extends TSchema, Query extends TSchema, Response extends TSchema> {
  /** Method and path: `GET /api/v1/clients/:id`. */
  readonly route: `${'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'} /${string}`;
  readonly tag: 'tokens' | 'oauth' | 'provisioning' | 'management';
  readonly summary: string;
  /** Default: any credential of the caller. */
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  /** Default: JSON. */
  readonly consumes?: readonly string[];
  readonly body?: Body;
  readonly query?: Query;
  /** The schema of the answer. Other members are left out. Without a schema the answer is 204. */
  readonly response?: Response;
  /** What an answer is that is no JSON: a stream, described by its schema. */
  readonly produces?: 'text/event-stream';
  /** Default: 200. */
  readonly status?: 200 | 201;
  /** The path of what was made, for `Location`. RFC 9110 section 15.3.2 */
  made?(answer: Shown<Static<Response>>): string;
}

/** A route for anybody. `run` authenticates the caller itself. */
interface OpenRoute<Body extends TSchema, Query extends TSchema, Response extends TSchema>
  extends Described<Body, Query, Response> {
  /** True to refuse every query where no schema says what it may hold. */
  readonly refusesQuery?: boolean;
  run(asked: Asked<Body, Query>): Promise<Shown<Static<Response>>>;
}

/** A route for callers who manage. */
interface ManagedRoute<Body extends TSchema, Query extends TSchema, Response extends TSchema>
  extends Omit<Described<Body, Query, Response>, 'security' | 'consumes' | 'tag'> {
  /** Default: `management`. */
  readonly tag?: Described<Body, Query, Response>['tag'];
  /** The action that the changes log names if the caller is refused. */
  readonly action: string;
  /** The id of the object, for the same record. Default: `:id` of the path. */
  target?(body: Static<Body>): string;
  /** True for what a page of the console asks by itself: it is no use of the console. */
  readonly isBackground?: boolean;
  run(
    management: Management,
    asked: Asked<Body, Query>,
    principal: Principal,
  ): Promise<Shown<Static<Response>>>;
}

/** A value that does not change any more. */
export type Shown<T> = T extends object ? { readonly [Name in keyof T]: Shown<T[Name]> } : T;

/** An entry of a table of routes: adds one route, and its part of the OpenAPI document. */
export type Route = (app: FastifyInstance, services: HttpServices) => void;

/** Makes an entry for callers who manage. It authenticates the caller and records a refusal. */
export function managed<Body extends TSchema, Query extends TSchema, Response extends TSchema>({
  action,
  target,
  isBackground,
  run,
  ...described
}: ManagedRoute<Body, Query, Response>): Route {
  return open<Body, Query, Response>({
    tag: 'management',
    security: MANAGING,
    refusesQuery: true,
    ...described,
    async run(asked) {
      const { id, body } = asked;
      const caller = await callerOf({ ...asked, isBackground }, action);
      return caller.attempt(target?.(body) ?? id, (management) => run(management, asked, caller.principal));
    },
  });
}

const MANAGING = [{ bearer: [] }, { apiKey: [] }, { session: [] }];

/** Makes the path of an object. */
export function pathOf(room: 'clients' | 'tokens' | 'users', id: string): string {
  return `/api/v1/${room}/${encodeURIComponent(id).replaceAll('%3A', ':')}`;
}

const PARAMS = Type.Object({ id: Type.String() });

/** Makes an entry for anybody. */
export function open<Body extends TSchema, Query extends TSchema, Response extends TSchema>({
  route,
  tag,
  query,
  refusesQuery = false,
  response,
  produces,
  status = 200,
  made,
  run,
  ...described
}: OpenRoute<Body, Query, Response>): Route {
  const [method = '', url = ''] = route.split(' ');
  const querystring = query ?? (refusesQuery ? Fields({}) : undefined);
  const schema = {
    ...{ ...described, tags: [tag] },
    ...(url.includes('/:id') && { params: PARAMS }),
    ...(querystring && { querystring }),
    response: response
      ? { [status]: produces ? streamed(produces, response) : response }
      : { 204: Type.Null() },
  };
  return (app, services) =>
    app.route<{ Params: { id?: string }; Body: Static<Body>; Querystring: Static<Query> }>({
      ...{ method, url, schema },
      async handler({ raw: request, params: { id = '' }, body, query }, reply) {
        const answerHeaders = {};
        const answer = await run({ id, body, query, request, services, answerHeaders });
        reply.headers(answerHeaders);
        if (made !== undefined) reply.header('location', made(answer));
        if (produces !== undefined) reply.type(produces);
        return response ? reply.code(status).send(answer) : reply.code(204).send();
      },
    });
}

/** Describes an answer that is sent as it comes. */
function streamed(type: string, schema: TSchema) {
  return { description: schema.description ?? '', content: { [type]: { schema } } };
}
