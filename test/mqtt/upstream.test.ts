import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type IConnectPacket } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  eventually,
  registerKey,
  type Server,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js';
import { dial } from '../support/mqtt-wire.js';

const ACL = 'pattern readwrite own/%u/#\npattern readwrite shared/#\n';

interface Fixture<Running extends Server = Server> extends Workshop {
  readonly broker: Mosquitto;
  readonly server: Running;
  readonly token: string;
}

interface FixtureOptions {
  readonly scopes?: readonly string[];
  readonly args?: readonly string[];
  /** Lines of mosquitto.conf. */
  readonly configuration?: string;
}

const fixture = (options?: FixtureOptions) => fixtureBy(serve, options);

async function fixtureBy<Running extends Server>(
  start: (shop: Workshop, args: readonly string[]) => Promise<Running>,
  { scopes = [], args = [], configuration = '' }: FixtureOptions = {},
): Promise<Fixture<Running>> {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'app', ...scopes.flatMap((scope) => ['--scope', scope])]);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  const broker = await startMosquitto({ configuration: `allow_anonymous true\n${configuration}` });
  const server = await start(shop, ['--mqtt-upstream', `mqtt://127.0.0.1:${broker.port}`, ...args]);
  return { ...shop, broker, server, token: await tokenOf(shop, 'app') };
}

async function aclFile({ directory }: Workshop): Promise<string> {
  const path = join(directory, 'acl');
  await writeFile(path, ACL, { mode: 0o644 });
  return path;
}

const tokenOf = ({ directory }: Workshop, id: string) => readFile(join(directory, `${id}_token`), 'utf8');

/** A client straight at the broker. */
async function witness({ broker }: { readonly broker: Mosquitto }, options: IClientOptions = {}) {
  return client(`mqtt://127.0.0.1:${broker.port}`, { username: 'witness', ...options });
}

async function client(url: string, options: IClientOptions): Promise<MqttClient> {
  const connected = await connectAsync(url, { reconnectPeriod: 0, ...options });
  onTestFinished(() => void connected.end(true));
  return connected;
}

const gate = ({ server }: { readonly server: Server }) => `mqtt://127.0.0.1:${server.mqttPort}`;

function heardBy(listener: MqttClient): string[] {
  const heard: string[] = [];
  listener.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
  return heard;
}

const five = { protocolVersion: 5 } as const;

