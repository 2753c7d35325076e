import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Admission } from '../engine.js';
import { hangUp } from '../hang-up.js';
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

type Side = 'client' | 'broker';

// What waits for a packet that is half-way through; its sender would have to be very busy being refused.
const MAX_WAITING_BYTES = 64 * 1024;

const DISCONNECT = Buffer.of(0xe0, 0);
// MQTT 5 section 3.14.2.1
const PROTOCOL_ERROR = Buffer.of(0xe0, 1, 0x82);

/** Passes on what a client and the broker say to each other, as far as the client's scopes go, until one of them ends. */
export function relay(options: RelayOptions): void {
  const { admission, broker, protocolVersion, topicAliasMaximum } = options;
  const { stream: client } = admission;
  const partlyRefused = new Map<number, Refusals>();
  const pausedFor = { client: new Set<Duplex>(), broker: new Set<Duplex>() };
  let isOver = false;

  /** Reads no more of a side until a stream has taken what it was given. */
  const pause = (side: Side, stream: Duplex) => {
    const reasons = pausedFor[side];
    if (reasons.has(stream)) return;
    const source = side === 'client' ? client : broker;
    reasons.add(stream);
    source.pause();
    stream.once('drain', () => {
      reasons.delete(stream);
      if (reasons.size === 0) source.resume();
    });
  };

  /** A packet of our own; whose sending asked for it waits where it is not taken. */
  const insert = (packet: Buffer, { filter, to, askedBy }: Insertion) => {
    const now = filter.insert(packet);
    if (now && !to.write(now)) pause(askedBy, to);
    if (filter.waitingBytes() > MAX_WAITING_BYTES) end();
  };

  const end = () => {
    if (isOver) return;
    isOver = true;
    // The broker publishes a will unless it is told not to: it must not where the client may not any more.
    const { will } = admission.first.packet;
    const isWillClosed = will && !admission.mayUse('publish', will.topic);
    hangUp(broker, isWillClosed && toBroker.isBetweenPackets() ? DISCONNECT : undefined);
    hangUp(client);
  };

  const toBroker: PacketFilter = filterPackets(
    judgeFromClient({
      ...{ admission, protocolVersion, topicAliasMaximum, partlyRefused },
      answer: (packet) => insert(packet, { filter: toClient, to: client, askedBy: 'client' }),
    }),
  );
  const toClient: PacketFilter = filterPackets(
    judgeFromBroker({
      ...{ admission, protocolVersion, partlyRefused },
      answer: (packet) => insert(packet, { filter: toBroker, to: broker, askedBy: 'broker' }),
    }),
  );

  const takeFromClient = (chunk: Buffer) => {
    if (isOver) return;
    const { passed, isCut } = toBroker.feed(chunk);
    if (!writeAll(broker, passed)) pause('client', broker);
    if (!isCut) return;
    if (protocolVersion === 5 && toClient.isBetweenPackets()) client.write(PROTOCOL_ERROR);
    end();
  };
  const takeFromBroker = (chunk: Buffer) => {
    if (isOver) return;
    const { passed, isCut } = toClient.feed(chunk);
    if (!writeAll(client, passed)) pause('broker', client);
    if (!isCut) return;
    admission.ended('the upstream broker sent what MQTT does not allow');
    end();
  };

  for (const stream of [client, broker]) stream.on('end', end).on('close', end);
  client.write(options.connack);
  if (options.fromBroker.length > 0) takeFromBroker(options.fromBroker);
  if (options.fromClient.length > 0) takeFromClient(options.fromClient);
  client.on('data', takeFromClient);
  broker.on('data', takeFromBroker);
  // What ended before anybody listened does not say so again.
  if ([client, broker].some((stream) => stream.destroyed || stream.readableEnded)) end();
}

interface Insertion {
  readonly filter: PacketFilter;
  readonly to: Duplex;
  readonly askedBy: Side;
}

function writeAll(stream: Duplex, parts: readonly Buffer[]): boolean {
  if (parts.length > 1) stream.cork();
  let isTaken = true;
  for (const part of parts) isTaken = stream.write(part);
  if (parts.length > 1) stream.uncork();
  return isTaken;
}
