import type { IncomingMessage, ServerResponse } from 'node:http';
import { IDENTITY_HEADERS } from '../../core/model/header-names.js';
import type { Answer } from './answer.js';
import { send } from './answer.js';

const MAX_AGE_SECONDS = '600';
const EXPOSED = [
  'WWW-Authenticate',
  'Retry-After',
  'Location',
  'Link',
  'X-Total-Count',
  ...IDENTITY_HEADERS,
].join(', ');

/** Lets pages of other origins ask and read answers. Fetch standard, section 3.2 */
export class CrossOrigin {
  readonly #origins: ReadonlySet<string>;
  readonly #isAny: boolean;

  /** @param origins `https://app.example.com`, or `*` for all */
  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
    this.#isAny = this.#origins.has('*');
  }

  /**
   * Answers a preflight, which carries no credential. Marks the answers to other requests as readable. Credentials that
   * a browser adds by itself are not taken.
   * @returns true if the request is answered
   */
  takes({ method, headers }: IncomingMessage, response: ServerResponse): boolean {
    const { origin } = headers;
    if (!this.#isAny) response.setHeader('vary', 'Origin');
    if (origin === undefined || !(this.#isAny || this.#origins.has(origin))) return false;
    const allowed = this.#isAny ? '*' : origin;
    const asked = headers['access-control-request-method'];
    if (method === 'OPTIONS' && asked !== undefined) {
      send(response, preflightAnswer(allowed, asked, headers['access-control-request-headers']));
      return true;
    }
    response.setHeader('access-control-allow-origin', allowed);
    response.setHeader('access-control-expose-headers', EXPOSED);
    return false;
  }
}

function preflightAnswer(origin: string, method: string, headers: string | undefined): Answer {
  const vary = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';
  const fields = [
    'vary',
    vary,
    'access-control-allow-origin',
    origin,
    'access-control-allow-methods',
    method,
  ];
  const more = headers === undefined ? [] : ['access-control-allow-headers', headers];
  return { status: 204, headers: [...fields, ...more, 'access-control-max-age', MAX_AGE_SECONDS], body: '' };
}
