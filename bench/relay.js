import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { generate } from 'mqtt-packet';
import { connectsPerSecond } from './connects.js';
import { startMosquitto } from './mosquitto.js';
import { issueToken, registerApiKey, startServe } from './serving.js';
import { median } from './start-up.js';

const ROUNDS = 5;
const PAYLOAD = Buffer.alloc(100, 'x');
const IN_FLIGHT = 500;
const IDLE = 800;

/** The gate in front of Mosquitto against Mosquitto alone: connects, messages, and the memory of what only waits. */
export async function benchRelay({ directory, home, seconds }) {
  const dynamicSecurity = join(directory, 'dynamic-security.json');
  if (spawnSync('mosquitto_ctrl', ['dynsec', 'init', dynamicSecurity, 'b', 'b'], { input: '' }).status !== 0)
    return [];
  const token = issueToken({ directory, home, id: 'bench-relay' });
  const key = registerApiKey(home);
  const inFlight = `max_inflight_messages ${IN_FLIGHT}`;
  const alone = await startMosquitto(directory, [
    ...['allow_anonymous false', inFlight],
    `plugin ${pluginPath()}\nplugin_opt_config_file ${dynamicSecurity}`,
  ]);
  const behind = await startMosquitto(directory, ['allow_anonymous true', inFlight]);
  const gate = await startServe(home, '--mqtt-upstream', `mqtt://127.0.0.1:${behind.port}`);
  try {
    const ours = { port: gate.mqttPort, fields: { clientId: 'bench-relay', username: token } };
    const theirs = { port: alone.port, fields: { clientId: 'b', username: 'b', password: 'b' } };
    const connects = ({ port, fields }) => connectsPerSecond(port, { ...fields, expect: 0, seconds });
    const messages = (qos) => (pair) => messagesPerSecond({ ...pair, qos, seconds });
    const through = { port: gate.mqttPort, fields: { username: 'any', password: key } };
    const straight = { port: behind.port, fields: {} };
    return [
      await compare('MQTT connects through the gate / Mosquitto with dynamic security', {
        run: connects,
        ours,
        theirs,
      }),
      ...(await comparisons(messages, { ours: through, theirs: straight })),
      await memory({ home, key, upstream: behind.port }),
    ];
  } finally {
    await gate.stop();
    await alone.stop();
    await behind.stop();
  }
}

async function comparisons(messages, pair) {
  const results = [];
  for (const qos of [0, 1]) {
    const what = `MQTT messages a second at QoS ${qos}, both ways through the gate / Mosquitto alone`;
    results.push(await compare(what, { run: messages(qos), ...pair }));
  }
  return results;
}

/** Ours between two of the peer's, round for round. */
async function compare(what, { run, ours, theirs }) {
  const [ratios, rates] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = await run(theirs);
    const rate = await run(ours);
    const after = await run(theirs);
    ratios.push((2 * rate) / (before + after));
    rates.push(rate);
  }
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)} in ${ROUNDS} rounds`;
  return { what, ratio: median(ratios), note: `${Math.round(median(rates))}/s, ${spread}` };
}

/** Messages a second from one client to another, never more than so many on their way. */
async function messagesPerSecond({ port, fields, qos, seconds }) {
  const sender = await open(port, { ...fields, clientId: 'sender' });
  const receiver = await open(port, { ...fields, clientId: 'receiver' });
  const subscriptions = [{ topic: 'bench/relay', qos }];
  receiver.write(generate({ cmd: 'subscribe', messageId: 1, subscriptions }));
  await new Promise((resolve) => receiver.once('data', resolve));
  const message = (messageId) =>
    generate({
      cmd: 'publish',
      topic: 'bench/relay',
      payload: PAYLOAD,
      qos,
      messageId,
      dup: false,
      retain: false,
    });
  const length = message(1).length;
  // Topic, then the identifier that is acknowledged.
  const idAt = 2 + 2 + 'bench/relay'.length;
  let [received, sent, rest] = [0, 0, Buffer.alloc(0)];
  const send = () => {
    const batch = [];
    for (; sent < received + IN_FLIGHT; sent += 1) batch.push(message((sent % 60_000) + 1));
    if (batch.length > 0) sender.write(Buffer.concat(batch));
  };
  const receive = (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    const whole = Math.floor(bytes.length / length);
    if (qos === 1) {
      const acknowledgements = Buffer.alloc(4 * whole);
      for (let index = 0; index < whole; index += 1) {
        acknowledgements.writeUInt16BE(0x4002, 4 * index);
        bytes.copy(acknowledgements, 4 * index + 2, index * length + idAt, index * length + idAt + 2);
      }
      if (whole > 0) receiver.write(acknowledgements);
    }
    rest = bytes.subarray(whole * length);
    received += whole;
    send();
  };
  receiver.on('data', receive);
  sender.resume();
  const start = performance.now();
  send();
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  const rate = received / ((performance.now() - start) / 1000);
  sender.destroy();
  receiver.destroy();
  return rate;
}

/** Of a gate that has done nothing else: what was needed and is free again would hide what is needed now. */
async function memory({ home, key, upstream }) {
  const gate = await startServe(home, '--mqtt-upstream', `mqtt://127.0.0.1:${upstream}`);
  const sockets = [];
  const open50 = async () => {
    const named = Array.from({ length: 50 }, (_, index) => `idle-${sockets.length + index}`);
    const each = (clientId) => open(gate.mqttPort, { clientId, username: 'any', password: key });
    sockets.push(...(await Promise.all(named.map(each))));
  };
  try {
    while (sockets.length < 100) await open50();
    const before = residentKilobytes(gate.pid);
    while (sockets.length < 100 + IDLE) await open50();
    const each = (residentKilobytes(gate.pid) - before) / IDLE;
    for (const socket of sockets) socket.destroy();
    return {
      what: 'memory for each idle relayed connection (KiB)',
      ratio: each,
      note: `${IDLE} connections`,
    };
  } finally {
    await gate.stop();
  }
}

function residentKilobytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
}

/** A connection that was accepted. */
function open(port, fields) {
  const packet = generate({
    ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, keepalive: 60 },
    ...fields,
  });
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => socket.write(packet));
    socket.once('data', (answer) =>
      answer[3] === 0 ? resolve(socket) : reject(new Error(`answered ${answer[3]}`)),
    );
    socket.once('error', reject);
  });
}

function pluginPath() {
  const { stdout } = spawnSync('sh', ['-c', 'ls /usr/lib/*/mosquitto_dynamic_security.so'], {
    encoding: 'utf8',
  });
  return stdout.split('\n')[0];
}
