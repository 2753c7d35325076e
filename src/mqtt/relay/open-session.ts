import { connect as connectTcp, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type IConnackPacket, parser } from 'mqtt-packet';
import { hangUp } from '../packets/hang-up.js';
import { packetBounds } from '../packets/packet-length.js';

/** Where the broker is. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** The authorities that its certificate is checked by; undefined for no TLS. */
  readonly tls: SecureContext | undefined;
}

export type BrokerAnswer =
  | {
      readonly outcome: 'accepted';
      readonly broker: Socket;
      /** The CONNACK as it was received, and what was already received behind it. */
      readonly bytes: Buffer;
      readonly rest: Buffer;
      /** What it says, from MQTT 5 on. */
      readonly packet: IConnackPacket | undefined;
    }
  /** Refused, not reachable, too slow, or no broker. */
  | { readonly outcome: 'failed'; readonly because: string };

export interface SessionRequest {
  /** A whole CONNECT. */
  readonly connect: Buffer;
  readonly protocolVersion: number;
  readonly timeoutMs: number;
  /** Is given the socket at once. */
  readonly track: (broker: Socket) => void;
  /** For whom it is: nobody else gets the session. */
  readonly client?: Duplex;
}

const CONNACK = 0x20;
const MAX_CONNACK_BYTES = 64 * 1024;

const DISCONNECT = Buffer.of(0xe0, 0);

/** Connects to the broker and waits for its CONNACK. */
export function openSession(address: BrokerAddress, request: SessionRequest): Promise<BrokerAnswer> {
  return new Promise((resolve) => {
    const { client, protocolVersion } = request;
    let isAsked = false;
    const broker = dial(address, () => {
      isAsked = true;
      broker.write(request.connect);
    });
    request.track(broker);
    let received: Buffer = Buffer.alloc(0);
    const finish = (answer: BrokerAnswer) => {
      clearTimeout(timer);
      client?.off('close', left);
      broker.off('readable', read).off('end', gone).off('close', gone).off('error', failed);
      // An error without a listener would end the process.
      broker.on('error', () => broker.destroy());
      // A session that nobody is there for any more is ended like by its client, without its will.
      if (answer.outcome === 'failed' && client?.destroyed && isAsked) hangUp(broker, DISCONNECT);
      else if (answer.outcome === 'failed') broker.destroy();
      resolve(answer);
    };
    const fail = (because: string) =>
      finish({ outcome: 'failed', because: `the upstream broker ${because}` });
    const gone = () => fail('hung up without an answer');
    const failed = (error: Error & { code?: string }) =>
      fail(`cannot be reached: ${error.code ?? error.message}`);
    const left = () => fail('is not needed any more');
    const read = () => {
      for (let chunk = broker.read(); chunk !== null; chunk = broker.read()) {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
      }
      const bounds = packetBounds(received, 0);
      if (received.length === 0 || (bounds === 'incomplete' && received[0] === CONNACK)) return;
      if (received[0] !== CONNACK || typeof bounds === 'string' || bounds.end > MAX_CONNACK_BYTES) {
        return fail('answered something that is not a CONNACK');
      }
      if (received.length < bounds.end) return;
      const bytes = received.subarray(0, bounds.end);
      const packet = protocolVersion === 5 ? parseConnack(bytes) : undefined;
      // In every version the code is the last of four octets, and more may only follow from MQTT 5 on.
      const code = bytes[3];
      if (code === undefined) return fail('answered something that is not a CONNACK');
      if (code !== 0) return fail(`refused the connection with code ${code}`);
      if (protocolVersion === 5 ? !packet : bytes.length !== 4) {
        return fail('answered something that is not a CONNACK');
      }
      finish({ outcome: 'accepted', broker, bytes, rest: received.subarray(bounds.end), packet });
    };
    const timer = setTimeout(
      () => fail(`gave no answer within ${request.timeoutMs / 1000} seconds`),
      request.timeoutMs,
    );
    client?.once('close', left);
    broker.on('readable', read).on('end', gone).on('close', gone).on('error', failed);
  });
}

function dial({ host, port, tls }: BrokerAddress, whenOpen: () => void): Socket {
  const socket = tls
    ? // Written to only when the certificate is known to be right: what is in a CONNECT is not for everybody.
      connectTls({ host, port, secureContext: tls }, whenOpen)
    : connectTcp({ host, port }, whenOpen);
  return socket.setNoDelay(true);
}

function parseConnack(bytes: Buffer): IConnackPacket | undefined {
  const parsing = parser({ protocolVersion: 5 });
  let result: IConnackPacket | undefined;
  parsing.on('packet', (packet) => {
    if (packet.cmd === 'connack') result = packet;
  });
  parsing.on('error', () => {
    result = undefined;
  });
  parsing.parse(bytes);
  return result;
}
