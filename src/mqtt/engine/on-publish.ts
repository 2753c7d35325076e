import { isTopicName } from '../../core/model/scope.js';
import { makeAcknowledgement } from '../packets/acknowledgement.js';
import type { Packet } from '../packets/packet.js';
import { ALLOWED, PROPERTY } from '../packets/properties.js';
import { type Publish, readPublish } from '../packets/publish.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';
import { Message } from './message.js';
import type { Budget } from './work.js';

/** A client publishes. MQTT 5 section 3.3. */
export function onPublish(connection: Connection, packet: Packet, budget: Budget): void {
  const { session, protocolVersion } = connection;
  const publish = readPublish(packet, { protocolVersion, allowed: ALLOWED.publish });
  if (typeof publish !== 'object') {
    connection.end(REASON.malformed, 'a malformed PUBLISH');
    return;
  }
  const topic = topicOf(connection, publish);
  if (typeof topic === 'number') {
    connection.end(topic, 'a topic or topic alias that cannot be');
    return;
  }
  const { qos, packetId } = publish;
  if (qos === 2 && session.published?.has(packetId)) {
    // [MQTT-4.3.3-10] it has been taken already
    connection.send(makeAcknowledgement(5, packetId));
    return;
  }
  if (qos === 2 && (session.published?.size ?? 0) >= connection.broker.limits.receiveMaximum) {
    // [MQTT-3.3.4-7]
    connection.end(REASON.receiveMaximumExceeded, 'more messages of QoS 2 than it may have begun');
    return;
  }
  const refusal = refusalOf(connection, topic);
  if (refusal !== undefined) {
    refuse(connection, { publish, topic, refusal });
    return;
  }

  const message = makeMessage(connection, { publish, topic, packet });
  const isKept = connection.broker.retain(message);
  if (!isKept) connection.handover.refusedTopic('publish', topic, 'no room for one more retained message');
  if (qos > 0) acknowledge(connection, publish, isKept ? REASON.success : REASON.quotaExceeded);
  connection.job = connection.broker.publish(message, budget);
}

/** The topic of a PUBLISH, from its alias if it has one, or the reason code that ends the connection. MQTT 5 section 3.3.2.3.4. */
function topicOf(connection: Connection, { topic, properties }: Publish): string | number {
  const alias = connection.isFive ? properties.number(PROPERTY.topicAlias) : undefined;
  if (alias === undefined) {
    // [MQTT-3.3.2-2], [MQTT-3.3.2-1]
    if (topic === '') return connection.isFive ? REASON.protocolError : REASON.malformed;
    return isTopicName(topic) ? topic : REASON.topicNameInvalid;
  }
  // [MQTT-3.3.2-9]
  if (alias > connection.broker.limits.topicAliases) return REASON.topicAliasInvalid;
  if (topic === '') return connection.aliases?.get(alias) ?? REASON.protocolError;
  if (!isTopicName(topic)) return REASON.topicNameInvalid;
  connection.aliases ??= new Map();
  connection.aliases.set(alias, topic);
  return topic;
}

interface Refusal {
  readonly reasonCode: number;
  readonly why: string;
}

function refusalOf({ broker, handover }: Connection, topic: string): Refusal | undefined {
  if (broker.isTooLong(topic)) return { reasonCode: REASON.topicNameInvalid, why: 'the topic is too long' };
  // Topics that begin with $ are the server's own.
  if (!topic.startsWith('$') && handover.rights.may('publish', topic)) return undefined;
  return { reasonCode: REASON.notAuthorized, why: 'no scope' };
}

function refuse(
  connection: Connection,
  {
    publish,
    topic,
    refusal,
  }: { readonly publish: Publish; readonly topic: string; readonly refusal: Refusal },
): void {
  connection.handover.refusedTopic('publish', topic, refusal.why);
  // MQTT 3.1.1 has no other refusal of a PUBLISH [MQTT-3.3.5-2].
  if (!connection.isFive) {
    connection.end(refusal.reasonCode);
    return;
  }
  const { qos, packetId } = publish;
  // At QoS 2 the exchange ends with it. MQTT 5 section 4.3.3.
  if (qos > 0) connection.send(makeAcknowledgement(qos === 1 ? 4 : 5, packetId, refusal.reasonCode));
}

function acknowledge(connection: Connection, { qos, packetId }: Publish, reasonCode: number): void {
  const told = connection.isFive ? reasonCode : 0;
  if (qos === 2 && told === 0) {
    connection.session.published ??= new Set();
    connection.session.published.add(packetId);
  }
  connection.send(makeAcknowledgement(qos === 1 ? 4 : 5, packetId, told));
}

function makeMessage(
  { session, broker }: Connection,
  { publish, topic, packet }: { readonly publish: Publish; readonly topic: string; readonly packet: Packet },
): Message {
  const { qos, retain, properties, payloadAt } = publish;
  const expirySeconds = properties.number(PROPERTY.messageExpiry);
  return new Message({
    topic,
    qos,
    retain,
    payload: packet.bytes.subarray(payloadAt, packet.end),
    properties: properties.without(PROPERTY.topicAlias, PROPERTY.messageExpiry),
    expiresAt: expirySeconds === undefined ? Number.POSITIVE_INFINITY : broker.now() + expirySeconds * 1_000,
    publisher: session,
    account: session.account,
  });
}
