import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { stop } from './serving.js';

// Debian keeps the broker where only root looks.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Starts Mosquitto on loopback with these lines of configuration. */
export async function startMosquitto(directory, lines) {
  const port = 20_000 + Math.floor(Math.random() * 10_000);
  const configuration = join(directory, `mosquitto-${port}.conf`);
  writeFileSync(configuration, [`user root`, `listener ${port} 127.0.0.1`, ...lines, ''].join('\n'));
  const child = spawn('mosquitto', ['-c', configuration], { stdio: 'ignore', env });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const up = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
      socket.on('connect', () => socket.destroy());
    });
    if (up) return { port, stop: () => stop(child) };
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`mosquitto does not listen: ${lines.join(', ')}`);
}
