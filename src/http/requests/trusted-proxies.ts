import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import {
  type PresentedCertificate,
  presentCertificate,
  UNKNOWN_CERTIFICATE,
} from '../../core/verify/presentation.js';
import type { Networks } from '../../network/networks.js';

/** Who may speak for others: what these say of where a request comes from, and by which certificate, is believed. */
export class TrustedProxies {
  readonly #networks: Networks;

  constructor(networks: Networks) {
    this.#networks = networks;
  }

  /** Whether a request comes from a proxy, which speaks for others. */
  speaks({ socket }: IncomingMessage): boolean {
    return this.#networks.includes(socket.remoteAddress ?? '');
  }

  /** From where a request comes: of the proxies it names, the nearest that is not trusted. */
  addressOf(request: IncomingMessage): string {
    const { socket, headers } = request;
    const peer = socket.remoteAddress ?? 'unknown';
    if (!this.speaks(request)) return peer;
    const named = [headers['x-forwarded-for'] ?? headers['x-real-ip'] ?? []].flat().join(',');
    const hops = named.split(',').map((hop) => hop.trim());
    let address = peer;
    for (const hop of hops.reverse()) {
      if (isIP(hop) === 0) break;
      address = hop;
      if (!this.#networks.includes(hop)) break;
    }
    return address;
  }

  /** The certificate that a trusted proxy says its caller has shown; undefined where it says nothing. */
  certificateOf({ headers }: IncomingMessage): PresentedCertificate | undefined {
    const values = CERTIFICATE_HEADERS.flatMap((name) => headers[name] ?? []).filter((value) => value !== '');
    if (values.length === 0) return undefined;
    // Of two, one may be the caller's own.
    return (values.length === 1 && readCertificate(values[0] ?? '')) || UNKNOWN_CERTIFICATE;
  }
}

/** Where gateways put the client certificate that they were shown. */
export const CERTIFICATE_HEADERS = [
  'x-forwarded-client-cert',
  'x-ssl-client-cert',
  'x-forwarded-tls-client-cert',
];
// A leaf of the largest key is 3 kB of base64.
const MAX_CERTIFICATE = 12_000;

/** PEM percent-encoded (nginx), base64 of the DER (Traefik, HAProxy), or Envoy's list of which `Cert=` is the former. */
function readCertificate(value: string): PresentedCertificate | undefined {
  if (value.length > MAX_CERTIFICATE) return undefined;
  const isEnvoys = /^(?:by|hash|cert|chain|subject|uri|dns)=/i.test(value);
  const text = isEnvoys ? envoyCertificate(value) : value;
  if (text === undefined) return undefined;
  try {
    const decoded = text.includes('%') ? decodeURIComponent(text) : text;
    const isPem = decoded.includes('-----BEGIN');
    // A chain is several certificates: which of them is meant is not for us to say.
    if (isPem ? decoded.split('-----BEGIN').length > 2 : decoded.includes(',')) return undefined;
    const encoded = isPem ? decoded : Buffer.from(decoded, 'base64');
    return presentCertificate(new X509Certificate(encoded));
  } catch {
    return undefined;
  }
}

// Several elements are several proxies, of which only the nearest is trusted. What is in quotes is one value.
function envoyCertificate(value: string): string | undefined {
  const fields = value.match(/(?:"(?:[^"\\]|\\.)*"|[^;])+/g) ?? [];
  const certificates = fields.flatMap((field) => /^cert="?([^";,]+)"?$/i.exec(field.trim())?.[1] ?? []);
  const isOne = !value.replace(/"(?:[^"\\]|\\.)*"/g, '').includes(',');
  return isOne && certificates.length === 1 ? certificates[0] : undefined;
}
