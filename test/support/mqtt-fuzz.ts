import { type AddressInfo, connect, createServer } from 'node:net';
import { Duplex } from 'node:stream';
import { generate, type Packet } from 'mqtt-packet';
import { mqttLimits } from '../../src/core/model/mqtt-limits.js';
import type { Failure } from '../../src/core/ports/observer.js';
import { Attempts } from '../../src/core/verify/attempts.js';
import { Facts } from '../../src/core/verify/facts.js';
import type { LiveConnections } from '../../src/core/verify/live-connections.js';
import type { RevisedRegistry } from '../../src/core/verify/topic-rights.js';
import { EmbeddedEngine } from '../../src/mqtt/engine/engine.js';
import { Gate } from '../../src/mqtt/gate/gate.js';
import { PacketReader } from '../../src/mqtt/packets/packet-reader.js';

const UNOBSERVED = { accepted: () => undefined, refused: () => undefined, connection: () => undefined };

export interface FuzzOptions {
  readonly seed: number;
  /** How many packets are sent. */
  readonly packets: number;
  /** Whether they go over TCP, or from hand to hand. */
  readonly overSockets: boolean;
  /** Is told now and then. */
  readonly onProgress?: (sent: number) => void;
}

export interface FuzzResult {
  readonly connections: number;
  /** CONNECTs that got in. */
  readonly accepted: number;
  /** Messages that the witness got through while all this went on. */
  readonly witnessed: number;
}

// A connection says so many packets, and then another one begins.
const PACKETS_EACH = 20;
const AT_ONCE = 16;
const WITNESS_EVERY = 500;
const ANSWER_TURNS = 100;

/**
 * Sends packets that are right, nearly right and wrong to an engine behind its gate, and has a witness look on: it must be
 * served as if nothing were. @throws whatever goes wrong, with the seed
 */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const random = randomOf(options.seed);
  const stage = await Stage.set(options.overSockets);
  const witness = new Peer(await stage.dial());
  const result = { connections: 0, accepted: 0, witnessed: 0 };
  try {
    witness.say(connectPacket({ clientId: 'witness' }));
    witness.say({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'witness', qos: 1 }] });
    let sent = 0;
    const one = async () => {
      while (sent < options.packets) {
        const peer = new Peer(await stage.dial());
        result.connections += 1;
        for (let count = 0; count < PACKETS_EACH && sent < options.packets && !peer.isClosed; count += 1) {
          sent += 1;
          const serial = sent;
          const bytes = mutated(count === 0 ? firstPacket(random) : anyPacket(random), random);
          const cut = random(4) === 0 ? random(bytes.length + 1) : bytes.length;
          peer.write(bytes.subarray(0, cut));
          if (cut < bytes.length) await turn();
          peer.write(bytes.subarray(cut));
          if (count === 0 && options.overSockets) await peer.isAnswered();
          if (random(3) === 0) await turn();
          if (serial % WITNESS_EVERY === 0) {
            result.witnessed += await witness.publishesToItself(`${serial}`);
            stage.sweep();
            options.onProgress?.(serial);
          }
        }
        await turn();
        if (peer.isAccepted) result.accepted += 1;
        peer.stream.destroy();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, one));
    result.witnessed += await witness.publishesToItself('end');
    if (stage.failures.length > 0) throw stage.failures[0];
    return result;
  } catch (cause) {
    throw new Error(`with the seed ${options.seed}: ${cause}`, { cause });
  } finally {
    await stage.strike();
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** An engine behind a gate that asks nobody who they are. */
class Stage {
  readonly failures: unknown[] = [];
  readonly #engine: EmbeddedEngine;
  readonly #gate: Gate;
  #server: ReturnType<typeof createServer> | undefined;
  #now = 0;

  private constructor() {
    const observer = { ...UNOBSERVED, failed: ({ error }: Failure) => void this.failures.push(error) };
    this.#engine = new EmbeddedEngine({
      // Small ones, so that they are met.
      limits: mqttLimits({
        packetOctets: 256 * 1024,
        sessions: 200,
        clientSessions: 150,
        subscriptions: 20,
        retainedMessages: 50,
      }),
      now: () => this.#now,
      observer,
    });
    this.#gate = new Gate({
      registry: NOBODY,
      clock: { now: () => 0 },
      engine: this.#engine,
      live: NO_CONNECTIONS,
      connectTimeoutMs: 5_000,
      attempts: new Attempts(undefined),
      addressKey: (address) => address,
      observer,
    });
  }

  static async set(overSockets: boolean): Promise<Stage> {
    const stage = new Stage();
    if (!overSockets) return stage;
    const server = createServer({ noDelay: true }, (socket) => stage.#gate.admit(socket, OPEN));
    stage.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return stage;
  }

  async dial(): Promise<Duplex> {
    if (this.#server !== undefined) {
      const { port } = this.#server.address() as AddressInfo;
      const socket = connect(port, '127.0.0.1');
      await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
      return socket;
    }
    const [mine, its] = handToHand();
    this.#gate.admit(its, OPEN);
    return mine;
  }

  /** Some time goes by. */
  sweep(): void {
    this.#now += 1_000;
    this.#engine.sweep();
  }

  async strike(): Promise<void> {
    this.#gate.close();
    await this.#engine.close();
    this.#server?.close();
  }
}

