import { readDisconnect } from '../packets/disconnect.js';
import type { Packet } from '../packets/packet.js';
import { REASON } from '../packets/reason-code.js';
import type { Connection } from './connection.js';

/** A client leaves. MQTT 5 section 3.14. */
export function onDisconnect(connection: Connection, packet: Packet): void {
  const disconnect = readDisconnect(packet, connection.protocolVersion);
  if (disconnect === undefined) {
    connection.end(REASON.malformed, 'a malformed DISCONNECT');
    return;
  }
  const { session, broker } = connection;
  const { reasonCode, sessionExpiry } = disconnect;
  // MQTT 5 section 3.14.2.2.2: a session that ends with the connection cannot be given an expiry
  if (sessionExpiry !== undefined && sessionExpiry > 0 && session.expirySeconds === 0) {
    connection.end(REASON.protocolError, 'a session expiry where there was none');
    return;
  }
  if (sessionExpiry !== undefined)
    session.expirySeconds = Math.min(sessionExpiry, broker.limits.sessionExpirySeconds);
  // [MQTT-3.14.4-3]
  if (reasonCode === REASON.success) connection.will = undefined;
  connection.close();
}
