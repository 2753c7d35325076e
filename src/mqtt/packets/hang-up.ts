import type { Duplex } from 'node:stream';

const HANG_UP_MS = 2_000;

/** Ends a stream behind what was written to it, and `last`; a peer that does not hang up is hung up on. */
export function hangUp(stream: Duplex, last?: Buffer): void {
  if (stream.destroyed) return;
  // Unread input would turn the close into a reset, which may overtake what was written.
  stream.resume();
  if (last === undefined) stream.end();
  else stream.end(last);
  const timer = setTimeout(() => stream.destroy(), HANG_UP_MS);
  stream.once('close', () => clearTimeout(timer));
}
