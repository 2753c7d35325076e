import { readFile } from 'node:fs/promises';
import { connect as connectTcp, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { connectAsync, type IClientOptions, type MqttClient, connect as mqttConnect } from 'mqtt';
import { generate, type IConnectPacket } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { eventually, type Server, serve, type Workshop, workshop } from '../support/keywright.js';

interface Fixture extends Workshop {
  readonly server: Server;
  readonly token: string;
}

async function fixture(args: readonly string[] = [], genArgs: readonly string[] = []): Promise<Fixture> {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'app', ...genArgs]);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  const server = await serve(shop, args);
  return { ...shop, server, token: await tokenOf(shop, 'app') };
}

const tokenOf = ({ directory }: Workshop, id: string) => readFile(join(directory, `${id}_token`), 'utf8');

/** Sends bytes and collects what comes back until the server ends the connection. */
function exchange(socket: Socket, bytes: Buffer | string): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('hex')));
    socket.write(bytes);
  });
}

const open = ({ mqttPort }: Server) => connectTcp(mqttPort, '127.0.0.1');

const CONNECT: IConnectPacket = {
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  clientId: 'app',
  keepalive: 10,
};

const connack = (code: string) => `200200${code}`;

async function client({ server }: Fixture, options: IClientOptions): Promise<MqttClient> {
  const connected = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
    reconnectPeriod: 0,
    ...options,
  });
  onTestFinished(() => void connected.end(true));
  return connected;
}

