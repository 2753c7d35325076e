import type { AddressInfo, Server } from 'node:net';
import { isIP } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import { KeywrightError } from '../core/model/errors.js';
import type { ServerName } from '../core/ports/certificate-authority.js';
import { secureContext, type TlsMaterial } from '../network/tls.js';
import type { ServeSettings } from '../settings/read.js';
import type { ListenAddress } from '../settings/values.js';

/** An address to listen on. Once it listens, it knows its port. */
export class Listener {
  readonly at: ListenAddress;
  readonly #scheme: string;
  #port: number | undefined;

  constructor(at: ListenAddress, schemes: { readonly plain: string; readonly tls: string }) {
    this.at = at;
    this.#scheme = at.tls ? schemes.tls : schemes.plain;
  }

  /** The port that it listens on. Tokens and answers name the port, and both exist only after a connection. */
  get port(): number {
    if (this.#port === undefined) throw new Error('the port is not known before the server listens');
    return this.#port;
  }

  /** The address with its real port: `tcp://127.0.0.1:5654`. */
  get url(): string {
    return `${this.#scheme}://${shownHost(this.at)}:${this.port}`;
  }

  /** Listens on the address. @throws KeywrightError `io` if it cannot */
  listen(server: Server): Promise<void> {
    const { host, port } = this.at;
    return new Promise((resolve, reject) => {
      server.once('error', (error: Error & { code?: string }) => {
        const reason = LISTEN_ERRORS[error.code ?? ''] ?? error.message;
        const message = `cannot listen on ${shownHost(this.at)}:${port}: ${reason}`;
        reject(new KeywrightError('io', message, { cause: error }));
      });
      server.listen({ host, port }, () => {
        this.#port = (server.address() as AddressInfo).port;
        resolve();
      });
    });
  }
}

const LISTEN_ERRORS: Record<string, string> = {
  EADDRINUSE: 'the address is in use',
  EADDRNOTAVAIL: 'this machine does not have that address',
  EACCES: 'permission denied',
  ENOTFOUND: 'there is no such host',
};

/** Formats a host for a URL. */
export function shownHost({ host }: Pick<ListenAddress, 'host'>): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Gives TLS listeners another certificate. Open connections keep theirs. */
export function renewCertificate(servers: readonly Server[], material: TlsMaterial): void {
  for (const server of servers)
    if (server instanceof TlsServer) server.setSecureContext(secureContext(material));
}

/**
 * Lists the names for the server's certificate: this machine, the addresses that it listens on, and the operator's own
 * names.
 */
export function serverNames({ http, mqtt, serverName: told }: ServeSettings): ServerName[] {
  const hosts = ['localhost', '127.0.0.1', '::1', http.host, mqtt.host, ...told];
  const named = [...new Set(hosts)].filter((host) => host !== '0.0.0.0' && host !== '::');
  return named.map((value) => ({ kind: isIP(value) === 0 ? 'dns' : 'ip', value }));
}
