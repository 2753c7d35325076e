import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { cgiName } from '../../requests/cgi-name.js';
import { withoutSessionCookie } from '../../requests/session-cookie.js';
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
  // CGI makes of it the variable that names its own proxy.
  'proxy',
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
const NEVER: ReadonlySet<string> = new Set([...HOP_BY_HOP, ...OVERRIDES]);
// These headers belong to the request, even if `Connection` lists them.
const ESSENTIAL: readonly string[] = ['host', 'content-length', 'transfer-encoding'];

// Names of a caller, as other gateways and their applications know them.
const IDENTITIES = new RegExp(
  `^(?:${[
    ...['x-auth-', 'remote-', 'x-remote-', 'x-webauth-', 'x-authenticated-', 'x-authentik-', 'x-authelia-'],
    ...['x-forwarded-(?:user|email|groups?|roles?|name|login|preferred-username|access-token|id-token)'],
    ...[
      'x-goog-(?:authenticated|iap)-',
      'x-ms-client-principal',
      'x-ms-token-',
      'x-amzn-oidc-',
      'cf-access-',
    ],
    ...['tailscale-', 'x-consumer-', 'x-credential-', 'x-anonymous-consumer', 'x-userinfo', 'x-id-token'],
    'x-user(?:-?(?:id|name|email|groups?|roles?))?$',
  ].join('|')})`,
);
// What a gateway says of its caller's connection: its address, its scheme and its certificate.
const OF_GATEWAYS = new RegExp(
  `^(?:${[
    ...[
      'x-forwarded-',
      'forwarded$',
      'x-real-ip$',
      'x-original-(?:forwarded-for|host)$',
      'x-originating-ip$',
    ],
    ...[
      '(?:x-|true-|cf-|fastly-|x-cluster-|x-azure-|x-envoy-)(?:client-?|connecting-|external-)(?:ip|address)',
    ],
    ...['client-ip$', 'cf-connecting-', 'x-(?:url-)?scheme$', 'front-end-https$', 'x-arr-', 'x-amzn-mtls-'],
    ...[
      '(?:x-)?(?:ssl|tls)-',
      '(?:x-)?client-(?:cert|verify|dn|s-dn|i-dn|serial|subject|issuer|fingerprint)',
    ],
  ].join('|')})`,
);

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
  const listed = new Set(listedIn(headers.connection).map(cgiName));
  const isKept = (name: string) => {
    const plain = cgiName(name);
    if (NEVER.has(plain) || listed.has(plain) || IDENTITIES.test(plain)) return false;
    if (!isFromProxy && OF_GATEWAYS.test(plain)) return false;
    const role = services.headers.roleOf(name);
    if (role !== undefined) return keepCredentials && role === 'credential';
    // What a server behind could take for another one that counts.
    const isDisguised =
      headers[plain] !== undefined || /^(?:content|transfer)-/.test(plain) || OF_GATEWAYS.test(plain);
    return plain === name || !isDisguised;
  };
  const told = (name: string, own: string) => (isFromProxy ? (headers[name] ?? own) : own);
  const peer = socket.remoteAddress ?? 'unknown';
  const cookie = withoutSessionCookie(headers.cookie);
  const hops = isFromProxy ? [headers['x-forwarded-for'] ?? []].flat() : [];
  return {
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'cookie' && isKept(name))),
    ...(cookie !== undefined && isKept('cookie') && { cookie }),
    // The only coding that got in, whatever its letters.
    ...(headers['transfer-encoding'] !== undefined && { 'transfer-encoding': 'chunked' }),
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

function pairs(flat: readonly string[]): [string, string][] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? '']] : []));
}
