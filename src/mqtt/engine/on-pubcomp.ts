import type { Acknowledgement } from '../packets/acknowledgement.js';
import type { Connection } from './connection.js';

/** A client is done with a message of QoS 2. MQTT 5 section 3.7. */
export function onPubcomp({ session, broker }: Connection, { packetId }: Acknowledgement): void {
  if (session.acknowledged(packetId, true)) session.goOn(broker.now());
}
