import { registerApiKey, startServe } from '../serving.js';
import { compare } from '../turns.js';
import { startMosquittoWithPassword } from './mosquitto.js';
import { openTraffic } from './traffic.js';

// `marks`: at QoS 0 and 1.
const ROWS = byQos([
  {
    what: 'MQTT 1 to 1, 100 in flight',
    clients: { senders: 1, receivers: 1 },
    load: { inFlight: 100, count: 8000 },
    marks: [3, 3],
  },
  {
    what: 'MQTT 1 to 1, one at a time',
    clients: { senders: 1, receivers: 1 },
    load: { inFlight: 1, count: 1500 },
    marks: [0.5, 0.85],
  },
  {
    what: 'MQTT 1 to 100, one at a time',
    clients: { senders: 1, receivers: 100 },
    load: { inFlight: 1, count: 100 },
    marks: [1, 1],
  },
  {
    what: 'MQTT 50 to 1, 50 in flight',
    clients: { senders: 50, receivers: 1 },
    load: { inFlight: 50, count: 4000 },
    marks: [1, 1],
  },
]);

/** What a delivery costs the built-in engine, at QoS 0 and 1. */
export async function* benchMessages({ directory, home, rounds, isWanted }) {
  const rows = ROWS.filter(({ what }) => isWanted(what));
  if (rows.length === 0) return;
  const password = registerApiKey(home);
  const keywright = await startServe(home);
  const mosquitto = await startMosquittoWithPassword(directory);
  const ours = { server: keywright, fields: { username: 'any', password } };
  const peer = { server: mosquitto, fields: { username: 'bench', password: 'bench' }, name: 'Mosquitto' };
  try {
    for (const row of rows) yield* await compareMessages({ row, rounds, ours, peer });
  } finally {
    await Promise.all([keywright.stop(), mosquitto.stop()]);
  }
}

/** Each row twice: at QoS 0 and at QoS 1. */
export function byQos(rows) {
  return rows.flatMap(({ what, clients, marks, load }) =>
    marks.map((mark, qos) => ({ what: `${what}, QoS ${qos}`, clients: { ...clients, qos }, load, mark })),
  );
}

/** One row, over connections that stay open for all rounds. */
export async function compareMessages({ row, rounds, ours, peer }) {
  const opened = [];
  const subject = async ({ server, fields }) => {
    const traffic = await openTraffic({ port: server.port, fields, ...row.clients });
    opened.push(traffic);
    return { pid: server.pid, run: () => traffic.run(row.load), check: traffic.check };
  };
  try {
    const pair = {
      ours: await subject(ours),
      peers: [{ ...(await subject(peer)), name: peer.name, mark: row.mark }],
    };
    return await compare({ what: row.what, rounds, ...pair });
  } finally {
    for (const traffic of opened) traffic.close();
  }
}
