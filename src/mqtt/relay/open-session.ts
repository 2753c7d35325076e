import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type SecureContext } from 'node:tls';
import { type IConnackPacket, parser } from 'mqtt-packet';
import { Deadlines } from '../../network/deadlines.js';
import { Link, type Receiver } from '../link.js';
import { DISCONNECT } from '../packets/disconnect.js';
import { PacketReader } from '../packets/packet-reader.js';

/** The address of the broker. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  /** The authorities that its certificate is checked by; undefined for no TLS. */
  readonly tls: SecureContext | undefined;
}

export type BrokerAnswer =
  | {
      readonly outcome: 'accepted';
      /** The octets of the CONNACK; `rest` are those behind it. */
      readonly bytes: Buffer;
      readonly rest: Buffer;
      /** The parsed CONNACK; undefined before MQTT 5. */
      readonly packet: IConnackPacket | undefined;
    }
  /** The broker refused, could not be reached, was too slow, or is no broker. */
  | { readonly outcome: 'failed'; readonly because: string };

export interface SessionRequest {
  /** A whole CONNECT. */
  readonly connect: Buffer;
  readonly protocolVersion: number;
  /** Called once. */
  readonly onAnswer: (answer: BrokerAnswer) => void;
}

// The time from the connection to the CONNACK.
const ANSWER_TIMEOUT_MS = 5_000;
const CONNACK = 0x20;
const MAX_CONNACK_BYTES = 64 * 1024;

const NO_CONNACK = 'answered something that is not a CONNACK';

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
    const packet = this.#reader.first(CONNACK);
    if (packet === 'incomplete') return;
    if (typeof packet === 'string') {
      this.#fail(NO_CONNACK);
      return;
    }
    const bytes = packet.bytes.subarray(packet.start, packet.end);
    const { protocolVersion } = this.#request;
    const connack = protocolVersion === 5 ? parseConnack(bytes) : undefined;
    // In every version the code is the last of four octets; only in MQTT 5 more may follow.
    const code = bytes[3];
    if (code !== undefined && code !== 0) this.#fail(`refused the connection with code ${code}`);
    else if (code === undefined || (protocolVersion === 5 ? !connack : bytes.length !== 4))
      this.#fail(NO_CONNACK);
    else this.#answer({ outcome: 'accepted', bytes, rest: this.#reader.rest(), packet: connack });
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

  /** The client is gone: the session ends as if the client had ended it, without its will. */
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

/** Opens a session and ends it, so that nothing old is left of it. @returns false if that failed */
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
    ? // Nothing is written before the certificate was verified: a CONNECT holds a secret.
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
