import { readAcknowledgement } from '../packets/acknowledgement.js';
import type { Packet } from '../packets/packet.js';
import { PACKET } from '../packets/packet-type.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';
import { onDisconnect } from './on-disconnect.js';
import { onPingreq } from './on-pingreq.js';
import { onPuback } from './on-puback.js';
import { onPubcomp } from './on-pubcomp.js';
import { onPublish } from './on-publish.js';
import { onPubrec } from './on-pubrec.js';
import { onPubrel } from './on-pubrel.js';
import { onSubscribe } from './on-subscribe.js';
import { onUnsubscribe } from './on-unsubscribe.js';
import type { Budget } from './work.js';

/** Takes a packet of a connected client. */
export function receive(connection: Connection, packet: Packet, budget: Budget): void {
  switch ((packet.bytes[packet.start] ?? 0) >> 4) {
    case PACKET.publish:
      onPublish(connection, packet, budget);
      break;
    case PACKET.puback:
      onAcknowledgement(connection, packet, onPuback);
      break;
    case PACKET.pubrec:
      onAcknowledgement(connection, packet, onPubrec);
      break;
    case PACKET.pubrel:
      onAcknowledgement(connection, packet, onPubrel);
      break;
    case PACKET.pubcomp:
      onAcknowledgement(connection, packet, onPubcomp);
      break;
    case PACKET.subscribe:
      onSubscribe(connection, packet);
      break;
    case PACKET.unsubscribe:
      onUnsubscribe(connection, packet);
      break;
    case PACKET.pingreq:
      onPingreq(connection, packet);
      break;
    case PACKET.disconnect:
      onDisconnect(connection, packet);
      break;
    case PACKET.auth:
      // MQTT 5 section 4.12: no authentication method was agreed on
      connection.end(REASON.badAuthenticationMethod, 'an AUTH');
      break;
    default:
      // A second CONNECT [MQTT-3.1.0-2], or a packet of servers.
      connection.end(REASON.protocolError, 'a packet that no client sends here');
      break;
  }
}

function onAcknowledgement(
  connection: Connection,
  packet: Packet,
  handle: (
    connection: Connection,
    acknowledgement: NonNullable<ReturnType<typeof readAcknowledgement>>,
  ) => void,
): void {
  const acknowledgement = readAcknowledgement(packet, connection.protocolVersion);
  if (acknowledgement === undefined) connection.end(REASON.malformed, 'a malformed acknowledgement');
  else handle(connection, acknowledgement);
}
