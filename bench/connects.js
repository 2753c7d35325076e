import { spawnSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { generate } from 'mqtt-packet';
import { startMosquitto } from './mosquitto.js';
import { issueToken, startServe } from './serving.js';

/** MQTT connects a second through the gate against Mosquitto with a password file, where it is installed. */
export async function benchConnects({ directory, home, seconds }) {
  if (spawnSync('mosquitto_passwd', ['--help']).error) return [];
  const token = issueToken({ directory, home, id: 'bench-mqtt' });
  const verifier = await startServe(home, '--failed-attempts', 'off');
  const passwords = join(directory, 'passwords');
  spawnSync('mosquitto_passwd', ['-b', '-c', passwords, 'b', 'b']);
  const mosquitto = await startMosquitto(directory, ['allow_anonymous false', `password_file ${passwords}`]);
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

/** Connects a second of eight clients that do nothing else. */
export async function connectsPerSecond(port, { expect, seconds, ...fields }) {
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