describe('the gate in front of Mosquitto', () => {
  it('relays MQTT 3.1, 3.1.1 and 5 at every QoS, with the client’s id as user name and the gate’s password', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const passwords = join(shop.directory, 'passwords');
    await writeFile(passwords, '', { mode: 0o600 });
    const { execa } = await import('execa');
    for (const name of ['app', 'witness'])
      await execa('mosquitto_passwd', ['-b', passwords, name, 'of the gate']);
    const broker = await startMosquitto({
      configuration: `allow_anonymous false\npassword_file ${passwords}\nacl_file ${await aclFile(shop)}`,
    });
    const secret = join(shop.directory, 'secret');
    await writeFile(secret, 'of the gate\n', { mode: 0o600 });
    const upstream = ['--mqtt-upstream', `mqtt://127.0.0.1:${broker.port}`];
    const server = await serve(shop, [...upstream, '--mqtt-upstream-password-file', secret]);
    const username = await tokenOf(shop, 'app');
    const watcher = await witness({ broker }, { password: 'of the gate' });
    const seen = heardBy(watcher);
    await watcher.subscribeAsync('shared/#');
    for (const protocolVersion of [3, 4, 5] as const) {
      const protocolId = protocolVersion === 3 ? 'MQIsdp' : 'MQTT';
      const device = await client(gate({ server }), {
        clientId: 'app',
        username,
        protocolVersion,
        protocolId,
      });
      const heard = heardBy(device);
      await device.subscribeAsync(['own/app/#', 'shared/back'], { qos: 2 });
      for (const qos of [0, 1, 2] as const) {
        await device.publishAsync('own/app/x', `${protocolVersion}${qos}`, { qos });
        await device.publishAsync('shared/x', `${protocolVersion}${qos}`, { qos });
      }
      const expected = [0, 1, 2].map((qos) => `own/app/x ${protocolVersion}${qos}`);
      await eventually(() => heard.length === 3, { withinMs: 3000, what: 'the messages' });
      expect(heard).toEqual(expected);
      await device.endAsync();
    }
    await eventually(() => seen.length === 9, { withinMs: 3000, what: 'the messages at the broker' });
    expect(broker.log()).toMatch(/as app \(p5, .*u'app'\)/);
    expect(broker.log()).not.toContain(username.slice(10, 60));
    expect(server.log()).not.toContain('of the gate');
  });

  it('takes an MQTT password that suffices alone, and answers a wrong one with 0x86', async () => {
    const shop = await fixture({ configuration: `acl_file ${await aclFile(await workshop())}\n` });
    const password = (await shop.keywright(['key', 'passwd', 'app', '--alone', '--generate'])).stdout;
    const device = { ...five, username: 'app', clientId: 'any' };
    await eventually(
      () =>
        client(gate(shop), { ...device, password }).then(
          () => true,
          () => false,
        ),
      { withinMs: 1500, what: 'the password known' },
    );
    const mine = await client(gate(shop), { ...device, clientId: 'mine', password });
    const heard = heardBy(mine);
    await mine.subscribeAsync('own/app/#');
    await mine.publishAsync('own/app/x', '1', { qos: 1 });
    await eventually(() => heard.length === 1, { withinMs: 3000, what: 'the message' });
    for (const wrong of [{ password: `${password}x` }, { password, username: 'nobody' }])
      await expect(client(gate(shop), { ...device, ...wrong })).rejects.toMatchObject({ code: 0x86 });
    expect(shop.broker.log()).not.toContain(password);
    const end = new Promise<void>((resolve) => mine.once('close', () => resolve()));
    await shop.keywright(['key', 'passwd', 'app', '--delete']);
    await end;
  });

  it('takes clients over TLS and over WebSocket as well', async () => {
    const shop = await fixture({ args: ['--mqtt', 'mqtts://127.0.0.1:0'] });
    const read = (name: string) => readFile(join(shop.directory, name));
    const secure = await client(`mqtts://localhost:${shop.server.mqttPort}`, {
      ...{ ...five, clientId: 'app' },
      ...{ ca: await read('ca.pem'), cert: await read('app_cert.pem'), key: await read('app_key.pem') },
    });
    await shop.keywright(['key', 'gen', 'page']);
    const username = await tokenOf(shop, 'page');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        ...{ withinMs: 1500, what: 'the other one known' },
      },
    );
    const page = await client(`${shop.server.http.replace('http:', 'ws:')}/mqtt`, {
      ...{ ...five, clientId: 'page', username },
    });
    const heard = heardBy(page);
    await page.subscribeAsync('t/#', { qos: 1 });
    await secure.publishAsync('t/1', 'x'.repeat(3_000_000), { qos: 1 });
    await secure.publishAsync('t/2', 'y', { qos: 2 });
    await eventually(() => heard.length === 2, { withinMs: 8000, what: 'both messages' });
    expect(heard.map((text) => text.length)).toEqual([3_000_004, 5]);
  });

  it('leaves what MQTT 5 adds as it is', async () => {
    const shop = await fixture();
    const { apiKey, clientId: id } = await registerKey(shop);
    const watcher = await witness(shop, five);
    await watcher.subscribeAsync('#', { qos: 1 });
    const seen: unknown[] = [];
    watcher.on('message', (topic, payload, { properties }) =>
      seen.push([topic, String(payload), properties]),
    );
    const properties = {
      responseTopic: 'back',
      correlationData: Buffer.from('c'),
      userProperties: { a: ['1', '2'] },
      contentType: 'text/plain',
      messageExpiryInterval: 60,
    };
    const fields = { ...five, clientId: 'd1', username: 'any', password: Buffer.from(apiKey) };
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      ...{ withinMs: 1500, what: 'the key known' },
    });
    const device = dial(shop.server.mqttPort, {
      ...{ ...fields, clean: false, properties: { sessionExpiryInterval: 100, receiveMaximum: 3 } },
      will: { topic: 'will', payload: Buffer.from('gone'), qos: 1, retain: false, properties },
    });
    expect(await device.next('connack')).toMatchObject({ reasonCode: 0, sessionPresent: false });
    device.send({
      cmd: 'publish',
      topic: 't',
      payload: 'p',
      qos: 1,
      messageId: 7,
      dup: false,
      retain: false,
      properties,
    });
    expect(await device.next('puback')).toMatchObject({ messageId: 7 });
    // Without a DISCONNECT: that is what a will is for.
    device.socket.destroy();
    await eventually(() => seen.length === 2, { withinMs: 3000, what: 'the message and the will' });
    expect(seen).toMatchObject([
      ['t', 'p', { ...properties, messageExpiryInterval: expect.any(Number) }],
      ['will', 'gone', { ...properties, messageExpiryInterval: expect.any(Number) }],
    ]);

    const again = dial(shop.server.mqttPort, { ...fields, clean: false });
    expect(await again.next('connack')).toMatchObject({ reasonCode: 0, sessionPresent: true });
    expect(shop.broker.log()).toContain(`as ${id}:d1 (p5`);

    const nameless = dial(shop.server.mqttPort, { ...fields, clientId: '' });
    const { properties: said } = (await nameless.next('connack')) as { properties?: Record<string, string> };
    expect(shop.broker.log()).toContain(`as ${id}:${said?.assignedClientIdentifier} (p5`);
    const strange = { authenticationMethod: 'SCRAM', authenticationData: Buffer.from('x') };
    const refused = dial(shop.server.mqttPort, { ...fields, properties: strange });
    expect(await refused.next('connack')).toMatchObject({ reasonCode: 0x8c });
    const unnamed = dial(shop.server.mqttPort, { ...fields, protocolVersion: 4, clientId: '', clean: true });
    expect(await unnamed.next('connack')).toMatchObject({ returnCode: 0 });
  });

  it('refuses a second CONNECT, AUTH and packets that only brokers send', async () => {
    const shop = await fixture();
    const connect: IConnectPacket = {
      ...{ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 5, clean: true, keepalive: 9 },
      ...{ clientId: 'other', username: shop.token },
    };
    const bad = [
      generate(connect, five),
      Buffer.of(0xf0, 0),
      Buffer.of(0x20, 2, 0, 0),
      Buffer.of(0x00, 0),
      Buffer.of(0x36, 5, 0, 1, 97, 0, 1), // QoS 3
      Buffer.of(0x30, 3, 0, 200, 97), // a topic past the end
      Buffer.of(0x82, 3, 0, 1, 0), // no filter
      Buffer.of(0x80, 6, 0, 1, 0, 0, 1, 97), // the flags of a SUBSCRIBE
      Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1),
    ];
    for (const packet of bad) {
      const device = dial(shop.server.mqttPort, { ...five, username: shop.token });
      await device.next('connack');
      device.send(packet);
      expect([packet, await device.next('disconnect')]).toMatchObject([packet, { reasonCode: 0x82 }]);
      await eventually(device.isClosed, { withinMs: 3000, what: `cut on ${packet.toString('hex')}` });
    }
    await client(gate(shop), { ...five, clientId: 'app', username: shop.token });
  });
});

