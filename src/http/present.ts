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

/** What a request presents: the text in Authorization, and over TLS the client's certificate; and what its way in demands. */
export function present(
  request: IncomingMessage,
  { tokens }: Accepts,
  demand: Demand | undefined,
): Presentation {
  const certificate = request.socket instanceof TLSSocket ? peerCertificate(request.socket) : undefined;
  return { token: tokens ? authorization(request) : undefined, certificate, demand };
}

// RFC 9110 section 11.1: the scheme is case-insensitive; a credential without a scheme says itself what it is.
function authorization({ headers, rawHeaders }: IncomingMessage): string | undefined {
  const { authorization: value } = headers;
  if (value === undefined) return undefined;
  // node keeps the first of several; a proxy before us may have looked at the last
  if (countAuthorization(rawHeaders) > 1) return AMBIGUOUS;
  const token = BEARER.test(value) ? value.slice('bearer '.length) : value;
  return token.trim() || undefined;
}

const BEARER = /^bearer /i;

// Not the shape of any credential.
const AMBIGUOUS = ' ';

function countAuthorization(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 'authorization'.length && name.toLowerCase() === 'authorization') count += 1;
  }
  return count;
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
