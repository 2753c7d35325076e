import { type Acknowledgement, makeAcknowledgement } from '../packets/acknowledgement.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';

/** A client has a message of QoS 2, or does not want it. MQTT 5 section 3.5. */
export function onPubrec(connection: Connection, { packetId, reasonCode }: Acknowledgement): void {
  const { session, broker } = connection;
  const isRefused = reasonCode >= 0x80;
  const isKnown = session.received(packetId, isRefused);
  if (isRefused) {
    session.goOn(broker.now());
    return;
  }
  const answer = isKnown || !connection.isFive ? REASON.success : REASON.packetIdNotFound;
  connection.send(makeAcknowledgement(6, packetId, answer));
}
