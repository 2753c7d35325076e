import { connect, type Socket } from 'node:net';
import { generate, type IConnectPacket, type Packet, parser } from 'mqtt-packet';
import { onTestFinished } from 'vitest';
import { eventually } from './keywright.js';

/** A client that says exactly what it is told to. */
export interface Wire {
  readonly socket: Socket;
  /** All that was received. */
  readonly packets: readonly Packet[];
  readonly isClosed: () => boolean;
  send(packet: Packet | Buffer): void;
  /** The next packet of a kind that was not asked for yet. */
  next(cmd: Packet['cmd']): Promise<Packet & Record<string, unknown>>;
}

/** Connects and sends a CONNECT; 3.1.1 unless told otherwise. The connection ends with the test. */
export function dial(port: number, fields: Partial<IConnectPacket>): Wire {
  const protocolVersion = fields.protocolVersion ?? 4;
  const socket = connect(port, '127.0.0.1').setNoDelay(true);
  onTestFinished(() => void socket.destroy());
  const packets: Packet[] = [];
  const unread: Packet[] = [];
  let closed = false;
  const parsing = parser({ protocolVersion });
  parsing.on('packet', (packet) => {
    packets.push(packet);
    unread.push(packet);
  });
  socket.on('data', (chunk) => parsing.parse(chunk));
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  const send = (packet: Packet | Buffer) =>
    void socket.write(Buffer.isBuffer(packet) ? packet : generate(packet, { protocolVersion }));
  send({
    ...{ cmd: 'connect', protocolId: protocolVersion === 3 ? 'MQIsdp' : 'MQTT', protocolVersion },
    ...{ clean: true, keepalive: 30, clientId: 'app' },
    ...fields,
  } as IConnectPacket);
  return {
    ...{ socket, packets, send },
    isClosed: () => closed,
    next: async (cmd) => {
      const index = () => unread.findIndex((packet) => packet.cmd === cmd);
      await eventually(() => index() >= 0, {
        withinMs: 8000,
        what: `${cmd} (${closed ? 'closed' : 'open'})`,
      });
      const [packet] = unread.splice(index(), 1);
      return packet as Packet & Record<string, unknown>;
    },
  };
}
