import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { generate, type IConnackPacket } from 'mqtt-packet';
import { isTopicName } from '../../core/scope.js';
import type { Admission, Engine } from '../gate/engine.js';
import {
  BAD_AUTHENTICATION_METHOD,
  type ConnectRefusal,
  INVALID_CLIENT_ID,
  NOT_AUTHORIZED,
  SERVER_UNAVAILABLE,
} from '../packets/connack.js';
import { hangUp } from '../packets/hang-up.js';
import { type BrokerAddress, openSession } from './open-session.js';
import { relay } from './relay.js';
import { createStaleSessions } from './stale-sessions.js';
import { discardingConnect, mayOutlive, upstreamConnect, upstreamName } from './upstream-connect.js';

export interface UpstreamOptions extends BrokerAddress {
  /** The gate's own at the broker; undefined for none. */
  readonly password: Buffer | undefined;
}

// From the connection to the CONNACK.
const ANSWER_TIMEOUT_MS = 5_000;

const DISCONNECT = Buffer.of(0xe0, 0);

/** A broker behind the gate: MQTT 3.1, 3.1.1 and 5. Sessions, queues and retained messages are the broker's. */
export function createUpstreamEngine({ password, ...address }: UpstreamOptions): Engine {
  const brokers = new Set<Socket>();
  const track = (broker: Socket) => {
    brokers.add(broker);
    broker.once('close', () => brokers.delete(broker));
  };
  const limits = { timeoutMs: ANSWER_TIMEOUT_MS, track };

  const staleSessions = createStaleSessions(async (holder, sessionId) => {
    const connect = discardingConnect(sessionId, { holder, password });
    const answer = await openSession(address, { ...limits, connect, protocolVersion: 4 });
    if (answer.outcome === 'failed') return false;
    hangUp(answer.broker, DISCONNECT);
    return true;
  });

  const admit = async (admission: Admission) => {
    const { stream, principal, first } = admission;
    const { packet } = first;
    const protocolVersion = packet.protocolVersion ?? 4;
    const refusal = refusalOf(admission);
    if (refusal) return admission.refuse(refusal.answer, refusal.reason);
    // A broker that names the session itself would name it without its holder.
    const assigned = packet.clientId === '' ? randomUUID() : undefined;
    const sessionId =
      assigned && principal ? `${upstreamName(principal)}:${assigned}` : (assigned ?? admission.sessionId);
    const isStale = await staleSessions.isStale(sessionId);
    if (principal && mayOutlive(packet)) staleSessions.note(principal, sessionId);
    const connect = upstreamConnect(packet, { sessionId, holder: principal, password, isStale });
    const answer = await openSession(address, { ...limits, connect, protocolVersion, client: stream });
    if (stream.destroyed && answer.outcome === 'accepted') hangUp(answer.broker, DISCONNECT);
    if (stream.destroyed) return;
    if (answer.outcome === 'failed') return admission.refuse(SERVER_UNAVAILABLE, answer.because);
    if (isStale) staleSessions.settle(sessionId);
    const { broker, bytes, rest, packet: connack } = answer;
    relay({
      ...{ admission, broker, protocolVersion },
      topicAliasMaximum: connack?.properties?.topicAliasMaximum ?? 0,
      connack: connack && assigned ? withAssignedId(connack, assigned) : bytes,
      fromBroker: rest,
      fromClient: first.rest,
    });
  };

  return {
    protocolVersions: new Set([3, 4, 5]),
    admit: (admission) => {
      admit(admission).catch(() => admission.stream.destroy());
    },
    forget: (holder) => staleSessions.forget(holder),
    close: async () => {
      for (const broker of brokers) broker.destroy();
    },
  };
}

interface Refusal {
  readonly answer: ConnectRefusal;
  readonly reason: string;
}

/** Why the broker is not even asked. */
function refusalOf({ first: { packet }, mayUse }: Admission): Refusal | undefined {
  const { will, properties, protocolVersion, clientId } = packet;
  if (properties?.authenticationMethod !== undefined) {
    return { answer: BAD_AUTHENTICATION_METHOD, reason: 'an authentication method that is not supported' };
  }
  // [MQTT-3.1.3-8], and MQTT 3.1 has no empty client id at all
  if (clientId === '' && protocolVersion !== 5 && (protocolVersion === 3 || packet.clean !== true)) {
    return { answer: INVALID_CLIENT_ID, reason: 'no client id' };
  }
  // The broker publishes the will without asking here again.
  if (will && (will.topic.startsWith('$') || !isTopicName(will.topic) || !mayUse('publish', will.topic))) {
    return { answer: NOT_AUTHORIZED, reason: `no scope for the will's topic ${will.topic.slice(0, 120)}` };
  }
  return undefined;
}

function withAssignedId(connack: IConnackPacket, assignedClientIdentifier: string): Buffer {
  const properties = { ...connack.properties, assignedClientIdentifier };
  return generate({ ...connack, properties }, { protocolVersion: 5 });
}
