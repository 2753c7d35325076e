import { PassThrough } from 'node:stream';
import { generate, type IConnectPacket, type IPublishPacket, type Packet, parser } from 'mqtt-packet';
import { type MqttLimits, mqttLimits } from '../../src/core/model/mqtt-limits.js';
import type { Rights } from '../../src/core/verify/topic-rights.js';
import { Broker } from '../../src/mqtt/engine/broker.js';
import type { Connection, Wire } from '../../src/mqtt/engine/connection.js';
import { onClose } from '../../src/mqtt/engine/on-close.js';
import { onConnect } from '../../src/mqtt/engine/on-connect.js';
import { receive } from '../../src/mqtt/engine/receive.js';
import { brokenRule } from '../../src/mqtt/gate/connect-rules.js';
import { type Handover, sessionName } from '../../src/mqtt/gate/engine.js';
import { Link } from '../../src/mqtt/link.js';
import { refusalPacket } from '../../src/mqtt/packets/connack.js';
import { parseConnect } from '../../src/mqtt/packets/connect.js';
import { PacketReader } from '../../src/mqtt/packets/packet-reader.js';

const UNBOUNDED = { left: Number.POSITIVE_INFINITY };
const EVERYTHING: Rights = { may: () => true };

export interface ConnectAs extends Partial<Omit<IConnectPacket, 'cmd'>> {
  readonly holder?: string;
  readonly rights?: Rights;
}

/** The engine's state without a network: packets go in and come out at once, and time stands still unless it is moved. */
export class DryEngine {
  now = 1_000;
  readonly broker: Broker;
  readonly reported: string[] = [];

  constructor(limits: Partial<MqttLimits> = {}) {
    this.broker = new Broker({
      limits: mqttLimits(limits),
      now: () => this.now,
      observer: {
        connection: ({ what, clientId, reason }) => this.reported.push(`${what} ${clientId} ${reason}`),
        failed: ({ error }) => {
          throw error;
        },
      },
    });
  }

  connect(options: ConnectAs = {}): DryClient {
    return new DryClient(this, options);
  }
}

/** One client, whose packets an independent library makes and reads. */
export class DryClient implements Wire {
  readonly protocolVersion: 3 | 4 | 5;
  /** What was received, in order. */
  readonly got: Packet[] = [];
  readonly refusedTopics: string[] = [];
  isClosed = false;
  /** The octets that the connection was ended with. */
  last: Buffer | undefined;
  /** Octets of which the client has not taken any yet; only tests of what is slow set it. */
  waitingBytes = 0;
  /** Whether everything is acknowledged at once. */
  acknowledges = true;
  readonly #engine: DryEngine;
  readonly #parser;
  readonly #connection: Connection | undefined;

