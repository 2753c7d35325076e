import type { Packet } from '../packets/packet.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';

const PINGRESP = Buffer.of(0xd0, 0);

/** A client says that it is there. MQTT 5 section 3.12. */
export function onPingreq(connection: Connection, { bytes, start, body, end }: Packet): void {
  if (bytes[start] !== 0xc0 || end !== body) {
    connection.end(REASON.malformed, 'a malformed PINGREQ');
    return;
  }
  connection.send(PINGRESP);
}
