import { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  type PresentedCertificate,
  presentCertificate,
  UNKNOWN_CERTIFICATE,
} from '../../core/verify/presentation.js';
import type { Networks } from '../../network/networks.js';

/** The proxies that may speak for their callers: the server believes the address and the certificate that they name. */
export class TrustedProxies {
  readonly #networks: Networks;

  constructor(networks: Networks) {
    this.#networks = networks;
  }

  /** Tells if a request comes from a trusted proxy. */
  speaks({ socket }: IncomingMessage): boolean {
    return this.#networks.includes(socket.remoteAddress ?? '');
  }

  /**
   * Finds the address of the caller: the nearest in the list of proxies that is not trusted. Behind what is no address,
   * nothing counts.
   */
  addressOf(request: IncomingMessage): string {
    const { socket, headers } = request;
    const peer = socket.remoteAddress ?? 'unknown';
    if (!this.speaks(request)) return peer;
    const named = [headers['x-forwarded-for'] ?? headers['x-real-ip'] ?? []].flat().join(',');
    let address = peer;
    for (const element of named.split(',').reverse()) {
      const hop = readHop(element.trim());
      // RFC 9110 section 5.6.1: an empty element counts for nothing.
      if (hop === '') continue;
      if (hop === undefined) break;
      address = hop;
      if (!this.#networks.includes(hop)) break;
    }
    return address;
  }

  /** Tells if the caller's own connection is TLS, as it comes here or as a trusted proxy says. */
  isSecure(request: IncomingMessage): boolean {
    if (request.socket instanceof TLSSocket) return true;
    return this.#named(request, 'x-forwarded-proto')?.toLowerCase() === 'https';
  }

  /** Finds the authority that the caller asked: `Host`, or what a trusted proxy says that it was. */
  hostOf(request: IncomingMessage): string {
    return this.#named(request, 'x-forwarded-host') ?? request.headers.host ?? '';
  }

  // The first of several proxies in a row is the caller's own.
  #named(request: IncomingMessage, header: string): string | undefined {
    if (!this.speaks(request)) return undefined;
    const [first = ''] = [request.headers[header] ?? ''].flat().join(',').split(',', 1);
    return first.trim() || undefined;
  }

  /** Reads the caller's certificate that a trusted proxy names; undefined if it names none. */
  certificateOf({ headers }: IncomingMessage): PresentedCertificate | undefined {
    const values = CERTIFICATE_HEADERS.flatMap((name) => headers[name] ?? []).filter((value) => value !== '');
    if (values.length === 0) return undefined;
    // One of two may be the caller's own header.
    return (values.length === 1 && readCertificate(values[0] ?? '')) || UNKNOWN_CERTIFICATE;
  }
}

// Azure's gateways name ports, and write addresses of IPv6 with brackets; some put them in quotes as RFC 7239 does.
const HOP = /^(?:\[([^\]%]+)(?:%[^\]]*)?\]|([\d.]+))(?::(\d{1,5}))?$/;

/** Reads an address, with or without a port; undefined if it is none. */
function readHop(text: string): string | undefined {
  const bare = text.replace(/^"([^"]*)"$/, '$1');
  if (bare === '') return '';
  if (isIP(bare) !== 0) return bare.replace(/%.*$/, '');
  const [, bracketed, v4, port = '0'] = HOP.exec(bare) ?? [];
  const address = bracketed ?? v4 ?? '';
  const isGood = isIP(address) === (bracketed === undefined ? 4 : 6) && Number(port) <= 65_535;
  return isGood ? address : undefined;
}

// The headers that gateways put a client certificate in.
const CERTIFICATE_HEADERS = ['x-forwarded-client-cert', 'x-ssl-client-cert', 'x-forwarded-tls-client-cert'];
// The largest key makes a leaf of 3 kB in base64.
const MAX_CERTIFICATE = 12_000;

/**
 * Reads a certificate: percent-encoded PEM (nginx), base64 of the DER (Traefik, HAProxy), or Envoy's list with PEM in
 * `Cert=`.
 */
function readCertificate(value: string): PresentedCertificate | undefined {
  if (value.length > MAX_CERTIFICATE) return undefined;
  const isEnvoys = /^(?:by|hash|cert|chain|subject|uri|dns)=/i.test(value);
  const text = isEnvoys ? envoyCertificate(value) : value;
  if (text === undefined) return undefined;
  try {
    const decoded = text.includes('%') ? decodeURIComponent(text) : text;
    const isPem = decoded.includes('-----BEGIN');
    // A chain has several certificates, and does not say which one counts.
    if (isPem ? decoded.split('-----BEGIN').length > 2 : decoded.includes(',')) return undefined;
    const encoded = isPem ? decoded : Buffer.from(decoded, 'base64');
    return presentCertificate(new X509Certificate(encoded));
  } catch {
    return undefined;
  }
}

// Each element of the list is a proxy, and only the nearest is trusted. A text in quotes is one value.
function envoyCertificate(value: string): string | undefined {
  const fields = value.match(/(?:"(?:[^"\\]|\\.)*"|[^;])+/g) ?? [];
  const certificates = fields.flatMap((field) => /^cert="?([^";,]+)"?$/i.exec(field.trim())?.[1] ?? []);
  const isOne = !value.replace(/"(?:[^"\\]|\\.)*"/g, '').includes(',');
  return isOne && certificates.length === 1 ? certificates[0] : undefined;
}
