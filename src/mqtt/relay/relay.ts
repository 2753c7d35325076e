import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Admission } from '../gate/engine.js';
import { hangUp } from '../packets/hang-up.js';
import { judgeFromBroker } from './from-broker.js';
import { judgeFromClient } from './from-client.js';
import { filterPackets, type PacketFilter } from './packet-filter.js';
import type { Refusals } from './subscribe.js';

export interface RelayOptions {
  readonly admission: Admission;
  readonly broker: Socket;
  readonly protocolVersion: number;
  readonly topicAliasMaximum: number;
  /** What to say to the client first, and what has been received behind it. */
  readonly connack: Buffer;
  readonly fromBroker: Buffer;
  /** What has been received of the client behind its CONNECT. */
  readonly fromClient: Buffer;
}

/** One of the two that talk. */
interface Side {
  readonly stream: Duplex;
  /** What it sends, as the other may get it. */
  readonly filter: PacketFilter;
  /** What the gate itself says to it because of what it sent. */
  readonly answers: Buffer[];
  /** Streams that must take what they were given before more is read of it. */
  readonly waitsFor: Set<Duplex>;
}

// What waits for a packet that is half-way through: its reader would have to be very slow, and much be refused meanwhile.
const MAX_WAITING_BYTES = 64 * 1024;

const DISCONNECT = Buffer.of(0xe0, 0);
// MQTT 5 section 3.14.2.1
const PROTOCOL_ERROR = Buffer.of(0xe0, 1, 0x82);

/** Passes on what a client and the broker say to each other, as far as the client's scopes go, until one of them ends. */
export function relay(options: RelayOptions): void {
  const { admission, protocolVersion, topicAliasMaximum } = options;
  const partlyRefused = new Map<number, Refusals>();
  const shared = { admission, protocolVersion, partlyRefused };
  const client = createSide(admission.stream, (answer) =>
    judgeFromClient({ ...shared, topicAliasMaximum, answer }),
  );
  const broker = createSide(options.broker, (answer) => judgeFromBroker({ ...shared, answer }));
  let isOver = false;

  const end = () => {
    if (isOver) return;
    isOver = true;
    // The broker publishes a will unless it is told not to: it must not where the client may not any more.
    const { will } = admission.first.packet;
    const isWillClosed = will && !admission.mayUse('publish', will.topic);
    hangUp(broker.stream, isWillClosed && client.filter.isBetweenPackets() ? DISCONNECT : undefined);
    hangUp(client.stream);
  };

  /** @returns false where the sender did what MQTT does not allow */
  const take = (chunk: Buffer, from: Side, to: Side): boolean => {
    if (isOver) return true;
    const { passed, isCut } = from.filter.feed(chunk);
    if (!writeAll(to.stream, passed)) wait(from, to.stream);
    if (from.answers.length > 0) {
      const now = to.filter.insert(Buffer.concat(from.answers.splice(0)));
      if (now && !from.stream.write(now)) wait(from, from.stream);
      if (to.filter.waitingBytes() > MAX_WAITING_BYTES) end();
    }
    return !isCut;
  };
  const takeFromClient = (chunk: Buffer) => {
    if (take(chunk, client, broker)) return;
    if (protocolVersion === 5 && broker.filter.isBetweenPackets()) client.stream.write(PROTOCOL_ERROR);
    end();
  };
  const takeFromBroker = (chunk: Buffer) => {
    if (take(chunk, broker, client)) return;
    admission.ended('the upstream broker sent what MQTT does not allow');
    end();
  };

  for (const { stream } of [client, broker]) stream.on('end', end).on('close', end);
  client.stream.write(options.connack);
  if (options.fromBroker.length > 0) takeFromBroker(options.fromBroker);
  if (options.fromClient.length > 0) takeFromClient(options.fromClient);
  client.stream.on('data', takeFromClient);
  broker.stream.on('data', takeFromBroker);
  // What ended before anybody listened does not say so again.
  if ([client, broker].some(({ stream }) => stream.destroyed || stream.readableEnded)) end();
}

type JudgeFor = (answer: (packet: Buffer) => void) => Parameters<typeof filterPackets>[0];

function createSide(stream: Duplex, judgeFor: JudgeFor): Side {
  const answers: Buffer[] = [];
  const filter = filterPackets(judgeFor((packet) => answers.push(packet)));
  return { stream, filter, answers, waitsFor: new Set() };
}

/** Reads no more of a side until a stream has taken what it was given. */
function wait({ stream, waitsFor }: Side, taker: Duplex): void {
  if (waitsFor.has(taker)) return;
  waitsFor.add(taker);
  stream.pause();
  taker.once('drain', () => {
    waitsFor.delete(taker);
    if (waitsFor.size === 0) stream.resume();
  });
}

function writeAll(stream: Duplex, parts: readonly Buffer[]): boolean {
  if (parts.length > 1) stream.cork();
  let isTaken = true;
  for (const part of parts) isTaken = stream.write(part);
  if (parts.length > 1) stream.uncork();
  return isTaken;
}