describe('topic scopes in front of a broker', () => {
  const scopes = ['publish:out/#', 'subscribe:in/#', 'subscribe:out/#'];

  it('hold for every PUBLISH: dropped with 0x87 in MQTT 5, and the end of the connection before', async () => {
    const shop = await fixture({ scopes });
    const watcher = await witness(shop, five);
    const seen = heardBy(watcher);
    await watcher.subscribeAsync('#');
    const device = dial(shop.server.mqttPort, { ...five, username: shop.token });
    expect(await device.next('connack')).toMatchObject({ reasonCode: 0 });
    const publish = { cmd: 'publish', payload: 'x', dup: false, retain: false } as const;
    for (const topic of [
      'elsewhere',
      'out',
      'out/+',
      '$CONTROL/dynamic-security/v1',
      '$SYS/x',
      '$share/g/out/1',
    ]) {
      device.send({ ...publish, topic, qos: 0 });
      device.send({ ...publish, topic, qos: 1, messageId: 1, retain: true });
      const puback = await device.next('puback');
      device.send({ ...publish, topic, qos: 2, messageId: 2 });
      const isFree = topic === 'out';
      expect([topic, puback]).toMatchObject([
        topic,
        { messageId: 1, reasonCode: isFree ? expect.any(Number) : 0x87 },
      ]);
      const pubrec = await device.next('pubrec');
      expect([topic, pubrec]).toMatchObject([
        topic,
        { messageId: 2, reasonCode: isFree ? expect.any(Number) : 0x87 },
      ]);
      if (isFree) device.send({ cmd: 'pubrel', messageId: 2 });
    }
    device.send({ ...publish, topic: 'out/1', payload: 'last', qos: 2, messageId: 9 });
    expect(await device.next('pubrec')).toMatchObject({ messageId: 9 });
    device.send({ cmd: 'pubrel', messageId: 9 });
    await eventually(() => seen.includes('out/1 last'), { withinMs: 3000, what: 'what is allowed' });
    expect(seen.filter((text) => !text.startsWith('out'))).toEqual([]);

    const old = dial(shop.server.mqttPort, { username: shop.token });
    await old.next('connack');
    old.send({ ...publish, topic: 'out/2', qos: 0 });
    old.send({ ...publish, topic: 'elsewhere', qos: 0 });
    await eventually(old.isClosed, { withinMs: 3000, what: 'cut' });
    await eventually(() => seen.includes('out/2 x'), { withinMs: 3000, what: 'what was allowed before' });
    expect(shop.server.log()).toContain('no scope for elsewhere');
  });

  it('are not passed by a topic alias', async () => {
    const shop = await fixture({ scopes, configuration: 'max_topic_alias 5' });
    const watcher = await witness(shop, five);
    const seen = heardBy(watcher);
    await watcher.subscribeAsync('#');
    const begin = async () => {
      const device = dial(shop.server.mqttPort, { ...five, username: shop.token });
      await device.next('connack');
      const publish = async (
        topic: string,
        { topicAlias, messageId }: { topicAlias: number; messageId: number },
      ) => {
        const rest = { payload: `${messageId}`, dup: false, retain: false, qos: 1 as const };
        device.send({ cmd: 'publish', topic, messageId, ...rest, properties: { topicAlias } });
        return (await device.next('puback')).reasonCode ?? 0;
      };
      return { device, publish };
    };
    const { device, publish } = await begin();
    expect(await publish('out/a', { topicAlias: 1, messageId: 1 })).toBe(0);
    expect(await publish('', { topicAlias: 1, messageId: 2 })).toBe(0);
    // Refused with a new meaning: the broker still has the old one.
    expect(await publish('secret', { topicAlias: 1, messageId: 3 })).toBe(0x87);
    expect(await publish('', { topicAlias: 1, messageId: 4 })).toBe(0x87);
    expect(await publish('out/b', { topicAlias: 1, messageId: 5 })).toBe(0);
    expect(await publish('', { topicAlias: 1, messageId: 6 })).toBe(0);
    await eventually(() => seen.length === 4, { withinMs: 3000, what: 'what is allowed' });
    expect(seen).toEqual(['out/a 1', 'out/a 2', 'out/b 5', 'out/b 6']);

    const alias = (topicAlias: number) => ({ topicAlias, messageId: 9 });
    void publish('', alias(2)).catch(() => undefined);
    await eventually(device.isClosed, { withinMs: 3000, what: 'cut on an alias that was not set' });
    for (const topicAlias of [0, 6]) {
      const other = await begin();
      const bytes = generate(
        {
          ...{ cmd: 'publish', topic: 'out/a', payload: 'x', qos: 0, dup: false, retain: false },
          properties: { topicAlias: 3 },
        },
        five,
      );
      bytes[bytes.length - 2] = topicAlias;
      other.device.send(bytes);
      await eventually(other.device.isClosed, { withinMs: 3000, what: `cut on the alias ${topicAlias}` });
    }
    // Two aliases: the one that is checked must not be another than the one that is used.
    const { device: last } = await begin();
    last.send(Buffer.of(0x30, 14, 0, 5, ...Buffer.from('out/a'), 6, 0x23, 0, 1, 0x23, 0, 2));
    await eventually(last.isClosed, { withinMs: 3000, what: 'cut on two aliases' });
  });

  it('hold for every filter of a SUBSCRIBE, in their order', async () => {
    const shop = await fixture({ scopes });
    const filters = [
      'in/1',
      'secret/#',
      '#',
      'out/+/x',
      '$SYS/#',
      '$share/g/in/2',
      '$share/g/secret',
      '$share/g',
      'in/\ufffd',
    ];
    const isOpen = [true, false, false, true, false, true, false, false, false];
    const subscribe = (topics: readonly string[], messageId: number) =>
      ({
        cmd: 'subscribe',
        messageId,
        subscriptions: topics.map((topic) => ({ topic, qos: 1 as const })),
      }) as const;
    for (const protocolVersion of [3, 4, 5] as const) {
      const device = dial(shop.server.mqttPort, { protocolVersion, username: shop.token });
      await device.next('connack');
      const refusal = protocolVersion === 5 ? 0x87 : 0x80;
      const answer = async (topics: readonly string[], messageId: number) => {
        device.send(subscribe(topics, messageId));
        const { messageId: id, granted } = await device.next('suback');
        return [id, granted];
      };
      expect(await answer(filters, 5)).toEqual([5, isOpen.map((open) => (open ? 1 : refusal))]);
      expect(await answer(['secret', '#'], 6)).toEqual([6, [refusal, refusal]]);
      expect(await answer(['in/3'], 5)).toEqual([5, [1]]);
    }
    const device = await client(gate(shop), { ...five, clientId: 'app', username: shop.token });
    const heard = heardBy(device);
    await expect(device.subscribeAsync(['secret/#', 'in/#'])).rejects.toThrow();
    const watcher = await witness(shop);
    await watcher.publishAsync('secret/1', 'x', { qos: 1 });
    await watcher.publishAsync('in/1', 'x', { qos: 1 });
    await eventually(() => heard.length > 0, { withinMs: 3000, what: 'what is allowed' });
    expect(heard).toEqual(['in/1 x']);
  });

  it('hold for deliveries as they are now, and the broker is told that they arrived', async () => {
    const shop = await fixture({ configuration: 'max_queued_messages 5000' });
    const { apiKey, id } = await registerKey(shop);
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      ...{ withinMs: 1500, what: 'the key known' },
    });
    const watcher = await witness(shop);
    const options = { clientId: 'd', username: 'any', password: apiKey };
    for (const protocolVersion of [4, 5] as const) {
      await shop.keywright(['token', 'edit', id, '--scope', 'ingest']);
      const device = await client(gate(shop), { ...options, protocolVersion });
      const heard = heardBy(device);
      await eventually(
        async () =>
          await device.subscribeAsync('#', { qos: 2 }).then(
            () => true,
            () => false,
          ),
        { withinMs: 3000, what: 'subscribed to everything' },
      );
      await watcher.publishAsync('secret/0', 'x', { qos: 1 });
      await eventually(() => heard.includes('secret/0 x'), { withinMs: 3000, what: 'all topics open' });
      await shop.keywright(['token', 'edit', id, '--scope', 'ingest', '--scope', 'subscribe:in/#']);
      await eventually(
        async () =>
          !(await device.subscribeAsync('secret').then(
            () => true,
            () => false,
          )),
        {
          ...{ withinMs: 3000, what: 'the narrower scopes' },
        },
      );
      // More than the broker leaves unacknowledged at a time.
      for (let count = 0; count < 60; count += 1) {
        await watcher.publishAsync(`secret/${count}`, 'hidden', { qos: count % 2 === 0 ? 1 : 2 });
      }
      await watcher.publishAsync('in/1', 'seen', { qos: 2 });
      await eventually(() => heard.includes('in/1 seen'), { withinMs: 5000, what: 'what is allowed' });
      expect(heard.filter((text) => text.endsWith('hidden'))).toEqual([]);
      expect(device.connected).toBe(true);
      await device.endAsync();
    }
  });

  it('hold for wills', async () => {
    const shop = await fixture({ scopes });
    const watcher = await witness(shop);
    const seen = heardBy(watcher);
    await watcher.subscribeAsync('#');
    const will = (topic: string) => ({ topic, payload: Buffer.from('gone'), qos: 0 as const, retain: false });
    for (const topic of ['secret', '$SYS/x']) {
      const old = dial(shop.server.mqttPort, { username: shop.token, will: will(topic) });
      expect(await old.next('connack')).toMatchObject({ returnCode: 5 });
      const device = dial(shop.server.mqttPort, { ...five, username: shop.token, will: will(topic) });
      expect(await device.next('connack')).toMatchObject({ reasonCode: 0x87 });
    }
    const revoked = dial(shop.server.mqttPort, { ...five, username: shop.token, will: will('out/revoked') });
    await revoked.next('connack');
    await shop.keywright(['key', 'gen', 'other', '--scope', 'publish:out/#']);
    const username = await tokenOf(shop, 'other');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        ...{ withinMs: 1500, what: 'the other one known' },
      },
    );
    const lost = dial(shop.server.mqttPort, { clientId: 'other', username, will: will('out/lost') });
    await lost.next('connack');
    await shop.keywright(['key', 'del', 'app']);
    await eventually(revoked.isClosed, { withinMs: 1000, what: 'the revoked one cut' });
    lost.socket.resetAndDestroy();
    await eventually(() => seen.length > 0, { withinMs: 3000, what: 'the will of the lost one' });
    expect(seen).toEqual(['out/lost gone']);
  });
});

