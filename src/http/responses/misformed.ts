import { ANOTHER_VERSION, problem, type Refusal } from './problem.js';

// The rest of such a connection cannot be told from its next request.
const CLOSING = { connection: 'close' };

function bad(detail: string): Refusal {
  return { problem: problem(400, { reason: 'bad request', detail }), headers: CLOSING };
}

/** The refusals of requests that servers read in different ways. */
export const MISFORMED = {
  version: { problem: ANOTHER_VERSION, headers: CLOSING },
  host: bad('the request must have one Host header, with a name or an address'),
  framing: bad('a request of HTTP/1.0 has no transfer coding'),
  coding: {
    problem: problem(501, { reason: 'not implemented', detail: 'the only transfer coding here is chunked' }),
    headers: CLOSING,
  },
  target: bad('the request is for no path of this server'),
} satisfies Record<string, Refusal>;
