import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { generate } from 'mqtt-packet';
import { issueToken, startServe, stop } from './serving.js';

/** MQTT connects a second through the gate against Mosquitto with a password file, where it is installed. */
export async function benchConnects({ directory, home, seconds }) {
  if (spawnSync('mosquitto_passwd', ['--help']).error) return [];
  const token = issueToken({ directory, home, id: 'bench-mqtt' });
  const verifier = await startServe(home, '--failed-attempts', 'off');
  const mosquitto = await startMosquitto(directory);
  try {
    const good = { clientId: 'bench-mqtt', username: token };
    const ours = await connectsPerSecond(verifier.mqttPort, { ...good, expect: 0, seconds });
    const refused = await connectsPerSecond(verifier.mqttPort, {
      ...good,
      username: 'x',
      expect: 5,
      seconds,
    });
    const theirs = await connectsPerSecond(mosquitto.port, {
      clientId: 'b',
      username: 'b',
      password: 'b',
      expect: 0,
      seconds,
    });
    return [
      {
        what: 'MQTT connects accepted / Mosquitto with a password file',
        ratio: ours / theirs,
        note: `${Math.round(ours)}/s`,
      },
      {
        what: 'MQTT connects refused / Mosquitto with a password file',
        ratio: refused / theirs,
        note: `${Math.round(refused)}/s`,
      },
    ];
  } finally {
    await verifier.stop();
    await mosquitto.stop();
  }
}

async function startMosquitto(directory) {
  const [passwords, configuration] = [join(directory, 'passwords'), join(directory, 'mosquitto.conf')];
  spawnSync('mosquitto_passwd', ['-b', '-c', passwords, 'b', 'b']);
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  writeFileSync(
    configuration,
    `listener ${port} 127.0.0.1\nallow_anonymous false\npassword_file ${passwords}\nuser root\n`,
  );
  const child = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore' });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const up = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (up) return { port, stop: () => stop(child) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`mosquitto does not listen: ${readFileSync(configuration)}`);
}

async function connectsPerSecond(port, { expect, seconds, ...fields }) {
  const packet = generate({
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clean: true,
    keepalive: 10,
    ...fields,
  });
  const end = performance.now() + seconds * 1000;
  let count = 0;
  const worker = async () => {
    while (performance.now() < end) {
      const code = await once(port, packet);
      if (code !== expect) throw new Error(`answered ${code}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return count / seconds;
}

function once(port, packet) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(packet));
    socket.once('data', (answer) => {
      socket.destroy();
      resolve(answer[3]);
    });
    socket.once('error', reject);
  });
}
