import type { Socket } from 'node:net';
import { type ProxiedSource, parseProxyHeader } from './proxy-header.js';

/** What a connection began with. */
type ProxyHeaderRead =
  /** What came behind the header is in the socket again, and nothing of the header is. */
  | { readonly outcome: 'header'; readonly source: ProxiedSource | undefined }
  | { readonly outcome: 'refused'; readonly because: string }
  /** It ended without a byte, as connections do that only look whether somebody listens. */
  | { readonly outcome: 'gone' };

interface Reading {
  readonly timeoutMs: number;
  /** Is called once, in the turn in which the header is complete: whoever reads on from here misses nothing, not even the end. */
  readonly done: (read: ProxyHeaderRead) => void;
}

/** Reads the PROXY protocol header off a socket that nobody else has read from yet. */
export function readProxyHeader(socket: Socket, { timeoutMs, done }: Reading): void {
  let received: Buffer = Buffer.alloc(0);
  const finish = (read: ProxyHeaderRead) => {
    clearTimeout(timer);
    socket.off('readable', take).off('end', gone).off('close', gone).off('error', gone);
    done(read);
  };
  const refuse = (because: string) => finish({ outcome: 'refused', because });
  const gone = () =>
    received.length === 0 ? finish({ outcome: 'gone' }) : refuse('the connection ended within it');
  const take = () => {
    for (let chunk = socket.read(); chunk !== null; chunk = socket.read()) {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    }
    const header = parseProxyHeader(received);
    if (header.outcome === 'incomplete') return;
    if (header.outcome === 'invalid') return refuse(header.because);
    const rest = received.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    finish({ outcome: 'header', source: header.source });
  };
  const timer = setTimeout(() => refuse('it did not come in time'), timeoutMs);
  socket.on('readable', take).on('end', gone).on('close', gone).on('error', gone);
}
