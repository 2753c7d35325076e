import { signedInAgain, timesSignedIn } from '../session/sign-in-again.js';
import { ApiError, apiErrorOf, unreachable } from './api-error.js';
import { serverAnswered } from './server-away.js';
import type { Answer, Body, Method, PathOf, Query } from './types.js';

/** Query parameters: what is undefined or empty is left out, a list is joined by commas. */
type Asked<Q> = { [Name in keyof Q]?: Q[Name] | string | number | readonly string[] | undefined };

interface Options<M extends Method, P extends PathOf<M>> {
  /** The `{id}` of the path. */
  readonly id?: string;
  readonly query?: Asked<Query<M, P>>;
  readonly body?: Body<M, P>;
  readonly signal?: AbortSignal | undefined;
  /** True for what is asked before somebody has signed in: a 401 is an answer, not a question. */
  readonly unasked?: boolean;
}

/** A page of a list. `next` holds the parameters that the following page is asked with. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  readonly next: Readonly<Record<string, string>> | undefined;
  /** How many there are on all pages, if the server says so. */
  readonly total: number | undefined;
}

/**
 * Calls a route of the server and returns its answer. If the session has ended, it asks to sign in over the page, and then calls once more.
 * @throws ApiError
 */
export async function call<M extends Method, P extends PathOf<M>>(
  method: M,
  path: P,
  options: Options<M, P> = {},
): Promise<Answer<M, P>> {
  const { data } = await send(method, path, options);
  return data as Answer<M, P>;
}

/** Calls the route of a list, and reads from the headers what comes after this page. */
export async function callPage<P extends PathOf<'get'>>(
  path: P,
  options: Options<'get', P>,
): Promise<Page<Answer<'get', P> extends (infer Row)[] ? Row : never>> {
  const { data, headers } = await send('get', path, options);
  const link = /<([^>]+)>\s*;\s*rel="?next/.exec(headers.get('link') ?? '')?.[1];
  const total = headers.get('x-total-count');
  return {
    rows: data as never,
    next: link === undefined ? undefined : Object.fromEntries(new URL(link, location.origin).searchParams),
    total: total === null ? undefined : Number(total),
  };
}

/** The same, of any route. */
interface Sent {
  readonly id?: string;
  readonly query?: object;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
  readonly unasked?: boolean;
}

async function send(
  method: Method,
  path: string,
  options: Sent,
): Promise<{ data: unknown; headers: Headers }> {
  const before = timesSignedIn();
  const response = await attempt(method, path, options);
  if (response.status === 401 && options.unasked !== true) {
    // What was asked before the user signed in again is asked once more.
    if (before === timesSignedIn()) await signedInAgain();
    return answerOf(await attempt(method, path, options));
  }
  return answerOf(response);
}

async function attempt(method: Method, path: string, { id, query, body, signal }: Sent): Promise<Response> {
  const url = path.replace('{id}', encodeURIComponent(id ?? '')) + queryText(query);
  const headers: Record<string, string> = { accept: 'application/json', 'x-keywright': 'console' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    const response = await fetch(url, {
      method: method.toUpperCase(),
      headers,
      credentials: 'same-origin',
      cache: 'no-store',
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    serverAnswered(true);
    return response;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    serverAnswered(false);
    throw unreachable();
  }
}

async function answerOf(response: Response): Promise<{ data: unknown; headers: Headers }> {
  if (!response.ok) throw await apiErrorOf(response);
  const { headers } = response;
  if (response.status === 204) return { data: undefined, headers };
  try {
    return { data: await response.json(), headers };
  } catch {
    throw new ApiError({
      status: response.status,
      detail: 'The server answered with something that is no JSON.',
    });
  }
}

function queryText(query: object | undefined): string {
  const asked = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
    if (text !== '') asked.set(name, text);
  }
  const text = asked.toString();
  return text && `?${text}`;
}
