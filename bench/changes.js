import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { connackOctets, connectOctets } from './mqtt/client.js';
import { startServe } from './serving.js';

const { openKeystore } = createRequire(import.meta.url)('../dist/index.cjs');
const CHANGES = 200;

/** How soon a change that another process has made holds: for the next request, and for a live connection. */
export async function benchChanges({ empty }) {
  const server = await startServe(empty, '--failed-attempts', 'off');
  const keystore = await openKeystore({ home: empty });
  const closedAfterMs = [];
  let wrong = 0;
  try {
    for (let change = 0; change < CHANGES; change += 1) {
      const { id, apiKey } = await keystore.register();
      if ((await statusOf(server, apiKey)) !== 200) wrong += 1;
      const live = await openConnection(server, apiKey);
      await keystore.delete(id);
      const returned = performance.now();
      const status = statusOf(server, apiKey);
      closedAfterMs.push(Math.max(0, (await live.closed) - returned));
      if ((await status) !== 401) wrong += 1;
    }
  } finally {
    keystore.close();
    await server.stop();
  }
  const sorted = closedAfterMs.sort((one, other) => one - other);
  return [
    {
      what: `changes by another process, wrong answers in ${2 * CHANGES} once they had returned`,
      ratio: wrong,
      goal: { least: 0, most: 0 },
    },
    {
      what: 'changes, ms from the return to the closed connection, p99',
      ratio: sorted[Math.ceil(0.99 * CHANGES) - 1],
      goal: { least: 0, most: 50 },
      note: `median ${sorted[CHANGES / 2].toFixed(1)} ms`,
    },
  ];
}

async function statusOf({ http }, apiKey) {
  const response = await fetch(http, { headers: { authorization: `Bearer ${apiKey}` } });
  await response.text();
  return response.status;
}

/** An MQTT connection that was let in, and the time at which it is closed. */
function openConnection({ port }, apiKey) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(connectOctets({ clientId: 'bench', username: 'bench', password: apiKey })),
    );
    const closed = new Promise((over) => socket.once('close', () => over(performance.now())));
    socket.once('data', (octets) =>
      octets.equals(connackOctets(0)) ? resolve({ closed }) : reject(new Error('not let in')),
    );
    socket.once('error', reject);
    socket.resume();
  });
}