describe('a relayed session', () => {
  it('is cut within a second of its key’s deletion, on both sides, and what the broker kept of it is gone', async () => {
    const shop = await fixture();
    const options = {
      clientId: 'app',
      protocolVersion: 5,
      clean: false,
      properties: { sessionExpiryInterval: 1000 },
    } as const;
    const device = await client(gate(shop), { ...options, username: shop.token });
    await device.subscribeAsync('t', { qos: 1 });
    const closed = new Promise<number>((resolve) => device.on('close', () => resolve(performance.now())));
    await shop.keywright(['key', 'del', 'app']);
    const deleted = performance.now();
    expect((await closed) - deleted).toBeLessThan(1000);
    const watcher = await witness(shop);
    await watcher.publishAsync('t', 'for the first one', { qos: 1 });
    await expect(client(gate(shop), { ...options, username: shop.token })).rejects.toThrow('Not authorized');

    await shop.keywright(['key', 'gen', 'app', '--output', 'again']);
    const username = await tokenOf(shop, 'again');
    await eventually(
      async () => (await fetch(shop.server.http, { headers: { authorization: username } })).ok,
      {
        ...{ withinMs: 1500, what: 'the new key known' },
      },
    );
    const next = dial(shop.server.mqttPort, { ...options, username });
    expect(await next.next('connack')).toMatchObject({ reasonCode: 0, sessionPresent: false });
    await watcher.publishAsync('t', 'x', { qos: 1 });
    next.send({ cmd: 'pingreq' });
    await next.next('pingresp');
    expect(next.packets.map(({ cmd }) => cmd)).toEqual(['connack', 'pingresp']);
  });

  it('cannot be taken by another client, whatever client id it names', async () => {
    const shop = await fixture();
    const { apiKey } = await registerKey(shop);
    await eventually(async () => (await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } })).ok, {
      ...{ withinMs: 1500, what: 'the key known' },
    });
    const device = await client(gate(shop), { ...five, clientId: 'app', username: shop.token });
    const other = await client(gate(shop), { ...five, clientId: 'app', username: 'app', password: apiKey });
    await device.publishAsync('t', 'x', { qos: 1 });
    expect([device.connected, other.connected]).toEqual([true, true]);
  });

  it('ends with the broker, and with the gate', async () => {
    const shop = await fixtureBy(serveProgram);
    const device = dial(shop.server.mqttPort, { ...five, username: shop.token });
    await device.next('connack');
    await shop.broker.stop();
    await eventually(device.isClosed, { withinMs: 2000, what: 'closed with the broker' });
    const refused = dial(shop.server.mqttPort, { username: shop.token });
    expect(await refused.next('connack')).toMatchObject({ returnCode: 3 });
    await startMosquitto({ configuration: 'allow_anonymous true', port: shop.broker.port });
    const again = dial(shop.server.mqttPort, { ...five, username: shop.token });
    expect(await again.next('connack')).toMatchObject({ reasonCode: 0 });
    shop.server.process.kill('SIGTERM');
    await eventually(again.isClosed, { withinMs: 2000, what: 'closed with the gate' });
    expect((await shop.server.process).exitCode).toBe(0);
  });
});
