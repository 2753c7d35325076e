import type { Server as HttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import type { RegistryChange } from '../core/live-registry.js';
import { LiveSessions } from '../core/live-sessions.js';
import type { Clock, Limiter } from '../core/ports.js';
import type { Principal } from '../core/presentation.js';
import type { Registry } from '../core/prove.js';
import type { Engine } from './gate/engine.js';
import { admitConnection, type MqttEvent } from './gate/gate.js';
import type { MqttAuthentication } from './gate/present.js';
import { acceptWebSockets } from './websocket.js';

/** PEM texts for a TLS listener; the authority is whose client certificates get in. */
interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface MqttOptions {
  readonly registry: Registry & { onChange(listener: (changes: readonly RegistryChange[]) => void): void };
  readonly clock: Clock;
  readonly engine: Engine;
  readonly tls: TlsMaterial | undefined;
  readonly authentication: MqttAuthentication;
  readonly connectTimeoutMs?: number;
  /** Failed attempts of an address; undefined for no limit. */
  readonly failures: Limiter | undefined;
  /** By what an address is counted. */
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

/** The MQTT listener: every connection goes through the gate. */
export function buildMqttServer(options: MqttOptions): MqttServer {
  const { registry, clock, engine, tls, authentication, report, failures, addressKey, noteUse } = options;
  const { connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const onEnd = (clientId: string, reason: string) => report({ what: 'session ended', clientId, reason });
  const sessions = new LiveSessions({ registry, clock, onEnd });
  registry.onChange((changes) => {
    for (const { what: kind, id, isAnother } of changes) {
      if (isAnother && (kind === 'client' || kind === 'user')) void engine.forget({ kind, id });
    }
  });
  const connections = new Set<Duplex>();
  const track = (connection: Duplex) => {
    connections.add(connection);
    connection.once('close', () => connections.delete(connection));
  };
  const counts = { failures, addressKey, noteUse };
  const gate = { registry, clock, engine, sessions, connectTimeoutMs, report, ...counts };
  const admit = (socket: Socket) =>
    void admitConnection(socket, { ...gate, authentication, from: socket.remoteAddress ?? 'unknown' });
  const server = tls
    ? createTlsServer(
        { ...tlsOptions(tls, authentication), handshakeTimeout: connectTimeoutMs, noDelay: true },
        admit,
      )
    : createServer({ noDelay: true }, admit);
  // Counted where TCP begins, so that closing also ends handshakes in progress.
  server.on('connection', track);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    attachWebSocket: (http, webSocket) => {
      acceptWebSockets(http, webSocket.path, (stream, from) => {
        track(stream);
        void admitConnection(stream, { ...gate, authentication: webSocket.authentication, from });
      });
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      sessions.close();
      await engine.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
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
