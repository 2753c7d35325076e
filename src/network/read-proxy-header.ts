import type { Socket } from 'node:net';
import { type ProxiedSource, parseProxyHeader } from './proxy-header.js';

/** The beginning of a connection. */
type ProxyHeaderRead =
  /** The socket goes on with the first octet behind the header. */
  | { readonly outcome: 'header'; readonly source: ProxiedSource | undefined }
  | { readonly outcome: 'refused'; readonly because: string }
  /** The connection ended without a byte: it only looked if the port is open. */
  | { readonly outcome: 'gone' };

interface Reading {
  readonly timeoutMs: number;
  /** Called once, in the turn in which the header is complete: a reader that goes on from here misses nothing, not even the end. */
  readonly done: (read: ProxyHeaderRead) => void;
}

/** Reads the PROXY protocol header off a socket that nothing was read from yet. */
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
    const header = parsed(received);
    if (header.outcome === 'incomplete') return;
    if (header.outcome === 'invalid') return refuse(header.because);
    const rest = received.subarray(header.length);
    if (rest.length > 0) socket.unshift(rest);
    finish({ outcome: 'header', source: header.source });
  };
  const timer = setTimeout(() => refuse('it did not come in time'), timeoutMs);
  socket.on('readable', take).on('end', gone).on('close', gone).on('error', gone);
}

// A failure in here ends this connection, and no other.
function parsed(received: Buffer): ReturnType<typeof parseProxyHeader> {
  try {
    return parseProxyHeader(received);
  } catch {
    return { outcome: 'invalid', because: 'it cannot be read' };
  }
}
