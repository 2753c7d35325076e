import type { Server, Socket } from 'node:net';
import { type TLSSocket, Server as TlsServer } from 'node:tls';
import type { Networks } from './networks.js';
import type { ProxiedSource } from './proxy-header.js';
import { readProxyHeader } from './read-proxy-header.js';

// As long as for the first packet of MQTT and the handshake of TLS. [2] wants three seconds at least, for a TCP retransmit.
const HEADER_TIMEOUT_MS = 5_000;

export interface ProxyProtocolOptions {
  /** The proxies whose connections must begin with a header. Other connections have none, and are not searched for one. */
  readonly proxies: Networks;
  readonly timeoutMs?: number;
  /** Called for each connection of a proxy that was closed for want of a header. */
  readonly onRefused: (refused: { readonly from: string; readonly because: string }) => void;
}

/**
 * The PROXY protocol in front of listeners. [2] It never guesses if there is a header: proxies must send one, and others
 * cannot. Behind it, a socket gives the device's address as its own: limits, logs and rules, which ask a socket for its
 * address, need not know of proxies.
 */
export class ProxyProtocol {
  readonly #options: ProxyProtocolOptions;
  readonly #relayed = new WeakSet<Socket>();
  readonly #waiting = new Set<Socket>();
  #closed = false;

  constructor(options: ProxyProtocolOptions) {
    this.#options = options;
  }

  /** Takes over a server's new connections, and hands them on to the listeners that the server has now. */
  precede(server: Server): void {
    const { proxies } = this.#options;
    const listeners = server.listeners('connection');
    const handOn = (socket: Socket) => {
      for (const listener of listeners) listener.call(server, socket);
    };
    const announce = server instanceof TlsServer ? this.#followIntoTls(server) : () => undefined;
    server.removeAllListeners('connection');
    server.on('connection', (socket: Socket) => {
      const from = socket.remoteAddress;
      // The peer is gone already, and its address with it.
      if (from === undefined || this.#closed) return void socket.destroy();
      if (!proxies.includes(from)) return handOn(socket);
      this.#receive(socket, from, (source) => {
        announce(socket, source);
        this.#mark(socket, source);
        handOn(socket);
      });
    });
  }

  /** True if a connection came through a proxy, even if the proxy did not name its source. */
  relays(socket: Socket): boolean {
    return this.#relayed.has(socket);
  }

  /** Ends the connections whose header is still to come. */
  close(): void {
    this.#closed = true;
    for (const socket of this.#waiting) socket.destroy();
  }

  #receive(socket: Socket, from: string, accept: (source: ProxiedSource | undefined) => void): void {
    const { timeoutMs = HEADER_TIMEOUT_MS, onRefused } = this.#options;
    this.#waiting.add(socket);
    readProxyHeader(socket, {
      timeoutMs,
      done: (read) => {
        this.#waiting.delete(socket);
        if (read.outcome === 'header') return accept(read.source);
        socket.on('error', () => undefined).destroy();
        if (read.outcome === 'refused' && !this.#closed) onRefused({ from, because: read.because });
      },
    });
  }

  /**
   * A TLS socket asks the kernel for its address, and does not tell the connection that it was made of. The two have the
   * same ends, by which they are matched.
   */
  #followIntoTls(server: TlsServer): (socket: Socket, source: ProxiedSource | undefined) => void {
    const relayed = new Map<string, { readonly source: ProxiedSource | undefined }>();
    server.prependListener('secureConnection', (socket: TLSSocket) => {
      const found = relayed.get(endsOf(socket));
      if (found !== undefined) this.#mark(socket, found.source);
    });
    return (socket, source) => {
      const ends = endsOf(socket);
      const entry = { source };
      relayed.set(ends, entry);
      socket.once('close', () => {
        if (relayed.get(ends) === entry) relayed.delete(ends);
      });
    };
  }

  #mark(socket: Socket, source: ProxiedSource | undefined): void {
    this.#relayed.add(socket);
    if (source === undefined) return;
    Object.defineProperties(socket, {
      remoteAddress: { value: source.address },
      remotePort: { value: source.port },
      remoteFamily: { value: source.family },
    });
  }
}

function endsOf({ remoteAddress, remotePort, localAddress }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress}`;
}
