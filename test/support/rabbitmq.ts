import { spawn } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';

/** A RabbitMQ of the test's own: own node, data, cookie, epmd and ports, on loopback; no root, and nothing of the system's. */
export interface RabbitMq {
  readonly mqttPort: number;
  log(): Promise<string>;
  stop(): Promise<void>;
}

export interface RabbitMqOptions {
  /** An empty directory of its own. */
  readonly directory: string;
  /** `rabbitmq.conf`, without its listeners. */
  readonly configuration: string;
  readonly advanced: string;
  /** `enabled_plugins`. */
  readonly plugins: string;
}

/** Starts it and waits until it takes MQTT connections. */
export async function startRabbitMq(options: RabbitMqOptions): Promise<RabbitMq> {
  const { directory, configuration, advanced, plugins } = options;
  const [epmdPort = 0, amqpPort = 0, mqttPort = 0, distributionPort = 0] = await freePorts(4);
  const file = (name: string) => join(directory, name);
  const listeners = `listeners.tcp.1 = 127.0.0.1:${amqpPort}\nmqtt.listeners.tcp.1 = 127.0.0.1:${mqttPort}\n`;
  await mkdir(file('home'), { recursive: true, mode: 0o700 });
  await writeFile(file('rabbitmq.conf'), `${configuration}\n${listeners}`);
  await writeFile(file('advanced.config'), advanced);
  await writeFile(file('enabled_plugins'), plugins);
  const env = {
    HOME: file('home'),
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `keywright-${process.pid}-${mqttPort}@localhost`,
    RABBITMQ_DIST_PORT: String(distributionPort),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(amqpPort),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_CONFIG_FILE: file('rabbitmq.conf'),
    RABBITMQ_ADVANCED_CONFIG_FILE: file('advanced.config'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_LOGS: file('rabbitmq.log'),
    RABBITMQ_PID_FILE: file('pid'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `-setcookie keywright${mqttPort} -kernel inet_dist_use_interface {127,0,0,1}`,
  };
  // In the foreground, so that it is ours to end: erl would leave a daemon behind.
  const epmd = execa('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], { env, reject: false });
  // A group of its own: the script, and erl in it. What erl leaves open does not keep us waiting.
  const server = spawn(SERVER, [], {
    cwd: directory,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve());
    server.once('error', () => resolve());
  });
  const log = () => readFile(file('rabbitmq.log'), 'utf8').catch(() => '');
  const isRunning = () => server.pid !== undefined && server.exitCode === null && server.signalCode === null;
  const stop = async () => {
    // RabbitMQ first: it would start another epmd.
    if (isRunning()) process.kill(-(server.pid ?? 0), 'SIGKILL');
    await ended;
    epmd.kill('SIGKILL');
    await epmd;
  };
  try {
    while (!(await log()).includes('Server startup complete')) {
      if (!isRunning()) throw new Error(`RabbitMQ ended: ${await log()}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { mqttPort, log, stop };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address ? address.port : 0;
    }),
  );
}
