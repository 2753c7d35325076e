import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, Server as TlsServer } from 'node:tls';
import type { Clock } from '../core/ports/clock.js';
import type { Change } from '../core/ports/key-store.js';
import type { Observer } from '../core/ports/observer.js';
import type { Attempts } from '../core/verify/attempts.js';
import { isAnother } from '../core/verify/is-another.js';
import { LiveConnections } from '../core/verify/live-connections.js';
import type { OpenConnections } from '../core/verify/open-connections.js';
import type { RevisedRegistry } from '../core/verify/topic-rights.js';
import { answerBadSignatures, type TlsMaterial, tlsOptions } from '../network/tls.js';
import type { Engine } from './gate/engine.js';
import { Gate } from './gate/gate.js';
import type { MqttAuthentication } from './gate/present.js';
import { acceptWebSockets, type WebSocketHost } from './websocket.js';

export interface MqttOptions {
  readonly registry: RevisedRegistry & {
    onChange(listener: (changes: readonly Change[]) => void): void;
  };
  readonly clock: Clock;
  readonly engine: Engine;
  readonly tls: TlsMaterial | undefined;
  readonly authentication: MqttAuthentication;
  readonly connectTimeoutMs?: number;
  /** Failed attempts of an address. */
  readonly attempts: Attempts;
  /** The key that an address is counted under. */
  readonly addressKey: (address: string) => string;
  readonly observer: Observer;
  /** Lists the open connections of all listeners. */
  readonly connections?: OpenConnections;
}

export interface MqttServer {
  readonly server: Server;
  /** Also takes MQTT over WebSocket from an HTTP server. */
  attachWebSocket(http: HttpServer, options: WebSocketOptions): void;
  /** Ends the listener, all connections and the engine. */
  close(): Promise<void>;
}

interface WebSocketOptions extends WebSocketHost {
  readonly authentication: MqttAuthentication;
}

// The time from the connection to its whole CONNECT; a device on a slow link needs one or two seconds.
const CONNECT_TIMEOUT_MS = 5_000;

// The time that clients have to hear that the server ends.
const FAREWELL_MS = 500;

/** The MQTT listener: every connection goes through the gate. */
export function buildMqttServer(options: MqttOptions): MqttServer {
  const { registry, clock, engine, tls, authentication, observer, attempts, addressKey } = options;
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const { connections: list } = options;
  const live = new LiveConnections({ registry, clock, observer, protocol: 'mqtt', connections: list });
  registry.onChange((changes) => {
    for (const change of changes) {
      if (change.kind !== 'client' && change.kind !== 'user') continue;
      if (isAnother(change)) void engine.forget({ kind: change.kind, id: change.id });
    }
  });
  const connections = new Set<Duplex>();
  const forget = function (this: Duplex): void {
    connections.delete(this);
  };
  const track = (connection: Duplex) => {
    connections.add(connection);
    // The event comes once anyway: `once` would cost each connection an object more.
    connection.on('close', forget);
  };
  const gate = new Gate({ registry, clock, engine, live, connectTimeoutMs, observer, attempts, addressKey });
  const arrival = { authentication };
  const admit = (socket: Socket) => gate.admit(socket, arrival);
  // Clients without a certificate of the CA do not get past the handshake, unless another credential will do.
  const demandsCertificate = authentication === 'certificate';
  const server = tls
    ? createTlsServer(
        { ...tlsOptions(tls, { demandsCertificate }), handshakeTimeout: connectTimeoutMs, noDelay: true },
        admit,
      )
    : createServer({ noDelay: true }, admit);
  if (server instanceof TlsServer) answerBadSignatures(server);
  // Tracked from the TCP connection on, so that closing also ends handshakes in progress.
  server.on('connection', track);
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    // A peer that only looks if the port is open resets the connection: it was not refused.
    if (error.code !== 'ECONNRESET') {
      const reason = `no TLS handshake: ${error.code ?? error.message}`;
      observer.refused({ by: 'mqtt', what: 'connection', address, reason });
    }
    socket.destroy();
  });
  return {
    server,
    attachWebSocket: (http, webSocket) => {
      acceptWebSockets(http, webSocket, (stream, address) => {
        track(stream);
        gate.admit(stream, { authentication: webSocket.authentication, address });
      });
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      gate.close();
      await engine.close();
      live.close();
      await allClosed(connections);
      for (const connection of connections) connection.destroy();
      await closed;
    },
  };
}

/** Waits until all clients have hung up, or the time for that is over. */
async function allClosed(connections: ReadonlySet<Duplex>): Promise<void> {
  const end = performance.now() + FAREWELL_MS;
  while (connections.size > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
