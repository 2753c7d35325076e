// The least that node needs to let an MQTT client in: one parser for each connection, a hash of the password, a look-up, and a
// fixed CONNACK.
import { hash } from 'node:crypto';
import { createServer } from 'node:net';
import { parser } from 'mqtt-packet';

const known = new Set(process.argv.slice(2).map((key) => hash('sha256', key)));
const ACCEPTED = Buffer.from([0x20, 2, 0, 0]);
const NOT_AUTHORIZED = Buffer.from([0x20, 2, 0, 5]);

const server = createServer({ noDelay: true }, (socket) => {
  const packets = parser();
  packets.on('packet', ({ cmd, password }) => {
    if (cmd !== 'connect') return void socket.end();
    if (known.has(hash('sha256', password ?? ''))) return void socket.write(ACCEPTED);
    socket.end(NOT_AUTHORIZED);
  });
  packets.on('error', () => socket.destroy());
  socket.on('data', (chunk) => packets.parse(chunk));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.once('SIGTERM', () => process.exit());
