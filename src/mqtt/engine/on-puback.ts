import type { Acknowledgement } from '../packets/acknowledgement.js';
import type { Connection } from './connection.js';

/** A client has a message of QoS 1. MQTT 5 section 3.4. One that nobody waits for, from a session that was, is nothing. */
export function onPuback({ session, broker }: Connection, { packetId }: Acknowledgement): void {
  if (session.acknowledged(packetId, false)) session.goOn(broker.now());
}
