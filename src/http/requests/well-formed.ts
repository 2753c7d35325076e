import type { IncomingMessage } from 'node:http';

/** What is wrong with a request that node takes. */
export type Misform = 'version' | 'host' | 'framing' | 'coding' | 'target';

// RFC 9110 section 7.2: a name or an address, and a port. User information, commas and blanks are none of these.
const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?$/;

// Most requests name the same host as the one before.
let goodHost = '';

/**
 * Finds what is wrong with a request that node takes, but that the server behind would read in another way, or not at
 * all. It looks at the raw headers only: node makes the others when they are first asked for.
 */
export function misformed({
  rawHeaders,
  httpVersionMajor,
  httpVersionMinor,
}: IncomingMessage): Misform | undefined {
  if (httpVersionMajor !== 1) return 'version';
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') {
      hosts += 1;
      if (!isHost(rawHeaders[index + 1] ?? '')) return 'host';
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      // RFC 9112 section 6.1: HTTP/1.0 has no transfer codings, and chunked is the only one that is known here.
      if (httpVersionMinor === 0) return 'framing';
      if ((rawHeaders[index + 1] ?? '').trim().toLowerCase() !== 'chunked') return 'coding';
    }
  }
  // RFC 9112 section 3.2: one Host, which HTTP/1.0 may leave out.
  return hosts === 1 || (hosts === 0 && httpVersionMinor === 0) ? undefined : 'host';
}

function isHost(text: string): boolean {
  if (text === goodHost) return true;
  if (!HOST.test(text)) return false;
  goodHost = text;
  return true;
}

/** Finds the origin form of a target; undefined if it has none. RFC 9112 section 3.2 */
export function readTarget(request: IncomingMessage): string | undefined {
  const { url = '' } = request;
  if (url.startsWith('/')) return url;
  if (url === '*' && request.method === 'OPTIONS') return '/*';
  const [absolute, authority = ''] = /^https?:\/\/([^/?#]*)/i.exec(url) ?? [];
  if (absolute === undefined || !HOST.test(authority)) return undefined;
  // RFC 9112 section 3.2.2: the absolute form counts, and not what Host says beside it.
  request.headers.host = authority;
  const target = url.slice(absolute.length);
  return target.startsWith('/') ? target : `/${target}`;
}
