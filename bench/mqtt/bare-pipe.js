// The least that node needs to stand between clients and a broker: it dials the port that it is told for each connection and
// looks at nothing that passes.
import { connect, createServer } from 'node:net';

const port = Number(process.argv[2]);
const server = createServer({ noDelay: true }, (client) => {
  const broker = connect({ port, host: '127.0.0.1', noDelay: true });
  client.pipe(broker);
  broker.pipe(client);
  client.on('error', () => broker.destroy());
  broker.on('error', () => client.destroy());
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.once('SIGTERM', () => process.exit());
