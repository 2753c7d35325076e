import type { Acknowledgement } from '../packets/acknowledgement.js';
import type { Connection } from './connection.js';

/** A client has a message of QoS 1. MQTT 5 section 3.4. A PUBACK for an unknown message, left from an earlier session, is ignored. */
export function onPuback({ session, broker }: Connection, { packetId }: Acknowledgement): void {
  if (session.acknowledged(packetId, false)) session.goOn(broker.now());
}
