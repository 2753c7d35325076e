import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import type { Clock } from '../core/ports.js';
import type { Registry } from '../core/prove.js';
import type { Engine } from './engine.js';
import { admitConnection, type MqttAuthentication } from './gate.js';
import { Sessions } from './sessions.js';

/** PEM texts for a TLS listener; only client certificates of that authority get in. */
interface TlsMaterial {
  readonly certificate: string;
  readonly privateKey: string;
  readonly authority: string;
}

export interface MqttOptions {
  readonly registry: Registry & { onChange(listener: (ids: readonly string[]) => void): void };
  readonly clock: Clock;
  readonly engine: Engine;
  readonly tls: TlsMaterial | undefined;
  readonly authentication: MqttAuthentication;
  readonly connectTimeoutMs?: number;
}

export interface MqttServer {
  readonly server: Server;
  /** Ends the listener, all connections and the engine. */
  close(): Promise<void>;
}

// From the connection to its whole CONNECT; a device on a slow link needs one or two.
const CONNECT_TIMEOUT_MS = 5_000;

/** The MQTT listener: every connection goes through the gate. */
export function buildMqttServer(options: MqttOptions): MqttServer {
  const { registry, clock, engine, tls, authentication, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  const sessions = new Sessions(registry, clock);
  registry.onChange((ids) => {
    sessions.recheck(ids);
    for (const id of ids) if (registry.clientById(id) === undefined) void engine.forget(id);
  });
  const connections = new Set<Socket>();
  const admit = (stream: Socket | TLSSocket) => {
    void admitConnection(stream, { registry, clock, engine, sessions, authentication, connectTimeoutMs });
  };
  const server = tls
    ? createTlsServer({ ...tlsOptions(tls), handshakeTimeout: connectTimeoutMs }, admit)
    : createServer(admit);
  // Counted where TCP begins, so that closing also ends handshakes in progress.
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return {
    server,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      sessions.close();
      await engine.close();
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** Clients without a certificate of the CA do not get past the handshake. */
function tlsOptions({ certificate, privateKey, authority }: TlsMaterial) {
  return {
    cert: certificate,
    key: privateKey,
    ca: authority,
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
  } as const;
}
