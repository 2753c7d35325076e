import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../../network/loopback.js';
import type { TrustedProxies } from '../requests/trusted-proxies.js';
import { NOTHING_HERE, sendProblem } from '../responses/errors.js';
import { problem } from '../responses/problem.js';
import { ConsoleFiles } from './files.js';

const ROOT = '/console';

// Nothing that is written into a page runs, no other page frames it, and it speaks with this server only.
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': [
    ...['camera', 'display-capture', 'geolocation', 'microphone', 'payment', 'usb', 'serial', 'hid'].map(
      (feature) => `${feature}=()`,
    ),
    'clipboard-read=()',
    'clipboard-write=(self)',
  ].join(', '),
} as const;

// No page that opened it keeps a hold of it. Browsers warn of this header where they do not trust the address.
const ALONE = { 'cross-origin-opener-policy': 'same-origin' };

const NOT_BUILT = problem(404, {
  reason: 'not found',
  detail: 'the console was not built: npm run build makes it',
});

interface ConsoleParts {
  /** The directory of its files. */
  readonly directory: string;
  readonly proxies: TrustedProxies;
}

/**
 * Hands out the console at `/console/`: each asset, which never changes under its name, and for every other path the
 * page, which knows its own paths.
 */
export function addConsole(app: FastifyInstance, { directory, proxies }: ConsoleParts): void {
  const files = new ConsoleFiles(directory);
  const hidden = { schema: { hide: true } };
  const headersFor = ({ raw }: FastifyRequest) =>
    isTrusted(raw, proxies) ? { ...HEADERS, ...ALONE } : HEADERS;
  app.get(ROOT, hidden, (request, reply) =>
    reply.headers(headersFor(request)).header('cache-control', 'no-cache').redirect(`${ROOT}/`, 308),
  );
  app.get(`${ROOT}/*`, hidden, (request, reply) => {
    const headers = headersFor(request);
    reply.headers(headers);
    const [path = ''] = (request.raw.url ?? '').slice(ROOT.length + 1).split('?', 1);
    const isAsset = path.startsWith('assets/');
    const file = fileIn(files, isAsset ? path : 'index.html');
    if (file === 'not built') return sendProblem(reply, NOT_BUILT, headers);
    if (file === undefined) return sendProblem(reply, NOTHING_HERE, headers);
    reply.header('cache-control', isAsset ? 'public, max-age=31536000, immutable' : 'no-cache');
    reply.header('vary', 'Accept-Encoding').type(file.type);
    if (file.gzip === undefined || !takesGzip(request)) return reply.send(file.body);
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  });
}

/** Tells if a browser trusts the address that it asked: https, or this machine. */
function isTrusted(request: IncomingMessage, proxies: TrustedProxies): boolean {
  return proxies.isSecure(request) || isLoopback(proxies.hostOf(request).replace(/:\d+$/, ''));
}

function fileIn(files: ConsoleFiles, path: string) {
  try {
    return files.get(path);
  } catch {
    return 'not built' as const;
  }
}

// RFC 9110 section 12.5.3: a weight of 0 refuses.
function takesGzip({ headers }: FastifyRequest): boolean {
  const codings = String(headers['accept-encoding'] ?? '')
    .toLowerCase()
    .split(',');
  return codings.some((each) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)[\d.]+\s*)?$/.test(each));
}