describe('the MQTT gate in token mode', () => {
  const shared = sharedByTests(() => fixture());

  it('refuses everything but the registered id with its token and no password', async () => {
    const shop = shared();
    const { token } = shop;
    await shop.keywright(['key', 'gen', 'other']);
    const refused: Partial<IConnectPacket>[] = [
      {},
      { username: 'app' },
      { username: '' },
      { username: token, password: Buffer.from('x') },
      { username: 'app', password: Buffer.from(token) },
      { username: token, clientId: 'other' },
      { username: token, clientId: '' },
      { username: token, clientId: 'app/../app' },
      { username: await tokenOf(shop, 'other') },
      { username: 'app:b:intended-wrong-value' },
      { username: `app:b:${'0'.repeat(144)}` },
    ];
    for (const changes of refused) {
      const answer = await exchange(open(shop.server), generate({ ...CONNECT, ...changes }));
      expect([changes, answer]).toEqual([changes, connack('05')]);
    }
    for (const changes of [{}, { password: Buffer.alloc(0) }, { clientId: 'APP' }]) {
      const socket = open(shop.server);
      const answer = exchange(socket, generate({ ...CONNECT, username: token, ...changes }));
      socket.on('data', () => socket.end());
      expect(await answer).toBe(connack('00'));
    }
  });

  it('answers MQTT 3.1 too, and MQTT 5 in its own form', async () => {
    const { server, token } = shared();
    const old = { protocolId: 'MQIsdp', protocolVersion: 3 } as const;
    expect(await exchange(open(server), generate({ ...CONNECT, ...old }))).toBe(connack('05'));
    const socket = open(server);
    const accepted = exchange(socket, generate({ ...CONNECT, ...old, username: token }));
    socket.on('data', () => socket.end());
    expect(await accepted).toBe(connack('00'));

    const five = (changes: object) =>
      generate({ ...CONNECT, protocolVersion: 5, ...changes }, { protocolVersion: 5 });
    expect(await exchange(open(server), five({}))).toBe('2003008700');
    expect(await exchange(open(server), five({ username: 'rubbish' }))).toBe('2003008700');
    const modern = open(server);
    const welcome = exchange(modern, five({ username: token }));
    modern.on('data', () => modern.end());
    expect(await welcome).toMatch(/^20[0-9a-f]{2}0000/);
  });

  it('answers an unknown protocol level with 1', async () => {
    const { server } = shared();
    const packet = generate(CONNECT);
    packet[8] = 9;
    expect(await exchange(open(server), packet)).toBe(connack('01'));
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['a PINGREQ first', Buffer.of(0xc0, 0x00)],
    ['a CONNECT with wrong flags', Buffer.of(0x1f, 0x00)],
    ['an endless length', Buffer.of(0x10, 0xff, 0xff, 0xff, 0xff, 0x7f)],
    ['a CONNECT of 200 MB', Buffer.of(0x10, 0xff, 0xff, 0xff, 0x5f)],
    ['an empty CONNECT', Buffer.of(0x10, 0x00)],
    ['a CONNECT of rubbish', Buffer.concat([Buffer.of(0x10, 0x20), Buffer.alloc(32, 0xff)])],
    ['a string past the end', Buffer.of(0x10, 0x04, 0xff, 0xff, 0x4d, 0x51)],
    ['zeros', Buffer.alloc(1000)],
  ])('closes on %s without a word', async (_, bytes) => {
    const { server } = shared();
    expect(await exchange(open(server), bytes)).toBe('');
    expect(await exchange(open(server), generate(CONNECT))).toBe(connack('05'));
  });

  it('closes on silence and on half a CONNECT after a few seconds', async () => {
    const { server } = shared();
    const start = performance.now();
    const answers = [exchange(open(server), ''), exchange(open(server), generate(CONNECT).subarray(0, 7))];
    expect(await Promise.all(answers)).toEqual(['', '']);
    expect(performance.now() - start).toBeGreaterThan(3000);
    expect(performance.now() - start).toBeLessThan(15_000);
  });

  it('takes a CONNECT that comes octet by octet', async () => {
    const { server, token } = shared();
    const socket = open(server).setNoDelay(true);
    const answer = exchange(socket, '');
    for (const octet of generate({ ...CONNECT, username: token })) {
      socket.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    socket.on('data', () => socket.end());
    expect(await answer).toBe(connack('00'));
  });

  it('loses nothing that comes right behind the CONNECT', async () => {
    const shop = shared();
    await shop.keywright(['key', 'gen', 'listener']);
    const username = await tokenOf(shop, 'listener');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        withinMs: 1000,
        what: 'the listener known',
      },
    );
    const listener = await client(shop, { clientId: 'listener', username });
    await listener.subscribeAsync('t');
    const heard = new Promise((resolve) => listener.on('message', (_, payload) => resolve(String(payload))));
    const publish = generate({
      cmd: 'publish',
      topic: 't',
      payload: 'at once',
      qos: 0,
      dup: false,
      retain: false,
    });
    const socket = open(shop.server);
    void exchange(socket, Buffer.concat([generate({ ...CONNECT, username: shop.token }), publish]));
    expect(await heard).toBe('at once');
    socket.destroy();
  });

  it.each([0, 1, 2] as const)('delivers at QoS %i', async (qos) => {
    const shop = shared();
    const device = await client(shop, { clientId: 'app', username: shop.token });
    await device.subscribeAsync('a/+', { qos });
    const heard = new Promise((resolve) =>
      device.on('message', (topic, payload, packet) => resolve([topic, String(payload), packet.qos])),
    );
    await device.publishAsync('a/b', 'hello', { qos });
    expect(await heard).toEqual(['a/b', 'hello', qos]);
  });

  it('holds a client to its topic scopes, and refuses one without a scope to connect', async () => {
    const shop = await fixture(
      [],
      [
        '--scope',
        'ingest',
        '--scope',
        'publish:out/#',
        '--scope',
        'subscribe:in/#',
        '--scope',
        'subscribe:out/#',
      ],
    );
    const device = await client(shop, { clientId: 'app', username: shop.token });
    const heard: string[] = [];
    device.on('message', (topic) => heard.push(topic));
    await device.subscribeAsync(['in/x', 'out/#']);
    await expect(device.subscribeAsync('elsewhere')).rejects.toThrow();
    await device.publishAsync('out/1', 'x', { qos: 1 });
    await eventually(() => heard.includes('out/1'), { withinMs: 2000, what: 'an allowed publish' });
    await device.publishAsync('elsewhere', 'x', { qos: 0 });
    await eventually(() => !device.connected, {
      withinMs: 2000,
      what: 'the connection closed on a forbidden publish',
    });

    await shop.keywright(['key', 'gen', 'meter', '--scope', 'metrics']);
    const username = await tokenOf(shop, 'meter');
    expect(await exchange(open(shop.server), generate({ ...CONNECT, clientId: 'meter', username }))).toBe(
      connack('05'),
    );
  });

  it('delivers nothing from a filter that it denied, beside one that it granted', async () => {
    const shop = await fixture([], ['--scope', 'ingest', '--scope', 'subscribe:ok/#']);
    const options = { clientId: 'app', username: shop.token, clean: false };
    const away = await client(shop, options);
    await expect(away.subscribeAsync(['ok/x', 'secret/#'], { qos: 1 })).rejects.toThrow();
    await away.endAsync();
    const { apiKey } = JSON.parse((await shop.keywright(['register', 'token', '--json'])).stdout);
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      withinMs: 1000,
      what: 'the key known',
    });
    const other = await client(shop, { username: 'x', password: apiKey });
    await other.publishAsync('secret/plans', 'x', { qos: 1 });
    await other.publishAsync('ok/x', 'x', { qos: 1 });
    const heard: string[] = [];
    const again = mqttConnect(`mqtt://127.0.0.1:${shop.server.mqttPort}`, { reconnectPeriod: 0, ...options });
    onTestFinished(() => void again.end(true));
    again.on('message', (topic) => heard.push(topic));
    await eventually(() => heard.includes('ok/x'), { withinMs: 3000, what: 'what was granted' });
    await other.publishAsync('secret/live', 'x', { qos: 1 });
    await other.publishAsync('ok/x', 'y', { qos: 1 });
    await eventually(() => heard.length > 1, { withinMs: 3000, what: 'what was granted, live' });
    expect(heard).toEqual(['ok/x', 'ok/x']);
  });

  it('publishes no will to a topic that MQTT forbids', async () => {
    const shop = await fixture();
    for (const topic of ['#', 'a/+', 'a\0']) {
      const will = { topic, payload: Buffer.from('W'), qos: 0 as const, retain: true };
      const socket = open(shop.server);
      const answer = exchange(socket, generate({ ...CONNECT, username: shop.token, will }));
      socket.on('data', () => socket.destroy());
      await answer;
    }
    const device = await client(shop, { clientId: 'app', username: shop.token });
    const heard: string[] = [];
    device.on('message', (name) => heard.push(name));
    await device.subscribeAsync('#');
    await device.publishAsync('end', 'x', { qos: 1 });
    await eventually(() => heard.includes('end'), { withinMs: 2000, what: 'the last message' });
    expect(heard).toEqual(['end']);
  });

  it('shows no client what the broker says of others', async () => {
    const shop = shared();
    const device = await client(shop, { clientId: 'app', username: shop.token });
    await expect(device.subscribeAsync('$SYS/#')).rejects.toThrow();
  });

  it('closes on a packet of more than 8 MiB before it is sent', async () => {
    const shop = shared();
    const socket = open(shop.server);
    const closed = exchange(socket, generate({ ...CONNECT, username: shop.token }));
    socket.once('data', () => socket.write(Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0x00, 0x01)));
    expect(await closed).toBe(connack('00'));
    const device = await client(shop, { clientId: 'app', username: shop.token });
    await device.publishAsync('t', Buffer.alloc(5_000_000), { qos: 1 });
  });

  it('hangs up on a refused client that does not', async () => {
    const { server } = shared();
    const socket = connectTcp({ port: server.mqttPort, host: '127.0.0.1', allowHalfOpen: true });
    const answer = exchange(socket, generate(CONNECT));
    // A socket that is gone on the other side answers a write with a reset.
    const knocking = setInterval(() => socket.write('x'), 200);
    expect(await answer.finally(() => clearInterval(knocking))).toBe(connack('05'));
  });

  it('keeps one session for an id, however it is spelled', async () => {
    const shop = shared();
    const first = await client(shop, { clientId: 'APP', username: shop.token });
    await client(shop, { clientId: 'app', username: shop.token });
    await eventually(() => !first.connected, { withinMs: 2000, what: 'the first one taken over' });
  });

  it('says in the log who was refused and why, without any secret', async () => {
    const shop = await fixture([], ['--scope', 'publish:out/#']);
    await exchange(open(shop.server), generate({ ...CONNECT, clientId: 'stranger', username: 'x:b:secret' }));
    const device = await client(shop, { clientId: 'app', username: shop.token });
    await device.publishAsync('elsewhere', 'x');
    await eventually(() => !device.connected, { withinMs: 2000, what: 'the connection closed' });
    const again = await client(shop, { clientId: 'app', username: shop.token });
    await shop.keywright(['key', 'del', 'app']);
    await eventually(() => !again.connected, { withinMs: 1000, what: 'the session ended' });
    const events = shop.server
      .log()
      .split('\n')
      .filter((line) => line.includes('"clientId"'))
      .map((line) => JSON.parse(line));
    expect(events[0].cause).toBe('what was presented does not have the form of any credential');
    expect(events.map(({ msg, clientId, reason }) => [msg, clientId, reason])).toEqual([
      ['MQTT connection refused', 'stranger', 'invalid'],
      ['MQTT publish refused', 'app', 'no scope for elsewhere'],
      ['MQTT connection ended', 'app', 'its credential does not hold any more'],
    ]);
    expect(shop.server.log()).not.toContain('secret');
    expect(shop.server.log()).not.toContain(shop.token.slice(10, 60));
  });

  it('lets everybody in only where that was said', async () => {
    const shop = await fixture(['--mqtt-enable-token-auth', 'false']);
    expect(shop.server.log()).toContain('MQTT authentication is off: every client gets in');
    const anyone = await client(shop, { clientId: 'anyone' });
    await anyone.publishAsync('t', 'x', { qos: 1 });
  });
});