  constructor(engine: DryEngine, { holder = 'app', rights = EVERYTHING, ...packet }: ConnectAs) {
    const { protocolVersion = 4, clientId = 'c' } = packet;
    this.#engine = engine;
    this.protocolVersion = protocolVersion === 5 ? 5 : protocolVersion === 3 ? 3 : 4;
    this.#parser = parser({ protocolVersion: this.protocolVersion });
    this.#parser.on('packet', (received) => this.#receive(received));
    this.#parser.on('error', (error: Error) => {
      throw error;
    });
    const protocolId = this.protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
    const bytes = generate(
      {
        cmd: 'connect',
        clean: true,
        keepalive: 0,
        ...packet,
        protocolId,
        protocolVersion: this.protocolVersion,
        clientId,
      },
      { protocolVersion: this.protocolVersion },
    );
    const reader = new PacketReader(bytes.length);
    reader.push(bytes);
    const cut = reader.next();
    const parsed = typeof cut === 'string' ? undefined : parseConnect(cut);
    if (parsed?.outcome !== 'connect') throw new Error(`no CONNECT: ${parsed?.cause}`);
    const handover: Handover = {
      link: new Link(new PassThrough(), { received: () => {}, drained: () => {}, gone: () => {} }),
      holder: { kind: 'client', id: holder },
      clientId: clientId || `assigned-${sessionName(holder, '')}`,
      isAssigned: clientId === '',
      rights,
      refuse: (refusal) => this.end(refusalPacket(refusal, this.protocolVersion)),
      refusedTopic: (verb, topic, why) => this.refusedTopics.push(`${verb} ${topic}: ${why}`),
      ended: () => {},
      closed: () => {},
    };
    const broken = brokenRule(parsed.connect, rights);
    if (broken !== undefined) handover.refuse(broken.refusal, broken.cause);
    else this.#connection = onConnect(engine.broker, { handover, connect: parsed.connect, wire: this });
  }

  /** Of one kind, in order. */
  all<K extends Packet['cmd']>(cmd: K): Extract<Packet, { cmd: K }>[] {
    return this.got.filter((packet): packet is Extract<Packet, { cmd: K }> => packet.cmd === cmd);
  }

  /** What was published to it, as `topic payload qos`. */
  get heard(): string[] {
    return this.all('publish').map(({ topic, payload, qos }: IPublishPacket) => `${topic} ${payload} ${qos}`);
  }

  say(packet: Packet): this {
    return this.sayBytes(generate(packet, { protocolVersion: this.protocolVersion }));
  }

  sayBytes(bytes: Buffer): this {
    const connection = this.#connection;
    if (connection === undefined || connection.isOver) return this;
    const reader = new PacketReader(128 * 1024);
    reader.maxPublishBytes = this.#engine.broker.limits.packetOctets;
    reader.push(bytes);
    const packet = reader.next();
    if (typeof packet === 'string') throw new Error(`no packet: ${packet}`);
    connection.heardAt = this.#engine.now;
    receive(connection, packet, UNBOUNDED);
    connection.job?.run(UNBOUNDED);
    connection.job = undefined;
    return this;
  }

  subscribe(topics: string | readonly string[], options: object = {}, properties?: object): this {
    const subscriptions = [topics].flat().map((topic) => ({ topic, qos: 0 as const, ...options }));
    return this.say({ cmd: 'subscribe', messageId: 1, subscriptions, ...(properties && { properties }) });
  }

  publish(topic: string, payload: string | Buffer, options: Partial<IPublishPacket> = {}): this {
    const { qos = 0 } = options;
    this.say({
      cmd: 'publish',
      topic,
      payload,
      qos,
      dup: false,
      retain: false,
      ...(qos > 0 && { messageId: 7 }),
      ...options,
    });
    if (qos === 2) this.say({ cmd: 'pubrel', messageId: options.messageId ?? 7 });
    return this;
  }

  /** The network is gone. */
  drop(): void {
    this.destroy();
  }

  /** Everything that waited is taken. */
  take(): void {
    this.waitingBytes = 0;
    this.#connection?.session.goOn(this.#engine.now);
  }

  revoke(): void {
    this.#connection?.end(0x98);
  }

  send(octets: Buffer): void {
    this.#parser.parse(octets);
  }

  end(last?: Buffer): void {
    this.last = last;
    // The library does not know 0x8C in a DISCONNECT, which section 2.4 of the standard has.
    if (last !== undefined && last[2] !== 0x8c) this.#parser.parse(last);
    this.destroy();
  }

  destroy(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    const connection = this.#connection;
    if (connection === undefined) return;
    connection.isOver = true;
    onClose(connection);
  }

  #receive(packet: Packet): void {
    this.got.push(packet);
    if (!this.acknowledges) return;
    // The engine is not called back while it is at work.
    const messageId = 'messageId' in packet ? (packet.messageId ?? 0) : 0;
    if (packet.cmd === 'publish' && packet.qos === 1) this.#later({ cmd: 'puback', messageId });
    if (packet.cmd === 'publish' && packet.qos === 2) this.#later({ cmd: 'pubrec', messageId });
    if (packet.cmd === 'pubrel') this.#later({ cmd: 'pubcomp', messageId });
  }

  readonly #answers: Packet[] = [];

  #later(packet: Packet): void {
    this.#answers.push(packet);
  }

  /** Sends the acknowledgements that are due. */
  settle(): this {
    for (let next = this.#answers.shift(); next !== undefined; next = this.#answers.shift()) this.say(next);
    return this;
  }
}
