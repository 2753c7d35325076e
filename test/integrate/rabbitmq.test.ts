import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server as HttpServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SECRET_PLACEHOLDER } from '../../src/integrate/broker-contract.js';
import { rabbitmq } from '../../src/integrate/rabbitmq.js';
import { eventually, registerKey, serve, type Workshop, workshop } from '../support/keywright.js';
import { type RabbitMq, startRabbitMq } from '../support/rabbitmq.js';
import { connectMqtt } from '../support/requests.js';

const SECRET = 'a-secret-of-24-letters.x';

let directory: string;
let gateway: Gateway;
let broker: RabbitMq;

// It takes fifteen seconds to start: one serves all of these, each with a keywright of its own behind the gateway.
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keywright-rabbitmq-'));
  gateway = await startGateway();
  const printed = rabbitmq.configuration({
    program: ['keywright'],
    version: '0.1.0',
    httpUrl: gateway.url,
    mqttUrl: 'mqtt://127.0.0.1:5653',
    caFile: join(directory, 'ca.pem'),
    home: directory,
    callbackSecretFile: join(directory, 'callback-secret'),
    credentialHeaders: ['Authorization'],
  });
  const files = new Map(printed.map(({ name, text }) => [name, text.replaceAll(SECRET_PLACEHOLDER, SECRET)]));
  broker = await startRabbitMq({
    directory,
    configuration: files.get('rabbitmq.conf') ?? '',
    advanced: files.get('advanced.config') ?? '',
    plugins: files.get('enabled_plugins') ?? '',
  });
}, 240_000);

afterAll(async () => {
  await broker?.stop();
  await gateway?.stop();
  await rm(directory, { recursive: true, force: true });
}, 60_000);

/** Stands between RabbitMQ and keywright like a gateway on the same machine: what goes through it is no longer loopback's own. */
interface Gateway {
  readonly url: string;
  /** Where it passes calls on to; undefined while nobody is there. */
  target: string | undefined;
  readonly calls: string[];
  stop(): Promise<unknown>;
}

async function startGateway(): Promise<Gateway> {
  const calls: string[] = [];
  const server: HttpServer = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      calls.push(`${incoming.url} ${body}`);
      if (running.target === undefined) return void response.writeHead(502).end();
      const headers = { ...incoming.headers, 'x-forwarded-for': '192.0.2.1' };
      const passed = request(
        running.target + incoming.url,
        { method: incoming.method, headers },
        (answer) => {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(response);
        },
      );
      passed.on('error', () => response.writeHead(502).end());
      passed.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const running: Gateway = {
    url: `http://127.0.0.1:${port}`,
    target: undefined,
    calls,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
  return running;
}

async function fixture<T>(
  register: (shop: Workshop) => Promise<T>,
): Promise<{ shop: Workshop; registered: T }> {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'app']);
  const registered = await register(shop);
  const file = join(shop.directory, 'callback-secret');
  await writeFile(file, SECRET);
  await chmod(file, 0o600);
  const server = await serve(shop, ['--callback-secret-file', file]);
  gateway.target = server.http;
  gateway.calls.length = 0;
  return { shop, registered };
}

const url = () => `mqtt://127.0.0.1:${broker.mqttPort}`;
const tokenOf = ({ directory: at }: Workshop) => readFile(join(at, 'app_token'), 'utf8');

const closed = (client: MqttClient) => new Promise<void>((resolve) => client.once('close', () => resolve()));

