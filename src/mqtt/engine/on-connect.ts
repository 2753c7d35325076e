import { generate } from 'mqtt-packet';
import { type Handover, holderName } from '../gate/engine.js';
import { NOT_AUTHORIZED, QUOTA_EXCEEDED } from '../packets/connack.js';
import type { Connect } from '../packets/connect.js';
import { PROPERTY } from '../packets/properties.js';
import type { Broker } from './broker.js';
import { Connection, type Wire } from './connection.js';
import { publishWaitingWill } from './on-close.js';
import { Session } from './session.js';
import { willOf } from './will.js';

/** A client connects. MQTT 5 section 3.1. @returns undefined where it is refused after all */
export function onConnect(
  broker: Broker,
  {
    handover,
    connect,
    wire,
  }: { readonly handover: Handover; readonly connect: Connect; readonly wire: Wire },
): Connection | undefined {
  if (connect.will !== undefined && broker.isTooLong(connect.will.topic)) {
    handover.refuse(NOT_AUTHORIZED, `the will's topic is too long: ${connect.will.topic.slice(0, 120)}`);
    return undefined;
  }
  const { limits, sessions } = broker;
  const { clientId, rights } = handover;
  const holder = holderName(handover.holder);
  const resumed = takeOver(broker, { holder, clientId, clean: connect.clean });
  if (resumed === undefined && !sessions.hasRoom(holder)) {
    handover.refuse(QUOTA_EXCEEDED, 'no room for one more session');
    return undefined;
  }
  const account = sessions.accountOf(holder);
  const session = resumed ?? new Session({ account, holder, clientId, rights });
  if (resumed === undefined) sessions.add(session);

  const { protocolVersion, isBridge, properties } = connect;
  const asked =
    protocolVersion === 5 ? (properties.number(PROPERTY.sessionExpiry) ?? 0) : connect.clean ? 0 : Infinity;
  session.expirySeconds = Math.min(asked, limits.sessionExpirySeconds);
  const keepAliveSeconds = keepAliveOf(broker, connect);
  const connection = new Connection({
    broker,
    session,
    handover,
    wire,
    protocolVersion,
    isBridge,
    keepAliveMs: keepAliveSeconds * 1_000,
    receiveMaximum: properties.number(PROPERTY.receiveMaximum) ?? 65_535,
    maximumPacketSize: properties.number(PROPERTY.maximumPacketSize) ?? Number.POSITIVE_INFINITY,
    will: willOf(connect, { publisher: session, account }),
  });
  session.attach(connection, rights);
  const isResumed = resumed !== undefined;
  if (protocolVersion !== 5) connection.send(Buffer.of(0x20, 2, isResumed ? 1 : 0, 0));
  else connection.send(connackOf(connection, { isResumed, asked, keepAliveSeconds, connect }));
  session.goOn(broker.now());
  return connection;
}

/** The session that is resumed; whoever had it, or what was kept of it, makes way. MQTT 5 sections 3.1.2.4 and 3.1.4. */
function takeOver(
  broker: Broker,
  {
    holder,
    clientId,
    clean,
  }: { readonly holder: string; readonly clientId: string; readonly clean: boolean },
): Session | undefined {
  const before = broker.sessions.get(holder, clientId);
  if (before === undefined) return undefined;
  // [MQTT-3.1.4-3]
  before.outlet?.takeOver(!clean);
  // It may have ended with its connection.
  if (before.isEnded) return undefined;
  if (!clean) {
    broker.wills.delete(before);
    return before;
  }
  publishWaitingWill(broker, before);
  broker.sessions.end(before);
  return undefined;
}

/** What is told to a client of MQTT 5; those before it keep what they asked for. */
function keepAliveOf({ limits }: Broker, { protocolVersion, keepAliveSeconds }: Connect): number {
  if (protocolVersion !== 5 || limits.keepAliveSeconds === 65_535) return keepAliveSeconds;
  return keepAliveSeconds === 0
    ? limits.keepAliveSeconds
    : Math.min(keepAliveSeconds, limits.keepAliveSeconds);
}

interface Granted {
  readonly isResumed: boolean;
  /** The session expiry that was asked for. */
  readonly asked: number;
  readonly keepAliveSeconds: number;
  readonly connect: Connect;
}

// MQTT 5 section 3.2.2.3: what differs from what the client asked for, or from what it may take for granted.
function connackOf(
  { session, handover, broker: { limits } }: Connection,
  { isResumed, asked, keepAliveSeconds, connect }: Granted,
): Buffer {
  return generate(
    {
      cmd: 'connack',
      reasonCode: 0,
      sessionPresent: isResumed,
      properties: {
        receiveMaximum: limits.receiveMaximum,
        maximumPacketSize: limits.packetOctets,
        topicAliasMaximum: limits.topicAliases,
        ...(session.expirySeconds !== asked && { sessionExpiryInterval: session.expirySeconds }),
        ...(handover.isAssigned && { assignedClientIdentifier: handover.clientId }),
        ...(keepAliveSeconds !== connect.keepAliveSeconds && { serverKeepAlive: keepAliveSeconds }),
      },
    },
    { protocolVersion: 5 },
  );
}
