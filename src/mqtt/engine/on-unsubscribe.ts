import { makeFilterAcknowledgement } from '../packets/acknowledgement.js';
import { readUnsubscribe } from '../packets/filters.js';
import type { Packet } from '../packets/packet.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';
import { subscriptionCost } from './sessions.js';

/** A client takes subscriptions back. MQTT 5 section 3.10. */
export function onUnsubscribe(connection: Connection, packet: Packet): void {
  const { session, broker, protocolVersion } = connection;
  const unsubscribe = readUnsubscribe(packet, protocolVersion);
  if (unsubscribe === undefined) {
    connection.end(REASON.malformed, 'a malformed UNSUBSCRIBE');
    return;
  }
  const codes = unsubscribe.filters.map((filter) => {
    const subscription = session.subscriptions?.get(filter);
    if (subscription === undefined) return REASON.noSubscriptionExisted;
    session.subscriptions?.delete(filter);
    session.account.subscriptions -= subscriptionCost(filter);
    broker.subscriptions.delete(subscription);
    return REASON.success;
  });
  connection.send(makeFilterAcknowledgement(11, { packetId: unsubscribe.packetId, codes, protocolVersion }));
}