describe('RabbitMQ, configured as printed', () => {
  it('lets in what keywright’s own listener does, and nothing else', async () => {
    const { shop, registered: key } = await fixture((each) => registerKey(each, '--mqtt-password'));
    const token = await tokenOf(shop);
    const code = async (clientId: string, username: string, password: string) => {
      const { returnCode, client } = await connectMqtt(url(), { clientId, username, password });
      await client.endAsync(true);
      return returnCode;
    };
    expect(await code('app', token, '')).toBe(0);
    // RabbitMQ from 3.11 refuses an empty password before it asks.
    expect(await code('app', token, token)).toBe(0);
    expect(await code('other', token, token)).not.toBe(0);
    expect(await code('app', 'app', token)).toBe(0);
    expect(await code('other', 'app', token)).not.toBe(0);
    expect(await code('anything', 'anybody', key.apiKey)).toBe(0);
    expect(await code('anything', key.apiKey, key.mqttPassword ?? '')).toBe(0);
    expect(await code('other', token, '')).not.toBe(0);
    expect(await code('app', token, 'x')).not.toBe(0);
    expect(await code('app', `${token}0`, '')).not.toBe(0);
    expect(await code('anything', key.apiKey, 'wrong')).not.toBe(0);
    expect(await code('anything', 'guest', 'guest')).not.toBe(0);
    // A session that another client has under its own id.
    expect(await code('app', 'anybody', key.apiKey)).not.toBe(0);
    const asked = gateway.calls.join('\n');
    expect(asked).toContain('/callbacks/rabbitmq/vhost ');
    expect(asked).toContain('client_id=anything');
    const listed = JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout);
    await expect
      .poll(
        async () => JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)[0].lastUsedFrom,
      )
      .toMatch(/127\.0\.0\.1$/);
    expect(listed).toHaveLength(1);
  });

  it('delivers what topic scopes open, and ends whoever publishes or subscribes beyond them', async () => {
    const { registered } = await fixture(async (shop) => ({
      reader: await registerKey(shop, '--scope', 'subscribe:plant/+/temp'),
      writer: await registerKey(shop, '--scope', 'publish:plant/#'),
    }));
    const { reader, writer } = registered;
    const got: string[] = [];
    const subscriber = await connectMqtt(url(), { clientId: 'r', username: 'r', password: reader.apiKey });
    subscriber.client.on('message', (topic, payload) => got.push(`${topic} ${payload}`));
    await subscriber.client.subscribeAsync('plant/+/temp', { qos: 1 });
    const args = [
      '-h',
      '127.0.0.1',
      '-p',
      String(broker.mqttPort),
      '-i',
      'w',
      '-u',
      'w',
      '-P',
      writer.apiKey,
    ];
    const publish = (topic: string) =>
      execa('mosquitto_pub', [...args, '-q', '1', '-t', topic, '-m', '21'], { reject: false });
    expect((await publish('plant/7/temp')).exitCode).toBe(0);
    await eventually(() => got.length === 1, { withinMs: 10_000, what: 'the message' });
    expect(got).toEqual(['plant/7/temp 21']);
    const refused = await execa(
      'mosquitto_pub',
      [...args, '-q', '1', '-t', 'other/7', '-m', 'x', '--repeat', '2', '--repeat-delay', '1'],
      { reject: false, timeout: 20_000 },
    );
    expect(refused.exitCode).not.toBe(0);
    const ended = closed(subscriber.client);
    subscriber.client.subscribe('plant/#', { qos: 1 }, () => undefined);
    await ended;
    expect(gateway.calls.join('\n')).toContain('routing_key=plant.%23');
  });

  it('refuses what is revoked from the next topic on, and everybody while keywright is not there', async () => {
    const { shop, registered: key } = await fixture((each) => registerKey(each));
    const { client, returnCode } = await connectMqtt(url(), {
      clientId: 'd',
      username: 'd',
      password: key.apiKey,
    });
    expect(returnCode).toBe(0);
    await client.publishAsync('a/1', 'x', { qos: 1 });
    await shop.keywright(['token', 'invalidate', key.id]);
    const again = async () => {
      const attempt = await connectMqtt(url(), { clientId: 'e', username: 'd', password: key.apiKey });
      await attempt.client.endAsync(true);
      return attempt.returnCode;
    };
    await expect.poll(again, { timeout: 10_000 }).not.toBe(0);
    const ended = closed(client);
    client.publish('a/2', 'x', { qos: 1 });
    await ended;
    const token = await tokenOf(shop);
    const asApp = async () => {
      const attempt = await connectMqtt(url(), { clientId: 'app', username: token, password: '' });
      await attempt.client.endAsync(true);
      return attempt.returnCode;
    };
    expect(await asApp()).toBe(0);
    gateway.target = undefined;
    expect(await asApp()).not.toBe(0);
  });

  it('is not let in by a keywright that has another secret', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const server = await serve(shop, [], { KEYWRIGHT_CALLBACK_SECRET: `${SECRET}-another` });
    gateway.target = server.http;
    const { returnCode } = await connectMqtt(url(), {
      clientId: 'app',
      username: await tokenOf(shop),
      password: '',
    });
    expect(returnCode).not.toBe(0);
    await expect.poll(() => server.log()).toContain('neither here nor has the secret');
    expect(server.log()).not.toContain(SECRET);
  });
});