describe('an API key over MQTT', () => {
  const shared = sharedByTests(() => fixture());

  it('is the password, under any user name and client id; a bad one is 4, a lacking scope 5', async () => {
    const shop = shared();
    const register = async (...args: string[]) =>
      JSON.parse((await shop.keywright(['register', 'token', '--json', ...args])).stdout);
    const [good, metrics] = [await register(), await register('--scope', 'metrics')];
    const ask = ({
      password = '',
      ...changes
    }: {
      clientId?: string;
      username?: string;
      password?: string;
    }) => {
      const socket = open(shop.server);
      const answer = exchange(
        socket,
        generate({ ...CONNECT, username: 'my-device', password: Buffer.from(password), ...changes }),
      );
      socket.on('data', () => socket.end());
      return answer;
    };
    await eventually(async () => (await ask({ password: good.apiKey })) === connack('00'), {
      withinMs: 1500,
      what: 'the key known',
    });
    expect(await ask({ clientId: 'anything goes/here', password: good.apiKey })).toBe(connack('00'));
    expect(await ask({ password: good.wrapped })).toBe(connack('00'));
    // Registered last: until it is known here it is a wrong key.
    await eventually(async () => (await ask({ password: metrics.apiKey })) === connack('05'), {
      withinMs: 1000,
      what: 'the lacking scope',
    });
    expect(await ask({ password: `${good.apiKey.slice(0, -1)}_` })).toBe(connack('04'));
    expect(await ask({ password: good.apiKey.replace(/.$/, good.apiKey.endsWith('0') ? '1' : '0') })).toBe(
      connack('04'),
    );
    // Its client has no MQTT password: as user name it needs none.
    expect(await ask({ username: good.apiKey })).toBe(connack('00'));
    expect(await ask({ username: good.apiKey, password: 'x' })).toBe(connack('04'));
    await shop.keywright(['token', 'delete', good.id]);
    await eventually(async () => (await ask({ password: good.apiKey })) === connack('04'), {
      withinMs: 1500,
      what: 'the key refused',
    });
  });

  it('does not take another client’s session, whatever client id it names', async () => {
    const shop = shared();
    const { apiKey, id } = JSON.parse((await shop.keywright(['register', 'token', '--json'])).stdout);
    const device = await client(shop, { clientId: 'app', username: shop.token });
    const heard: string[] = [];
    device.on('message', (_, payload) => heard.push(String(payload)));
    await device.subscribeAsync('t');
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      withinMs: 1000,
      what: 'the key known',
    });
    const other = await client(shop, { clientId: 'app', username: 'any', password: apiKey });
    await other.publishAsync('t', 'both live', { qos: 1 });
    await eventually(() => heard.includes('both live'), { withinMs: 2000, what: 'the first session alive' });
    expect([device.connected, other.connected]).toEqual([true, true]);
    await shop.keywright(['token', 'invalidate', id]);
    await eventually(() => !other.connected, { withinMs: 1000, what: 'the invalidated one closed' });
    expect(device.connected).toBe(true);
  });
});

