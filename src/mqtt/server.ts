import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { Principal } from '../core/model/principal.js';
import type { Clock } from '../core/ports/clock.js';
import type { Attempts } from '../core/verify/attempts.js';
import { LiveConnections } from '../core/verify/live-connections.js';
import type { RegistryChange } from '../core/verify/live-registry.js';
import type { RevisedRegistry } from '../core/verify/topic-rights.js';
import type { Engine } from './gate/engine.js';
import { Gate, type MqttEvent } from './gate/gate.js';
import type { MqttAuthentication } from './gate/present.js';
import { acceptWebSockets } from './websocket.js';

/** PEM texts for a TLS listener; the authority is whose client certificates get in. */
interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface MqttOptions {
  readonly registry: RevisedRegistry & {
    onChange(listener: (changes: readonly RegistryChange[]) => void): void;
  };
  readonly clock: Clock;
  readonly engine: Engine;
  readonly tls: TlsMaterial | undefined;
  readonly authentication: MqttAuthentication;
  readonly connectTimeoutMs?: number;
  /** Failed attempts of an address. */
  readonly attempts: Attempts;
  /** The key that an address is counted by. */
  readonly addressKey: (address: string) => string;
  /** Is told who got in, and from where. */
  readonly noteUse: (principal: Principal, from: string) => void;
  readonly report: (event: MqttEvent) => void;
}

export interface MqttServer {
  readonly server: Server;
  /** Also takes MQTT over WebSocket from an HTTP server, at `path`. */
  attachWebSocket(http: HttpServer, options: WebSocketOptions): void;
  /** Ends the listener, all connections and the engine. */
  close(): Promise<void>;
}

interface WebSocketOptions {
  readonly path: string;
  readonly authentication: MqttAuthentication;
}

// From the connection to its whole CONNECT; a device on a slow link needs one or two.
const CONNECT_TIMEOUT_MS = 5_000;

// For how long clients may take to hear that the server ends.
const FAREWELL_MS = 500;

/** The MQTT listener: every connection goes through the gate. */
export function buildMqttServer(options: MqttOptions): MqttServer {
  const { registry, clock, engine, tls, authentication, report, attempts, addressKey, noteUse } = options;
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const onEnd = (clientId: string, reason: string) => report({ what: 'session ended', clientId, reason });
  const live = new LiveConnections({ registry, clock, onEnd });
  registry.onChange((changes) => {
    for (const { what: kind, id, isAnother } of changes) {
      if (isAnother && (kind === 'client' || kind === 'user')) void engine.forget({ kind, id });
    }
  });
  const connections = new Set<Duplex>();
  const forget = function (this: Duplex): void {
    connections.delete(this);
  };
  const track = (connection: Duplex) => {
    connections.add(connection);
    // It is emitted once anyway: a listener that takes itself off would cost each connection an object more.
    connection.on('close', forget);
  };
  const counts = { attempts, addressKey, noteUse };
  const gate = new Gate({ registry, clock, engine, live, connectTimeoutMs, report, ...counts });
  const arrival = { authentication };
  const admit = (socket: Socket) => gate.admit(socket, arrival);
  const server = tls
    ? createTlsServer(
        { ...tlsOptions(tls, authentication), handshakeTimeout: connectTimeoutMs, noDelay: true },
        admit,
      )
    : createServer({ noDelay: true }, admit);
  // Counted where TCP begins, so that closing also ends handshakes in progress.
  server.on('connection', track);
  server.on('tlsClientError', (error: Error & { code?: string }, socket) => {
    const address = socket.remoteAddress ?? 'unknown';
    // Who looks whether somebody listens, and goes, is nobody who was refused.
    if (error.code !== 'ECONNRESET')
      report({
        what: 'connection refused',
        address,
        reason: `no TLS handshake: ${error.code ?? error.message}`,
      });
    socket.destroy();
  });
  return {
    server,
    attachWebSocket: (http, webSocket) => {
      acceptWebSockets(http, webSocket.path, (stream, address) => {
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

/** Waits until clients have heard that it ends, for a while. */
async function allClosed(connections: ReadonlySet<Duplex>): Promise<void> {
  const end = performance.now() + FAREWELL_MS;
  while (connections.size > 0 && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Clients without a certificate of the CA do not get past the handshake, unless something else will do. */
function tlsOptions({ certificate, privateKey, authority }: TlsMaterial, authentication: MqttAuthentication) {
  return {
    cert: certificate,
    key: privateKey,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: authentication === 'certificate',
    minVersion: 'TLSv1.2',
  } as const;
}
