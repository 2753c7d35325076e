import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** By when a connection must have done its TLS handshake, sent its headers, and sent a whole request, in milliseconds. */
export const TIMEOUTS = {
  handshakeTimeout: 5_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
} as const;

const HANG_UP_MS = 1_000;

/** Hangs up on a peer that does not do so itself, soon after the last was written to it. */
export function hangUpSoon(socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), HANG_UP_MS);
  socket.once('close', () => clearTimeout(timer));
}

/** Ends all connections when the server closes, also those that never sent a request, for which node would wait. */
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
