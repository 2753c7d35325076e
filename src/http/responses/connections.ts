import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import type { FastifyInstance } from 'fastify';
import { hangUpSoon } from '../../network/hang-up.js';
import { type Problem, problem } from './problem.js';

/** The times for a connection to finish its TLS handshake, its headers and a whole request, in milliseconds. */
export const TIMEOUTS = {
  handshakeTimeout: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
} as const;

/** Answers on a connection without a response object, and ends it. */
export function answerBare(
  socket: Duplex,
  problem: Problem,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(problem);
  const lines = Object.entries({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    Date: new Date().toUTCString(),
    'Content-Length': Buffer.byteLength(text),
    ...headers,
    Connection: 'close',
  }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.title}\r\n${lines.join('')}\r\n${text}`);
  hangUpSoon(socket);
}

/** Refuses a request for an upgrade. */
export function refuseHandshake(
  socket: Duplex,
  {
    status,
    detail,
    headers,
  }: {
    readonly status: number;
    readonly detail: string;
    readonly headers?: Readonly<Record<string, string>>;
  },
): void {
  answerBare(socket, problem(status, { reason: 'bad handshake', detail }), headers);
}

/** Ends all connections when the server closes. Node would wait for those that never sent a request. */
export function closeConnectionsWith(app: FastifyInstance): void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('preClose', async () => {
    for (const socket of sockets) {
      socket.destroySoon();
      hangUpSoon(socket);
    }
  });
}

interface Idle {
  /** How long it may stay so; 0 while an answer is due, or if it may stay so for ever. */
  limitMs: number;
  /** What had come, and when that was seen first; undefined until it is looked at. */
  read: number | undefined;
  sinceMs: number;
}

/**
 * Ends idle connections. Node sets a socket's timer after each answer, and takes it back at the next request: here these are
 * assignments, and one timer looks at all connections. A connection may be idle for longer than its limit, never for less.
 */
export function sweepIdle(server: Server, { everyMs }: { readonly everyMs: number }): void {
  const connections = new Map<Socket, Idle>();
  server.on(server instanceof TlsServer ? 'secureConnection' : 'connection', (socket: Socket) => {
    const idle: Idle = { limitMs: 0, read: undefined, sinceMs: 0 };
    socket.setTimeout = (limitMs) => {
      idle.limitMs = limitMs;
      idle.read = undefined;
      return socket;
    };
    connections.set(socket, idle);
    socket.once('close', () => connections.delete(socket));
  });
  let nowMs = 0;
  const timer = setInterval(() => {
    nowMs += everyMs;
    for (const [socket, idle] of connections) {
      if (idle.limitMs === 0) continue;
      // The next request may be on its way.
      if (idle.read !== socket.bytesRead) {
        idle.read = socket.bytesRead;
        idle.sinceMs = nowMs;
      } else if (nowMs - idle.sinceMs >= idle.limitMs) socket.emit('timeout');
    }
  }, everyMs);
  timer.unref();
  server.once('close', () => clearInterval(timer));
}