describe('MQTT over WebSocket', () => {
  it('is at /mqtt of the HTTP address, with the same credentials', async () => {
    const shop = await fixture();
    const url = `${shop.server.http.replace('http:', 'ws:')}/mqtt`;
    const { apiKey } = JSON.parse((await shop.keywright(['register', 'token', '--json'])).stdout);
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      withinMs: 1000,
      what: 'the key known',
    });
    const device = await connectAsync(url, { reconnectPeriod: 0, clientId: 'app', username: shop.token });
    const other = await connectAsync(url, { reconnectPeriod: 0, username: 'my-device', password: apiKey });
    onTestFinished(() => {
      device.end(true);
      other.end(true);
    });
    const heard: string[] = [];
    device.on('message', (_, payload) => heard.push(String(payload)));
    await device.subscribeAsync('sensors/+');
    await other.publishAsync('sensors/temperature', '{"temp": 22.5}', { qos: 1 });
    await eventually(() => heard.length > 0, { withinMs: 2000, what: 'the message' });
    expect(heard).toEqual(['{"temp": 22.5}']);
    await expect(connectAsync(url, { reconnectPeriod: 0, clientId: 'app' })).rejects.toThrow(
      'Not authorized',
    );

    await shop.keywright(['key', 'del', 'app']);
    await eventually(() => !device.connected, { withinMs: 1000, what: 'the deleted one closed' });
    expect(other.connected).toBe(true);
  });

  it('is not what other paths upgrade to: they are answered like any request', async () => {
    const { server } = await fixture();
    const upgrade =
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n';
    const socket = () => connectTcp(Number(new URL(server.http).port), '127.0.0.1');
    const ask = async (path: string) =>
      Buffer.from(
        await exchange(socket(), `GET ${path} HTTP/1.1\r\nHost: x\r\n${upgrade}\r\n`),
        'hex',
      ).toString();
    expect(await ask('/elsewhere')).toMatch(/^HTTP\/1\.1 401 [\s\S]*"reason":"missing token"/);
    expect(await ask('/healthz')).toMatch(/^HTTP\/1\.1 200 /);
    expect(await ask('/mqtt')).toMatch(/^HTTP\/1\.1 101 /);
  });
});

