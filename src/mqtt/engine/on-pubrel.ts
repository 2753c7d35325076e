import { type Acknowledgement, makeAcknowledgement } from '../packets/acknowledgement.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';

/** A client releases a message of QoS 2 that it published. MQTT 5 section 3.6. */
export function onPubrel(connection: Connection, { packetId }: Acknowledgement): void {
  const isKnown = connection.session.published?.delete(packetId) === true;
  // [MQTT-4.3.3-11]
  const answer = isKnown || !connection.isFive ? REASON.success : REASON.packetIdNotFound;
  connection.send(makeAcknowledgement(7, packetId, answer));
}
