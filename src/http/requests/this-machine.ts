import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { isLoopback } from '../../network/loopback.js';

// A gateway on this machine would make every caller look like loopback.
const OF_GATEWAYS = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
];

/** Tells if a request comes from this machine itself, as far as can be known: no gateway has touched it. */
export function isFromThisMachine(
  { socket, headers }: IncomingMessage,
  { isRelayed }: { isRelayed(socket: Socket): boolean },
): boolean {
  return (
    isLoopback(socket.remoteAddress ?? '') &&
    !isRelayed(socket) &&
    OF_GATEWAYS.every((name) => headers[name] === undefined)
  );
}