describe('a live session', () => {
  it('is closed within a second of its key’s deletion, and its queue is gone', async () => {
    const shop = await fixture();
    const device = await client(shop, { clientId: 'app', username: shop.token, clean: false });
    await device.subscribeAsync('t', { qos: 1 });
    const closed = new Promise<number>((resolve) => device.on('close', () => resolve(performance.now())));
    await shop.keywright(['key', 'del', 'app']);
    const deleted = performance.now();
    expect((await closed) - deleted).toBeLessThan(1000);
    await expect(client(shop, { clientId: 'app', username: shop.token })).rejects.toThrow('Not authorized');

    await shop.keywright(['key', 'gen', 'app', '--output', 'again']);
    const username = await tokenOf(shop, 'again');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        withinMs: 1000,
        what: 'the new key known',
      },
    );
    const connected = await client(shop, { clientId: 'app', username, clean: false });
    // The first one's subscription is not the second one's.
    const heard: string[] = [];
    connected.on('message', (topic) => heard.push(topic));
    await connected.subscribeAsync('end');
    await connected.publishAsync('t', 'x', { qos: 1 });
    await connected.publishAsync('end', 'x', { qos: 1 });
    await eventually(() => heard.includes('end'), { withinMs: 2000, what: 'the last message' });
    expect(heard).toEqual(['end']);
  });

  it('is closed when its credentials are replaced, and when they end', async () => {
    const shop = await fixture();
    const replaced = await client(shop, { clientId: 'app', username: shop.token });
    await shop.keywright(['key', 'gen', 'app', '--force']);
    await eventually(() => !replaced.connected, { withinMs: 1000, what: 'the replaced one closed' });

    await shop.keywright(['key', 'gen', 'brief', '--valid-for', '4s']);
    const username = await tokenOf(shop, 'brief');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        withinMs: 1000,
        what: 'the brief one known',
      },
    );
    const brief = await client(shop, { clientId: 'brief', username });
    expect(brief.connected).toBe(true);
    await eventually(() => !brief.connected, { withinMs: 6000, what: 'the ended one closed' });
  });

  it('is left alone when another client is deleted', async () => {
    const shop = await fixture();
    await shop.keywright(['key', 'gen', 'other']);
    const device = await client(shop, { clientId: 'app', username: shop.token });
    await shop.keywright(['key', 'del', 'other']);
    await eventually(
      async () => {
        const headers = { authorization: await tokenOf(shop, 'other') };
        return (await fetch(shop.server.http, { headers })).status === 401;
      },
      { withinMs: 1000, what: 'the other one refused' },
    );
    expect(device.connected).toBe(true);
  });
});