const OPEN = { authentication: 'open' } as const;

const nobody = (): never => {
  throw new Error('nobody is asked for');
};
const NOBODY: RevisedRegistry = {
  ...{
    revision: 0,
    clientById: nobody,
    deletedClientById: nobody,
    clientIdByKeyHash: nobody,
    userById: nobody,
  },
  ...{ hasPasswordsAlone: nobody, requireSigningKeys: nobody, sessionById: nobody, hashSecret: nobody },
  certificatesOf: nobody,
  formerKeyByHash: nobody,
  withdrawnTokenById: nobody,
  facts: new Facts({
    sealer: { revision: 0, seal: nobody, open: nobody, isTrusted: nobody, publicKeys: nobody },
    ...{ tokenIssuer: { issuer: '', audience: '' }, hashSecret: nobody },
    passwords: { hash: nobody, verify: nobody },
  }),
};
const NO_CONNECTIONS: Pick<LiveConnections, 'add' | 'delete'> = {
  add: () => undefined,
  delete: () => undefined,
};

/** One at the other end of a connection. */
class Peer {
  readonly stream: Duplex;
  isClosed = false;
  isAccepted = false;
  readonly #reader = new PacketReader(1024 * 1024);
  /** What it published and has not got back, with whom to tell. */
  readonly #waiting = new Map<string, () => void>();

  constructor(stream: Duplex) {
    this.stream = stream;
    this.#reader.maxPublishBytes = 1024 * 1024;
    stream.on('data', (chunk: Buffer) => this.#receive(chunk));
    stream.on('error', () => undefined);
    stream.on('close', () => {
      this.isClosed = true;
    });
  }

  write(bytes: Buffer): void {
    if (!this.stream.destroyed && !this.stream.writableEnded) this.stream.write(bytes);
  }

  say(packet: Packet): void {
    this.write(generate(packet));
  }

  /**
   * Waits for the first answer, but not for long: what is cut off gets none. The engine answers in this process, so its
   * turns are counted: time passes on a busy machine without one.
   */
  async isAnswered(): Promise<void> {
    for (let turns = 0; turns < ANSWER_TURNS && !this.isAccepted && !this.isClosed; turns += 1) await turn();
  }

  /** Publishes to what it subscribed to. @returns 1 when it has that back @throws where it does not get it */
  publishesToItself(text: string): Promise<1> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`the witness did not get ${text}`)), 20_000);
      const done = () => {
        clearTimeout(timer);
        resolve(1);
      };
      this.#waiting.set(text, done);
      this.say({ cmd: 'publish', topic: 'witness', payload: `<${text}>`, qos: 0, dup: false, retain: false });
    });
  }

  /** Whatever is sent to it must be whole packets. */
  #receive(chunk: Buffer): void {
    this.#reader.push(chunk);
    for (let packet = this.#reader.next(); packet !== 'incomplete'; packet = this.#reader.next()) {
      if (typeof packet === 'string') throw new Error(`the engine sent what is no packet: ${packet}`);
      const { bytes, start, end } = packet;
      if (bytes[start] === 0x20 && bytes[start + 3] === 0) this.isAccepted = true;
      if (this.#waiting.size === 0) continue;
      const text = /<(.*)>/.exec(bytes.toString('latin1', start, end))?.[1] ?? '';
      this.#waiting.get(text)?.();
      this.#waiting.delete(text);
    }
  }
}

class Hand extends Duplex {
  other: Hand | undefined;
  override _read(): void {}
  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    // As the kernel does it: later, and never more than once.
    setImmediate(() => {
      if (this.other && !this.other.destroyed && !this.other.readableEnded) this.other.push(chunk);
      done();
    });
  }
  override _final(done: () => void): void {
    this.other?.push(null);
    done();
  }
  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    if (this.other && !this.other.destroyed) this.other.destroy();
    done(error);
  }
}

