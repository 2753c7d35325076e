import type { Duplex } from 'node:stream';
import { Deadlines } from './deadlines.js';

// Long enough for a peer on a slow link to read the last words, and to close by itself.
const HANG_UP_MS = 2_000;

const ending = new Deadlines<Duplex>(HANG_UP_MS, (connection) => connection.destroy());

/** Hangs up on a peer that was told the end and does not close its side. */
export function hangUpSoon(connection: Duplex): void {
  ending.add(connection);
  connection.once('close', () => ending.delete(connection));
}
