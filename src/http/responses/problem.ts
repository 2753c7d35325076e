import type { Rejection } from '../../core/verify/presentation.js';

/** An error body: RFC 9457, with the members that clients of the older dialects read. */
export interface Problem {
  readonly type: 'about:blank';
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly success: false;
  readonly reason: string;
  /** True if the same request may succeed later. */
  readonly retry: boolean;
}

export interface Refusal {
  readonly problem: Problem;
  readonly headers: HeaderFields;
}

/** Headers by their names, of which some come several times. */
export type HeaderFields = Readonly<Record<string, string | readonly string[]>>;

const TITLES: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  414: 'URI Too Long',
  415: 'Unsupported Media Type',
  426: 'Upgrade Required',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
};

/** Makes a problem in RFC 9457's form. `reason` is one word or two for programs, `detail` a sentence for people. */
export function problem(status: number, { reason, detail }: { reason: string; detail: string }): Problem {
  const title = TITLES[status] ?? 'Error';
  const retry = [429, 502, 503, 504].includes(status);
  return { type: 'about:blank', title, status, detail, success: false, reason, retry };
}

export const ANOTHER_VERSION = problem(505, {
  reason: 'unknown version',
  detail: 'HTTP/1.1 and HTTP/1.0 are spoken here',
});

const CHALLENGE = 'Bearer realm="keywright"';

// What `git`, `wget --user` and `curl --anyauth` wait for. Who presents something has found a way already.
const CHALLENGES = [CHALLENGE, 'Basic realm="keywright"'];

/** Leaves out the challenge for which a browser shows a dialog of its own, over the page whose script asked. */
export function withoutDialog(headers: HeaderFields): HeaderFields {
  return headers['www-authenticate'] === CHALLENGES ? { ...headers, 'www-authenticate': CHALLENGE } : headers;
}

/** Makes a refusal that asks for another credential. Clients of machbase-neo know the word `invalid token`. */
function unauthorized(detail: string): Refusal {
  return {
    problem: problem(401, { reason: 'invalid token', detail }),
    // RFC 6750 section 3.1
    headers: { 'www-authenticate': `${CHALLENGE}, error="invalid_token", error_description="${detail}"` },
  };
}

const TOO_MANY = problem(429, {
  reason: 'rate-limited',
  detail: 'too many attempts from this address, or requests with this credential',
});
const tooManyBySeconds = new Map<number, Refusal>();

/** Makes the refusal for too many requests. @param waitMs the time to the next try */
export function tooMany(waitMs: number): Refusal {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const known = tooManyBySeconds.get(seconds);
  if (known) return known;
  const refusal = { problem: TOO_MANY, headers: { 'retry-after': String(seconds) } };
  // Spans are hours at most, so this map stays small.
  tooManyBySeconds.set(seconds, refusal);
  return refusal;
}

/** The refusal of a wrong name or a wrong password. It does not tell which one is wrong. */
export const WRONG_PASSWORD: Refusal = {
  problem: problem(401, { reason: 'invalid credentials', detail: 'the name or the password is wrong' }),
  headers: { 'www-authenticate': CHALLENGE },
};

/** The refusal of a provisioning key that was used, has expired, was deleted, or never existed. */
export const WRONG_PROVISIONING_KEY: Refusal = {
  problem: problem(401, {
    reason: 'invalid provisioning key',
    detail: 'the provisioning key is not one that may be used',
  }),
  headers: { 'www-authenticate': CHALLENGE },
};

/** The refusal of a link to the first visit that was used, has expired, was replaced, or never existed. */
export const WRONG_LINK: Refusal = {
  problem: problem(401, {
    reason: 'invalid link',
    detail: 'the link was used, has expired, or is not the newest: keywright console makes another',
  }),
  headers: { 'www-authenticate': CHALLENGE },
};

/** The refusal of a first visit from another machine, or through a proxy. */
export const NOT_FROM_HERE: Refusal = {
  problem: problem(403, {
    reason: 'not-from-here',
    detail:
      'the first user is made on the machine of the server, and through no proxy, unless the setting console-first-visit is anywhere',
  }),
  headers: {},
};

/** The refusal of a request with the cookie of the console that another page may have made. */
export const CROSS_SITE: Refusal = {
  problem: problem(403, {
    reason: 'cross-site',
    detail: 'only pages of this server may use the console’s cookie: another page seems to ask',
  }),
  headers: {},
};

/** The refusal of a login without a name or a password. */
export const NO_PASSWORD: Refusal = {
  problem: problem(401, {
    reason: 'missing credentials',
    detail: 'the request carries no name and password',
  }),
  headers: { 'www-authenticate': CHALLENGES },
};

/** The HTTP answer to each rejection. A 401 tells the reason only if the credential's secret was proved. */
export const REFUSALS = {
  missing: {
    problem: problem(401, { reason: 'missing token', detail: 'the request carries no credential' }),
    // RFC 6750 section 3.1: no error code if the request has no credential
    headers: { 'www-authenticate': CHALLENGES },
  },
  // A 400, as RFC 6750 has it, would be an error of the server to gateways.
  'conflicting-credentials': unauthorized('the request carries two credentials that differ: send one'),
  invalid: unauthorized('the credential is not valid'),
  revoked: unauthorized('the credential is revoked'),
  suspended: unauthorized('the credential is suspended'),
  'not-yet-valid': unauthorized('the credential is not valid yet'),
  expired: unauthorized('the credential has expired'),
  'wrong-client-id': unauthorized('the credential belongs to another client'),
  'wrong-domain': {
    problem: problem(403, {
      reason: 'wrong-domain',
      detail: 'the credential does not belong to the domain that the request names',
    }),
    headers: {},
  },
  'wrong-path': {
    problem: problem(403, {
      reason: 'wrong-path',
      detail: 'the path is another client’s, or written in a way that can be read as another one',
    }),
    headers: {},
  },
  'insufficient-scope': {
    problem: problem(403, { reason: 'insufficient-scope', detail: 'the credential does not have the scope' }),
    headers: { 'www-authenticate': `${CHALLENGE}, error="insufficient_scope"` },
  },
  unavailable: {
    problem: problem(503, { reason: 'unavailable', detail: 'credentials cannot be verified at the moment' }),
    headers: { 'retry-after': '1' },
  },
} satisfies Record<Rejection, Refusal>;