describe.each([
  ['mqtts address', ['--mqtt', 'mqtts://127.0.0.1:0']],
  ['--mqtt-enable-tls', ['--mqtt-enable-tls', 'true']],
  [
    '--mqtt-enable-tls without token authentication',
    ['--mqtt-enable-tls', 'true', '--mqtt-enable-token-auth', 'false'],
  ],
])('the MQTT gate with TLS by %s', (_, args) => {
  const shared = sharedByTests(() => fixture(args));

  async function dial({ directory, server }: Fixture, prefix: string | undefined) {
    const read = (name: string) => readFile(join(directory, name), 'utf8');
    const identity = prefix && {
      cert: await read(`${prefix}_cert.pem`),
      key: await read(`${prefix}_key.pem`),
    };
    return connectTls({
      port: server.mqttPort,
      host: '127.0.0.1',
      ca: await read('ca.pem'),
      ...(identity || {}),
    });
  }

  it('takes only a registered certificate for its own id, with neither user name nor password', async () => {
    const shop = shared();
    await shop.keywright(['key', 'gen', 'other']);
    await shop.keywright(['key', 'gen', 'gone']);
    await shop.keywright(['key', 'del', 'gone']);
    const ask = async (prefix: string | undefined, changes: Partial<IConnectPacket>) => {
      const socket = await dial(shop, prefix);
      const answer = exchange(socket, generate({ ...CONNECT, ...changes }));
      socket.on('data', () => socket.end());
      return answer;
    };
    await eventually(async () => (await ask('other', { clientId: 'other' })) === connack('00'), {
      withinMs: 1500,
      what: 'known',
    });
    expect(await ask('app', {})).toBe(connack('00'));
    expect(await ask('app', { clientId: 'other' })).toBe(connack('05'));
    expect(await ask('app', { username: shop.token })).toBe(connack('05'));
    expect(await ask('app', { username: 'x', password: Buffer.from('y') })).toBe(connack('05'));
    await eventually(async () => (await ask('gone', { clientId: 'gone' })) === connack('05'), {
      withinMs: 1500,
      what: 'the deleted one refused',
    });
    expect(await ask(undefined, { username: shop.token })).toBe('');
    expect(await ask(undefined, {})).toBe('');
  });

  it('refuses a certificate of another CA and one that has expired', async () => {
    const shop = shared();
    const stranger = await workshop();
    await stranger.keywright(['key', 'gen', 'app', '--output', join(shop.directory, 'stranger')]);
    expect(await exchange(await dial(shop, 'stranger'), generate(CONNECT))).toBe('');

    await shop.keywright(['key', 'gen', 'brief', '--valid-for', '3s']);
    await eventually(
      async () =>
        (await shop.keywright(['verify', '--cert', 'brief_cert.pem'])).stdout.startsWith(
          'refused: it has expired',
        ),
      { withinMs: 8000, what: 'the end of the brief one' },
    );
    const answer = await exchange(await dial(shop, 'brief'), generate({ ...CONNECT, clientId: 'brief' }));
    expect(['', connack('05')]).toContain(answer);
  });
});
