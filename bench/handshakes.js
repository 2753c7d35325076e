import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { connackOctets, connectOctets, DISCONNECT, inParallel } from './mqtt/client.js';
import { firstLine, issueToken, start, startServe, stop } from './serving.js';
import { compare } from './turns.js';

const BARE = fileURLToPath(new URL('bare-tls.js', import.meta.url));
const CONNECTIONS = 300;
const CONNECT = connectOctets({ clientId: 'bench-tls' });
const CONNACK = connackOctets(0);

/** What a connection with a client certificate costs the server: its handshake, CONNECT and CONNACK, its end. */
export async function* benchHandshakes({ directory, home, rounds }) {
  issueToken({ directory, home, id: 'bench-tls' });
  const files = ['cert', 'key'].map((name) => join(directory, `bench-tls_${name}.pem`));
  const [cert, key] = files.map((path) => readFileSync(path));
  const own = ['bare-tls.crt', 'bare-tls.key'].map((name) => join(directory, name));
  const made = spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
    ...['-subj', '/CN=localhost', '-out', own[0], '-keyout', own[1]],
  ]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  const verifier = await startServe(home, '--mqtt-enable-tls', 'true');
  const child = start(process.execPath, [BARE, join(home, 'ca', 'cert.pem'), ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const bare = { pid: child.pid, port: Number((await firstLine(child)).trim()) };
  const ours = { pid: verifier.pid, port: verifier.port };
  try {
    for (const isResumed of [false, true]) {
      const subject = ({ pid, port }, more) => ({
        ...{ pid, ...more },
        run: () => connectAll({ port, cert, key, isResumed }),
      });
      yield* await compare({
        what: `MQTT handshakes with a client certificate, ${isResumed ? 'resumed' : 'first'}`,
        rounds,
        ours: subject(ours),
        peers: [subject(bare, { name: 'bare node:tls', mark: 0.95 })],
      });
    }
  } finally {
    await stop(child);
    await verifier.stop();
  }
}

/** @returns the number of connections */
async function connectAll({ isResumed, ...options }) {
  const session = isResumed ? (await ask(options)).session : undefined;
  let left = CONNECTIONS;
  await inParallel(8, async () => {
    while (left-- > 0) {
      const { wasResumed } = await ask({ ...options, session });
      if (wasResumed !== isResumed) throw new Error(`the session was ${wasResumed ? '' : 'not '}resumed`);
    }
  });
  return CONNECTIONS;
}

/** Makes one connection, which must be accepted. */
function ask({ port, cert, key, session }) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, cert, key, session, rejectUnauthorized: false });
    let [ticket, wasResumed, isIn] = [undefined, false, false];
    socket.on('session', (given) => {
      ticket = given;
    });
    socket.once('secureConnect', () => {
      wasResumed = socket.isSessionReused();
      socket.write(CONNECT);
    });
    socket.on('data', (octets) => {
      isIn = octets.equals(CONNACK);
      socket.end(DISCONNECT);
    });
    // A server that has hung up by then resets what is still on its way.
    socket.once('error', (error) => isIn || reject(error));
    socket.once('close', () => {
      if (isIn) resolve({ session: ticket, wasResumed });
      else reject(new Error('not let in'));
    });
  });
}
