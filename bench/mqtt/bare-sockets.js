// The least that node needs to keep a connection: it answers whatever comes with a CONNACK and holds the socket.
import { createServer } from 'node:net';

const ACCEPTED = Buffer.from([0x20, 2, 0, 0]);
const sockets = new Set();
const answer = (socket) => () => socket.write(ACCEPTED);
const server = createServer({ noDelay: true }, (socket) => {
  sockets.add(socket);
  socket.on('data', answer(socket));
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.once('SIGTERM', () => process.exit());
