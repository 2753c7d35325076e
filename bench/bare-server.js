// The peer of the HTTP verifier: node:http sending the same answer, octet for octet, to whoever asks.
import { createServer } from 'node:http';

const [, , status, headers, body] = process.argv;
const all = [...JSON.parse(headers), 'content-length', Buffer.byteLength(body)];
const server = createServer((_request, response) => response.writeHead(Number(status), all).end(body));
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
