import { generate } from 'mqtt-packet';
import { ask, connackOctets, connectOctets, DISCONNECT, dial, inParallel } from './client.js';

const AT_ONCE = 8;
const STUCK_MS = 15_000;
const SUBSCRIBE = generate({
  cmd: 'subscribe',
  messageId: 1,
  subscriptions: [{ topic: 'bench/one', qos: 0 }],
});
const SUBACK = Buffer.from([0x90, 3, 0, 1, 0]);

/** A client that closes the connection once it was accepted. */
export function connectAndClose(load) {
  return connects({ ...load, returnCode: 0, goOn: (socket) => socket.destroy() });
}

/** A client that subscribes to one filter once it was accepted, and then sends DISCONNECT. */
export function connectAndSubscribe(load) {
  const goOn = async (socket) => {
    await ask(socket, { send: SUBSCRIBE, answer: SUBACK });
    socket.end(DISCONNECT);
  };
  return connects({ ...load, returnCode: 0, goOn });
}

/** A client that is refused by the return code `refusal`, and that the server hangs up on. */
export function connectAndBeRefused({ refusal, ...load }) {
  return connects({ ...load, returnCode: refusal, goOn: (socket) => socket.resume() });
}

/** Eight clients that connect over and over, each by its own id; resolves to how many connections that were. */
async function connects({ port, fields, count, returnCode, goOn }) {
  const answer = connackOctets(returnCode);
  let started = 0;
  await inParallel(AT_ONCE, async (index) => {
    const send = connectOctets({ ...fields, clientId: `bench-${index}` });
    while (started < count) {
      started += 1;
      await once({ port, send, answer, goOn });
    }
  });
  return count;
}

async function once({ port, send, answer, goOn }) {
  const socket = dial(port);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  let isStuck = false;
  socket.setTimeout(STUCK_MS, () => {
    isStuck = true;
    socket.destroy();
  });
  await ask(socket, { send, answer });
  // A server that hangs up may reset the connection.
  socket.on('error', () => {});
  await goOn(socket);
  await closed;
  if (isStuck) throw new Error('the server does not hang up');
}
