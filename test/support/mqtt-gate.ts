import { Duplex } from 'node:stream';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { Attempts } from '../../src/core/verify/attempts.js';
import type { RevisedRegistry } from '../../src/core/verify/topic-rights.js';
import type { Engine } from '../../src/mqtt/gate/engine.js';
import { Gate } from '../../src/mqtt/gate/gate.js';

/** The gate of a listener that asks for no credential, in this process. */
export class OpenGate {
  /** The reasons that the log would show, in order. */
  readonly reasons: string[] = [];
  readonly #gate: Gate;

  constructor(engine: Engine) {
    this.#gate = new Gate({
      // Nobody is looked up.
      registry: {} as RevisedRegistry,
      clock: { now: () => 0 },
      engine,
      live: { add: () => undefined, delete: () => undefined },
      connectTimeoutMs: 60_000,
      attempts: new Attempts(undefined),
      addressKey: (address) => address,
      observer: {
        accepted: () => undefined,
        refused: (refusal) => 'reason' in refusal && this.reasons.push(refusal.reason),
        connection: ({ reason }) => this.reasons.push(reason),
        failed: ({ error }) => {
          throw error;
        },
      },
    });
  }

  /** A connection that has sent its CONNECT, and `behind` in the same chunk. @param buffer octets that its socket takes at once */
  connect(fields: Partial<IConnectPacket>, { behind = [], buffer = 16_384 }: PeerOptions = {}): Peer {
    const protocolVersion = fields.protocolVersion ?? 4;
    const peer = new Peer(protocolVersion, buffer);
    const connect = {
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion, clientId: 'c', clean: true, keepalive: 0 },
      ...fields,
    } as IConnectPacket;
    this.#gate.admit(peer, { authentication: 'open', address: '192.0.2.1' });
    peer.say(connect, ...behind);
    return peer;
  }
}

interface PeerOptions {
  readonly behind?: readonly Packet[];
  readonly buffer?: number;
}

/** The gate's end of a connection; the test is at the other, and takes what is sent to it only while it means to. */
export class Peer extends Duplex {
  readonly got: Packet[] = [];
  readonly #protocolVersion: number;
  readonly #parser;
  #takes = true;
  #held: (() => void) | undefined;

  constructor(protocolVersion: number, writableHighWaterMark: number) {
    super({ writableHighWaterMark });
    this.#protocolVersion = protocolVersion;
    this.#parser = parser({ protocolVersion });
    this.#parser.on('packet', (packet) => this.got.push(packet));
  }

  say(...packets: readonly Packet[]): void {
    const options = { protocolVersion: this.#protocolVersion };
    this.push(Buffer.concat(packets.map((packet) => generate(packet, options))));
  }

  takeNothing(): void {
    this.#takes = false;
  }

  takeAll(): void {
    this.#takes = true;
    this.#held?.();
    this.#held = undefined;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: unknown, done: () => void): void {
    const take = () => {
      this.#parser.parse(chunk);
      done();
    };
    if (this.#takes) take();
    else this.#held = take;
  }
}
