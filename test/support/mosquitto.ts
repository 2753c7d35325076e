import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import { freePort } from './gateway.js';
import { eventually, scratchDirectory } from './keywright.js';

// Debian keeps the broker where only root looks.
const SYSTEM_PATH = { PATH: `${process.env.PATH}:/usr/sbin` };

/** A running Mosquitto of the test's own. */
export interface Mosquitto {
  readonly port: number;
  /** What it has logged so far. */
  log(): string;
  stop(): Promise<void>;
}

interface MosquittoOptions {
  /** Lines of mosquitto.conf behind `listener`. */
  readonly configuration: string;
  /** Where it listens; a free port unless told. */
  readonly port?: number;
}

/** Starts Mosquitto on loopback and waits until it listens; it is stopped when the test ends. */
export async function startMosquitto({ configuration, port }: MosquittoOptions): Promise<Mosquitto> {
  const directory = await scratchDirectory();
  const taken = port ?? (await freePort());
  const file = join(directory, 'mosquitto.conf');
  await writeFile(file, `user root\nlog_type all\nlistener ${taken} 127.0.0.1\n${configuration}\n`);
  const child = execa('mosquitto', ['-c', file], { env: SYSTEM_PATH, reject: false, stdin: 'ignore' });
  let log = '';
  child.stderr?.on('data', (chunk) => {
    log += chunk;
  });
  const stop = async () => {
    child.kill('SIGTERM');
    await child;
  };
  onTestFinished(stop);
  await eventually(() => listens(taken), { withinMs: 5000, what: `mosquitto listening:\n${log}` });
  return { port: taken, log: () => log, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
