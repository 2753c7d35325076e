// The peer of the MQTT gate's handshakes: node:tls asking for a client certificate, and a CONNACK without a look at either.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:tls';
import { connackOctets } from './mqtt/client.js';

const [, , authority, certificate, key] = process.argv;
const CONNACK = connackOctets(0);
const [ca, cert, privateKey] = [authority, certificate, key].map((path) => readFileSync(path));
const options = { ca, cert, key: privateKey, requestCert: true, rejectUnauthorized: false };
const server = createServer(options, (socket) => {
  socket.once('data', () => socket.write(CONNACK));
  socket.on('error', () => socket.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