function handToHand(): [Duplex, Duplex] {
  const [one, two] = [new Hand(), new Hand()];
  one.other = two;
  two.other = one;
  return [one, two];
}

type Random = (below: number) => number;

/** Numbers that the same seed gives again (mulberry32). */
function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const NAMES = ['a', 'b', 'a/b', 'a/b/c', '/', '$SYS/x', 'long/'.repeat(30), 'ä/ö', ''];
const FILTERS = [...NAMES, '#', '+', 'a/#', '+/b', '$share/g/a', '$share//a', 'a#', 'a/+/', '$share/g'];

function pick<T>(random: Random, all: readonly [T, ...T[]] | readonly T[]): T {
  const found = all[random(all.length)];
  if (found === undefined) throw new Error('nothing to pick from');
  return found;
}

function connectPacket(fields: object): Packet {
  return {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 0,
    clientId: 'x',
    ...fields,
  };
}

function firstPacket(random: Random): Buffer {
  if (random(20) === 0) return anyPacket(random);
  const version = pick(random, [3, 4, 5] as const);
  const will = random(3) === 0 && {
    topic: pick(random, ['a', 'b']),
    payload: Buffer.from('W'),
    qos: pick(random, [0, 1, 2]),
    retain: random(2) === 0,
  };
  const packet = connectPacket({
    protocolId: version === 3 ? 'MQIsdp' : 'MQTT',
    protocolVersion: version,
    clean: version === 3 || random(3) > 0,
    clientId: `client-${random(40)}`,
    keepalive: random(3),
    ...(will && { will }),
    ...(version === 5 && {
      properties: {
        sessionExpiryInterval: random(100),
        receiveMaximum: 1 + random(3),
        topicAliasMaximum: random(4),
      },
    }),
  });
  return generate(packet, { protocolVersion: version });
}

function anyPacket(random: Random): Buffer {
  const protocolVersion = pick(random, [4, 4, 5] as const);
  const messageId = 1 + random(5);
  const qos = pick(random, [0, 1, 2] as const);
  const topic = pick(random, ['a', 'a/b', 'b', 'a/b/c', 'long/'.repeat(30)]);
  const make: (() => Packet)[] = [
    () => ({
      cmd: 'publish',
      topic,
      payload: Buffer.alloc(random(300), 'x'),
      qos,
      dup: false,
      retain: random(4) === 0,
      ...(qos > 0 && { messageId }),
    }),
    () => ({
      cmd: 'publish',
      topic,
      payload: Buffer.alloc(random(30_000)),
      qos,
      dup: qos > 0 && random(2) === 0,
      retain: false,
      ...(qos > 0 && { messageId }),
    }),
    () => ({
      cmd: 'subscribe',
      messageId,
      subscriptions: Array.from({ length: 1 + random(4) }, () => ({
        topic: pick(random, FILTERS.slice(0, -5)) || 'a',
        qos,
      })),
    }),
    () => ({ cmd: 'unsubscribe', messageId, unsubscriptions: [pick(random, FILTERS) || 'a'] }),
    () => ({ cmd: 'puback', messageId }),
    () => ({ cmd: 'pubrec', messageId }),
    () => ({ cmd: 'pubrel', messageId }),
    () => ({ cmd: 'pubcomp', messageId }),
    () => ({ cmd: 'pingreq' }),
    () => (random(6) === 0 ? { cmd: 'disconnect' } : { cmd: 'pingreq' }),
    () => (random(6) === 0 ? connectPacket({ clientId: `client-${random(40)}` }) : { cmd: 'pingreq' }),
  ];
  return generate(pick(random, make)(), { protocolVersion });
}

/** Mostly as it is; else with octets changed, cut off, put in or doubled. */
function mutated(bytes: Buffer, random: Random): Buffer {
  if (random(3) > 0) return bytes;
  const result = Buffer.from(bytes);
  const at = random(result.length);
  switch (random(7)) {
    case 0:
      result[at] = random(256);
      return result;
    case 1:
      result[0] = random(256);
      return result;
    case 2:
      result[1] = random(256);
      return result;
    case 3:
      return result.subarray(0, at);
    case 4:
      return Buffer.concat([
        result.subarray(0, at),
        Buffer.alloc(random(20), random(256)),
        result.subarray(at),
      ]);
    case 5:
      return Buffer.concat([result, result]);
    default:
      return Buffer.from(Array.from({ length: random(60) }, () => random(256)));
  }
}
