import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import {
  type Demand,
  type Presentation,
  type PresentedCertificate,
  presentCertificate,
} from '../core/presentation.js';

/** Which credentials a listener takes. */
export interface Accepts {
  readonly tokens: boolean;
}

/** What a request presents: the text in one of the credential headers, and over TLS the client's certificate; and what its way in demands. */
export function present(
  request: IncomingMessage,
  { tokens }: Accepts,
  demand: Demand | undefined,
): Presentation {
  const certificate = request.socket instanceof TLSSocket ? peerCertificate(request.socket) : undefined;
  return { token: tokens ? credentialText(request) : undefined, certificate, demand };
}

// Where a credential may be; which of them it is in makes no difference to how it is checked.
const CREDENTIAL_HEADERS = new Set(['authorization', 'x-api-key', 'x-device-api-key', 'x-machhub-api-key']);
// Most headers of most requests are told apart by this alone.
const LENGTHS = new Set([...CREDENTIAL_HEADERS].map((name) => name.length));

function credentialText({ rawHeaders }: IncomingMessage): string | undefined {
  let found: string | undefined;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const given = rawHeaders[index] ?? '';
    if (!LENGTHS.has(given.length)) continue;
    const name = given.toLowerCase();
    if (!CREDENTIAL_HEADERS.has(name)) continue;
    const value = rawHeaders[index + 1] ?? '';
    const text = (name === 'authorization' ? withoutScheme(value) : value).trim();
    if (text === '') continue;
    // Of two, a proxy before us may have looked at the other
    if (found !== undefined && found !== text) return AMBIGUOUS;
    found = text;
  }
  return found;
}

// Not the shape of any credential.
const AMBIGUOUS = ' ';
const BEARER = /^bearer(?: |$)/i;
const BASIC = /^basic /i;

// RFC 9110 section 11.1: the scheme is case-insensitive; a credential without a scheme says itself what it is.
// RFC 7617: Basic carries id and secret, which is what the wrapped form of an API key does.
function withoutScheme(value: string): string {
  if (BEARER.test(value)) return value.slice('bearer '.length);
  return BASIC.test(value) ? `basic-key:${value.slice('basic '.length).trim()}` : value;
}

const NOT_OURS: PresentedCertificate = { fingerprint: '', clientId: undefined };
const certificates = new WeakMap<TLSSocket, PresentedCertificate | undefined>();

// A connection has one certificate for all of its requests.
function peerCertificate(socket: TLSSocket): PresentedCertificate | undefined {
  if (!certificates.has(socket)) {
    const certificate = socket.getPeerX509Certificate();
    const presented = certificate && (socket.authorized ? presentCertificate(certificate) : NOT_OURS);
    certificates.set(socket, presented);
  }
  return certificates.get(socket);
}
