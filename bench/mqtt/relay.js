import { registerApiKey, startServe } from '../serving.js';
import { compare } from '../turns.js';
import { startBare } from './bare.js';
import { connectAndClose } from './connect-load.js';
import { byQos, compareMessages } from './messages.js';
import { startMosquitto } from './mosquitto.js';

const CONNECT = { what: 'MQTT connect, relayed', load: { count: 800 }, mark: 0.85 };
const MESSAGES = byQos([
  {
    what: 'MQTT relayed 1 to 1, one at a time',
    clients: { senders: 1, receivers: 1 },
    load: { inFlight: 1, count: 1200 },
    marks: [0.85, 0.85],
  },
]);

/** What the gate in front of a broker costs against a pipe in front of the same broker; the broker's own CPU does not count. */
export async function* benchRelay({ directory, home, rounds, isWanted }) {
  const messages = MESSAGES.filter(({ what }) => isWanted(what));
  if (messages.length === 0 && !isWanted(CONNECT.what)) return;
  const fields = { username: 'any', password: registerApiKey(home) };
  const broker = await startMosquitto(directory, ['allow_anonymous true']);
  const gate = await startServe(home, '--mqtt-upstream', `mqtt://127.0.0.1:${broker.port}`);
  const pipe = await startBare('bare-pipe.js', String(broker.port));
  const connecting = ({ pid, port }) => ({
    pid,
    run: () => connectAndClose({ port, fields, ...CONNECT.load }),
  });
  const name = 'bare pipe';
  try {
    if (isWanted(CONNECT.what)) {
      const peers = [{ ...connecting(pipe), name, mark: CONNECT.mark }];
      yield* await compare({ what: CONNECT.what, rounds, ours: connecting(gate), peers });
    }
    const [ours, peer] = [
      { server: gate, fields },
      { server: pipe, fields, name },
    ];
    for (const row of messages) yield* await compareMessages({ row, rounds, ours, peer });
  } finally {
    await Promise.all([gate.stop(), pipe.stop()]);
    await broker.stop();
  }
}
