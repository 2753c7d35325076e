import type { Duplex } from 'node:stream';
import { type IConnectPacket, parser } from 'mqtt-packet';
import { packetBounds } from '../packets/packet-length.js';

export interface ReceivedConnect {
  readonly packet: IConnectPacket;
  /** The CONNECT as it was received, and what was already received behind it. */
  readonly bytes: Buffer;
  readonly rest: Buffer;
}

/** The first packet of a connection. */
export type FirstPacket =
  | ({ readonly outcome: 'connect' } & ReceivedConnect)
  /** A CONNECT of a protocol level that does not exist. */
  | { readonly outcome: 'unknown-protocol' }
  /** Not MQTT, too long, too slow, or gone: nothing to answer. */
  | { readonly outcome: 'not-mqtt'; readonly because: string };

// A CONNECT has five strings of up to 64 KiB, but devices that mean well stay far below in sum.
const MAX_CONNECT_BYTES = 128 * 1024;
const CONNECT_TYPE = 0x10;

/** Reads a connection's first packet off the stream, with whatever came right behind it. */
export function readConnect(
  stream: Duplex,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<FirstPacket> {
  return new Promise((resolve) => {
    let received: Buffer = Buffer.alloc(0);
    const finish = (result: FirstPacket) => {
      clearTimeout(timer);
      stream.off('readable', read).off('end', gone).off('close', gone).off('error', gone);
      resolve(result);
    };
    const fail = (because: string) => finish({ outcome: 'not-mqtt', because });
    const gone = () => fail('the connection ended');
    const read = () => {
      for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      }
      if (received.length === 0) return;
      const bounds = packetBounds(received, 0);
      // [MQTT-3.1.0-1] the first packet must be a CONNECT
      if (received[0] !== CONNECT_TYPE || bounds === 'invalid') fail('the first packet is not a CONNECT');
      else if (bounds !== 'incomplete' && bounds.end > MAX_CONNECT_BYTES) fail('the CONNECT is too long');
      else if (bounds !== 'incomplete' && received.length >= bounds.end)
        finish(parseConnect(received, bounds.end));
    };
    const timer = setTimeout(() => fail('no CONNECT in time'), timeoutMs);
    stream.on('readable', read).on('end', gone).on('close', gone).on('error', gone);
    read();
  });
}

function parseConnect(received: Buffer, length: number): FirstPacket {
  const bytes = received.subarray(0, length);
  const parsing = parser();
  let result: FirstPacket = { outcome: 'not-mqtt', because: 'the CONNECT is malformed' };
  parsing.on('packet', (packet) => {
    if (packet.cmd === 'connect')
      result = { outcome: 'connect', packet, bytes, rest: received.subarray(length) };
  });
  parsing.on('error', (error: Error) => {
    result = /protocol version/i.test(error.message)
      ? { outcome: 'unknown-protocol' }
      : { outcome: 'not-mqtt', because: 'the CONNECT is malformed' };
  });
  parsing.parse(bytes);
  return result;
}
