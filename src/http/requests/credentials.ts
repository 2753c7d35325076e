import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { CREDENTIAL_HEADERS } from '../../core/model/header-names.js';
import { AMBIGUOUS, type PresentedText, readCredential } from '../../core/model/presented-credential.js';
import {
  type Demand,
  type Presentation,
  type PresentedCertificate,
  presentCertificate,
  UNKNOWN_CERTIFICATE,
} from '../../core/verify/presentation.js';
import { isFromOurCa } from '../../network/tls.js';
import { cgiName } from './cgi-name.js';
import type { TrustedProxies } from './trusted-proxies.js';

/** The credentials that a listener takes. */
export interface Accepts {
  readonly takesTokens: boolean;
  /** The headers that may hold a credential. All of them are checked in the same way. */
  readonly headers: CredentialHeaders;
  /** The proxies that may name the certificate of their caller. */
  readonly proxies: TrustedProxies;
}

interface Beside {
  /** The demand of the listener. */
  readonly demand?: Demand | undefined;
  /** The texts that the request presents elsewhere than in headers. */
  readonly more?: readonly string[] | undefined;
}

/** Reads the text in one of the credential headers, and over TLS the client's certificate. */
export function present(
  request: IncomingMessage,
  { takesTokens, headers, proxies }: Accepts,
  { demand, more }: Beside = {},
): Presentation {
  // A proxy's own certificate is not its caller's.
  const certificate = proxies.speaks(request) ? proxies.certificateOf(request) : ownCertificate(request);
  const { text: inHeaders, domain } = headers.read(request.rawHeaders);
  const text = more === undefined ? inHeaders : more.reduce(oneOfBoth, inHeaders);
  const credential = takesTokens ? credentialOf(text) : undefined;
  return { credential, certificate, clientId: undefined, domain, demand };
}

function credentialOf(text: string | null | undefined): PresentedText | undefined {
  if (text === undefined) return undefined;
  return text === null ? AMBIGUOUS : readCredential(text);
}

/** The texts of the headers of one kind: undefined without one, null if two of them differ. */
export interface HeaderTexts {
  readonly text: string | null | undefined;
  readonly domain: string | null | undefined;
}

/** Finds the credential and the domain among a request's headers. */
export class CredentialHeaders {
  readonly #names: ReadonlySet<string>;
  readonly #cgiNames: ReadonlySet<string>;
  // The lengths rule out most headers of most requests.
  readonly #lengths: ReadonlySet<number>;

  /** @param names the headers that are read, lower-case; the built-in ones unless told */
  constructor(names: readonly string[] = CREDENTIAL_HEADERS) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    this.#cgiNames = new Set([...this.#names].map(cgiName));
    this.#lengths = new Set([...this.#names, 'domain'].map((name) => name.length));
  }

  /** Tells if a header may carry a credential, or if a server could take it for one that does. @param name lower-case */
  roleOf(name: string): 'credential' | 'disguise' | undefined {
    if (this.#names.has(name)) return 'credential';
    return this.#cgiNames.has(cgiName(name)) ? 'disguise' : undefined;
  }

  read(rawHeaders: readonly string[]): HeaderTexts {
    let text: string | null | undefined;
    let domain: string | null | undefined;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const given = rawHeaders[index] ?? '';
      if (!this.#lengths.has(given.length)) continue;
      const name = given.toLowerCase();
      const value = rawHeaders[index + 1] ?? '';
      if (name === 'domain') {
        const named = value.trim();
        domain = domain === undefined || domain === named ? named : null;
        continue;
      }
      if (!this.#names.has(name)) continue;
      const presented = (name === 'authorization' ? withoutScheme(value) : value).trim();
      if (presented === '') continue;
      text = oneOfBoth(text, presented);
    }
    return { text, domain };
  }
}

// An earlier proxy may have checked the other of two.
function oneOfBoth(text: string | null | undefined, presented: string): string | null {
  return text === undefined || text === presented ? presented : null;
}

const BEARER = /^bearer(?: |$)/i;
const BASIC = /^basic /i;

// RFC 9110 section 11.1: the scheme is case-insensitive. A credential without a scheme shows its own kind. RFC 7617:
// Basic carries id and secret, as the wrapped form of an API key does.
function withoutScheme(value: string): string {
  if (BEARER.test(value)) return value.slice('bearer '.length);
  return BASIC.test(value) ? `basic-key:${value.slice('basic '.length).trim()}` : value;
}

const certificates = new WeakMap<TLSSocket, PresentedCertificate | undefined>();

// A connection has one certificate for all of its requests.
function ownCertificate({ socket }: IncomingMessage): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  if (!certificates.has(socket)) {
    const certificate = socket.getPeerX509Certificate();
    const presented =
      certificate && (isFromOurCa(socket) ? presentCertificate(certificate) : UNKNOWN_CERTIFICATE);
    certificates.set(socket, presented);
  }
  return certificates.get(socket);
}
