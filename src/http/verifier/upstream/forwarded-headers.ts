import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { CERTIFICATE_HEADERS } from '../../requests/trusted-proxies.js';
import type { HttpServices } from '../../services.js';

export interface ForwardedHeadersOptions {
  /** The headers that name the caller, as names and values in turn. */
  readonly identity: readonly string[];
  readonly keepCredentials: boolean;
  readonly isUpgrade: boolean;
  readonly services: Pick<HttpServices, 'headers' | 'proxies'>;
}

// RFC 9110 section 7.6.1: these headers concern the connection to us only.
const HOP_BY_HOP: readonly string[] = [
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'trailer',
  'upgrade',
  'http2-settings',
  // The server has answered it already.
  'expect',
];
// These headers would make a server answer a different request from the one that was checked.
const OVERRIDES = [
  'x-original-url',
  'x-original-uri',
  'x-original-method',
  'x-rewrite-url',
  'x-forwarded-uri',
  'x-forwarded-method',
  'x-forwarded-prefix',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
];
// These headers belong to the request, even if `Connection` lists them.
const ESSENTIAL: readonly string[] = ['host', 'content-length', 'transfer-encoding'];

/**
 * Makes the headers of a request to the upstream. They name the caller, drop forged names of a caller, and drop
 * credentials.
 */
export function forwardedHeaders(
  request: IncomingMessage,
  { identity, keepCredentials, isUpgrade, services }: ForwardedHeadersOptions,
): IncomingHttpHeaders {
  const { headers, socket } = request;
  const isFromProxy = services.proxies.speaks(request);
  const dropped = new Set([...HOP_BY_HOP, ...OVERRIDES, ...listedIn(headers.connection)]);
  if (!isFromProxy) for (const name of [...CERTIFICATE_HEADERS, 'forwarded', 'x-real-ip']) dropped.add(name);
  const kept = Object.entries(headers).filter(
    ([name]) =>
      !dropped.has(name) &&
      !isIdentity(name) &&
      !isDisguised(name, (plain) => services.headers.carries(plain)) &&
      (keepCredentials || !services.headers.carries(name)),
  );
  const told = (name: string, own: string) => (isFromProxy ? (headers[name] ?? own) : own);
  const peer = socket.remoteAddress ?? 'unknown';
  const hops = isFromProxy ? [headers['x-forwarded-for'] ?? []].flat() : [];
  return {
    ...Object.fromEntries(kept),
    'x-forwarded-for': [...hops, peer].join(', '),
    'x-forwarded-host': told('x-forwarded-host', headers.host ?? ''),
    'x-forwarded-proto': told('x-forwarded-proto', socket instanceof TLSSocket ? 'https' : 'http'),
    ...Object.fromEntries(pairs(identity)),
    ...(isUpgrade && { connection: 'Upgrade', upgrade: headers.upgrade }),
  };
}

/** Makes the headers of the answer to the caller. */
export function answeredHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  // Node frames the body anew.
  const dropped = new Set([...HOP_BY_HOP, ...listedIn(headers.connection), 'transfer-encoding']);
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !dropped.has(name)));
}

// RFC 9110 section 7.6.1
function listedIn(connection: string | undefined): string[] {
  const names = (connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => !ESSENTIAL.includes(name));
}

// CGI and its kin read other characters as "-".
function isDisguised(name: string, carries: (name: string) => boolean): boolean {
  const plain = name.replace(/[^a-z0-9]/g, '-');
  return plain !== name && (plain.startsWith('x-forwarded-') || OVERRIDES.includes(plain) || carries(plain));
}

function isIdentity(name: string): boolean {
  return name.replace(/[^a-z0-9]/g, '-').startsWith('x-auth-');
}

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []));
}
