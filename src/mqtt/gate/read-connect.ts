import { type BadConnect, type ParsedConnect, parseConnect } from '../packets/connect.js';
import type { PacketReader } from '../packets/packet-reader.js';

const CONNECT = 0x10;

/** Reads the first packet of a connection, which must be a CONNECT. [MQTT-3.1.0-1] */
export function readConnect(reader: PacketReader): ParsedConnect | 'incomplete' {
  const packet = reader.first(CONNECT);
  if (packet === 'incomplete') return 'incomplete';
  if (packet === 'too long') return { ...NO_CONNECT, cause: 'the CONNECT is too long' };
  if (packet === 'another') return { ...NO_CONNECT, cause: 'the first packet is not a CONNECT' };
  return parseConnect(packet);
}

const NO_CONNECT = {
  outcome: 'refused',
  refusal: undefined,
  protocolVersion: undefined,
  clientId: '',
} satisfies Partial<BadConnect>;
