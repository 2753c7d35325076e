import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type IConnackPacket, parser } from 'mqtt-packet';
import { Deadlines } from '../../network/deadlines.js';
import { Link, type Receiver } from '../link.js';
import { PacketReader } from '../packets/packet-reader.js';

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
  /** Is told once. */
  readonly onAnswer: (answer: BrokerAnswer) => void;
}

// From the connection to the CONNACK.
const ANSWER_TIMEOUT_MS = 5_000;
const CONNACK = 0x20;
const MAX_CONNACK_BYTES = 64 * 1024;

const DISCONNECT = Buffer.of(0xe0, 0);

const waiting = new Deadlines<OpeningSession>(ANSWER_TIMEOUT_MS, (session) => session.tooLate());

/** A session at the broker that waits for its CONNACK. */
export class OpeningSession implements Receiver {
  readonly link: Link;
  readonly #request: SessionRequest;
  readonly #reader = new PacketReader(MAX_CONNACK_BYTES);
  #isAsked = false;
  #isAnswered = false;

  constructor(address: BrokerAddress, request: SessionRequest) {
    this.#request = request;
    const socket = dial(address, () => {
      this.#isAsked = true;
      this.link.write(request.connect);
    });
    this.link = new Link(socket, this);
    waiting.add(this);
  }

  received(chunk: Buffer): void {
    this.#reader.push(chunk);
    if (this.#reader.nextType !== CONNACK) {
      this.#fail('answered something that is not a CONNACK');
      return;
    }
    const packet = this.#reader.next();
    if (packet === 'incomplete') return;
    if (typeof packet === 'string') {
      this.#fail('answered something that is not a CONNACK');
      return;
    }
    const bytes = packet.bytes.subarray(packet.start, packet.end);
    const { protocolVersion } = this.#request;
    const connack = protocolVersion === 5 ? parseConnack(bytes) : undefined;
    // In every version the code is the last of four octets, and more may only follow from MQTT 5 on.
    const code = bytes[3];
    if (code === undefined) {
      this.#fail('answered something that is not a CONNACK');
      return;
    }
    if (code !== 0) {
      this.#fail(`refused the connection with code ${code}`);
      return;
    }
    if (protocolVersion === 5 ? !connack : bytes.length !== 4) {
      this.#fail('answered something that is not a CONNACK');
      return;
    }
    this.#answer({ outcome: 'accepted', bytes, rest: this.#reader.rest(), packet: connack });
  }

  drained(): void {}

  gone(): void {
    const { errored } = this.link.stream;
    if (errored)
      this.#fail(`cannot be reached: ${'code' in errored ? String(errored.code) : errored.message}`);
    else this.#fail('hung up without an answer');
  }

  /** The broker did not answer in time. */
  tooLate(): void {
    this.#fail(`gave no answer within ${ANSWER_TIMEOUT_MS / 1_000} seconds`);
  }

  /** Nobody is there for it any more: it is ended like by its client, without its will. */
  cancel(): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    waiting.delete(this);
    if (this.#isAsked) this.link.end(DISCONNECT);
    else this.link.destroy();
  }

  #fail(because: string): void {
    if (this.#isAnswered) return;
    this.link.destroy();
    this.#answer({ outcome: 'failed', because: `the upstream broker ${because}` });
  }

  #answer(answer: BrokerAnswer): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    waiting.delete(this);
    this.#request.onAnswer(answer);
  }
}

/** Opens a session and ends it, so that nothing is left of what was there before. @returns whether that could be done */
export function openAndClose(address: BrokerAddress, connect: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const opening = new OpeningSession(address, {
      connect,
      protocolVersion: 4,
      onAnswer: ({ outcome }) => {
        if (outcome === 'accepted') opening.link.end(DISCONNECT);
        resolve(outcome === 'accepted');
      },
    });
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
