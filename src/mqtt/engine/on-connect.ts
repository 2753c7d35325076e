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

/** A client connects. MQTT 5 section 3.1. @returns undefined if it is refused after all */
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

/** Ends the connection that has the session, and the session unless it is resumed. @returns the resumed one. MQTT 5 sections 3.1.2.4 and 3.1.4. */
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
  // The session may have ended with its connection.
  if (before.isEnded) return undefined;
  if (!clean) {
    broker.wills.delete(before);
    return before;
  }
  publishWaitingWill(broker, before);
  broker.sessions.end(before);
  return undefined;
}

/** The keep-alive that holds: the server's say in MQTT 5, the client's before. */
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

// MQTT 5 section 3.2.2.3: it tells where the server differs from the client's wishes, or from the standard's presets.
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
