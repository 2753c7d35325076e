import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, listens } from '../ports.js';
import { start, stop } from '../serving.js';

// Debian keeps the broker where only root looks.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** Starts Mosquitto on loopback with these lines of configuration. */
export async function startMosquitto(directory, lines) {
  const port = await freePort();
  const configuration = join(directory, `mosquitto-${port}.conf`);
  writeFileSync(configuration, [`user root`, `listener ${port} 127.0.0.1`, ...lines, ''].join('\n'));
  const child = start('mosquitto', ['-c', configuration], { stdio: 'ignore', env });
  const failed = new Promise((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`mosquitto ended with ${code}: ${lines.join(', ')}`)));
  });
  failed.catch(() => {});
  await Promise.race([failed, listens(port)]);
  return { port, pid: child.pid, stop: () => stop(child) };
}

/**
 * Starts Mosquitto so that it lets in the user `bench` by the password `bench`, and has no limit to what is in flight: with its
 * usual 20, version 2.0.11 now and then leaves the last messages of fifty senders in its queue.
 */
export function startMosquittoWithPassword(directory) {
  const passwords = join(directory, 'passwords');
  const { status, error } = spawnSync('mosquitto_passwd', ['-b', '-c', passwords, 'bench', 'bench'], { env });
  if (status !== 0) throw error ?? new Error(`mosquitto_passwd ended with ${status}`);
  return startMosquitto(directory, [
    'allow_anonymous false',
    'max_inflight_messages 0',
    `password_file ${passwords}`,
  ]);
}
