import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { hangUpSoon } from '../../network/hang-up.js';
import type { Problem } from './problem.js';

/** The times for a connection to finish its TLS handshake, its headers and a whole request, in milliseconds. */
export const TIMEOUTS = {
  handshakeTimeout: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
} as const;

/** Answers on a connection without a response object, and ends it. */
export function answerBare(socket: Socket, problem: Problem): void {
  const text = JSON.stringify(problem);
  socket.end(
    `HTTP/1.1 ${problem.status} ${problem.title}\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
  hangUpSoon(socket);
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
