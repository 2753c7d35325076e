import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { connectAsync } from 'mqtt';
import { generate } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  eventually,
  type RegisteredKey,
  registerKey,
  type Server,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { dial, type Wire } from '../support/mqtt-wire.js';

interface Field<Running extends Server = Server> {
  readonly server: Running;
  readonly attacker: RegisteredKey;
  readonly victim: RegisteredKey;
}

const field = (args?: readonly string[]) => fieldBy(serve, args);

/** With the server in a process of its own, which only it can keep busy. */
const fieldOfProcess = (args?: readonly string[]) => fieldBy(serveProgram, args);

async function fieldBy<Running extends Server>(
  start: (shop: Workshop, args: readonly string[]) => Promise<Running>,
  args: readonly string[] = [],
): Promise<Field<Running>> {
  const shop = await workshop();
  const [attacker, victim] = [await registerKey(shop), await registerKey(shop)];
  return { server: await start(shop, args), attacker, victim };
}

const credentials = ({ apiKey }: RegisteredKey) => ({ username: 'any', password: Buffer.from(apiKey) });

async function client(server: Server, key: RegisteredKey, fields: object = {}): Promise<Wire> {
  const wire = dial(server.mqttPort, { ...credentials(key), ...fields });
  await wire.next('connack');
  return wire;
}

const text = (value: string | Buffer) => {
  const octets = Buffer.from(value);
  return Buffer.concat([Buffer.of(octets.length >> 8, octets.length & 0xff), octets]);
};

function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    length.push(left < 128 ? left : (left & 0x7f) | 0x80);
    if (left < 128) break;
  }
  return Buffer.concat([Buffer.of(type, ...length), body]);
}

/** Says octets from the start on, and collects what comes back until the connection ends. */
function say(port: number, octets: Buffer): { readonly socket: Socket; readonly answer: Promise<string> } {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => undefined);
  socket.write(octets);
  return {
    socket,
    answer: new Promise((resolve) =>
      socket.on('close', () => resolve(Buffer.concat(chunks).toString('hex'))),
    ),
  };
}

/** Whether somebody else is served as if nothing were: connects, subscribes, publishes, and asks over HTTP. */
async function othersAreServed({ server, victim }: Field): Promise<void> {
  const health = fetch(`${server.http}/healthz`, { signal: AbortSignal.timeout(4_000) });
  const other = await connectAsync(`mqtt://127.0.0.1:${server.mqttPort}`, {
    ...{ username: 'any', password: victim.apiKey, reconnectPeriod: 0, protocolVersion: 5 as const },
  });
  const heard = new Promise((resolve) =>
    other.on('message', (topic, payload) => resolve(`${topic} ${payload}`)),
  );
  await other.subscribeAsync('still/here', { qos: 1 });
  await other.publishAsync('still/here', 'yes', { qos: 1 });
  expect(await heard).toBe('still/here yes');
  expect((await health).status).toBe(200);
  await other.endAsync();
}

describe('a client that means no good', () => {
  it('takes nobody’s session by a client id that does not fit', async () => {
    const all = await field();
    const device = await client(all.server, all.victim, { clientId: 'device', clean: false });
    const head = Buffer.concat([text('MQTT'), Buffer.of(4, 0xc0, 0, 60)]);
    const body = Buffer.concat([text('x'.repeat(65_535)), text('u'), text(all.attacker.apiKey)]);
    const inside = Buffer.concat([
      text(`${all.victim.clientId}:device`),
      text('u'.repeat(300)),
      text('C'.repeat(30_000)),
    ]);
    for (const octets of [
      packet(0x10, head, body),
      Buffer.concat([packet(0x10, head, body), inside]),
      packet(0x10, head, body, inside),
    ]) {
      const { answer } = say(all.server.mqttPort, octets);
      await othersAreServed(all);
      // 2: the client id is refused; or nothing, where octets are left over.
      expect(['', '20020002']).toContain(await answer);
    }
    for (const clientId of [`${all.victim.clientId}:device`, 'device', `device\ufffd`]) {
      const thief = dial(all.server.mqttPort, { ...credentials(all.attacker), clientId, clean: false });
      expect(await thief.next('connack')).toMatchObject({ sessionPresent: false });
    }
    expect(device.isClosed()).toBe(false);
  });

  it.each(['hangs up', 'goes silent'])(
    'keeps no message from others by not reading, nor ends the server when it %s',
    async (how) => {
      const all = await fieldOfProcess();
      const { server, attacker } = all;
      const slow = await client(server, attacker, {
        clientId: 'slow',
        keepalive: how === 'hangs up' ? 60 : 4,
      });
      slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/x', qos: 0 }] });
      await slow.next('suback');
      slow.socket.pause();
      const message = generate({
        cmd: 'publish',
        topic: 'a/x',
        payload: 'a'.repeat(100),
        qos: 0,
        dup: false,
        retain: false,
      });
      const senders = await Promise.all(
        Array.from({ length: 50 }, (_, index) => client(server, attacker, { clientId: `sender-${index}` })),
      );
      for (const sender of senders) sender.send(Buffer.concat(Array(2_000).fill(message)));
      for (const sender of senders) sender.send({ cmd: 'pingreq' });
      await othersAreServed(all);
      for (const sender of senders) await sender.next('pingresp');
      await eventually(() => server.log().includes('"MQTT messages dropped"'), {
        withinMs: 8_000,
        what: 'a line of what was dropped',
      });
      if (how === 'hangs up') slow.socket.destroy();
      else
        await eventually(() => server.log().includes('keep-alive'), {
          withinMs: 20_000,
          what: 'the silent one ended',
        });
      await othersAreServed(all);
    },
  );

  it('keeps nobody waiting with 100,000 filters at once, nor with as many as are taken', async () => {
    const all = await fieldOfProcess();
    const filters = (count: number) =>
      Buffer.concat(
        Array.from({ length: count }, (_, index) => Buffer.concat([text(index.toString(36)), Buffer.of(0)])),
      );
    const many = await client(all.server, all.attacker, { clientId: 'many' });
    many.send(packet(0x82, Buffer.of(0, 1), filters(100_000)));
    await othersAreServed(all);
    await eventually(many.isClosed, { withinMs: 5_000, what: 'the connection ended' });
    const five = await client(all.server, all.attacker, { clientId: 'five', protocolVersion: 5 });
    five.send(packet(0x82, Buffer.of(0, 1, 0), filters(100_000)));
    expect(await five.next('disconnect')).toMatchObject({ reasonCode: 0x95 });
    const fewer = await client(all.server, all.attacker, { clientId: 'fewer' });
    fewer.send(packet(0x82, Buffer.of(0, 1), filters(15_000)));
    await othersAreServed(all);
    const { granted } = await fewer.next('suback');
    const codes = granted as number[];
    expect([codes.length, codes.slice(0, 1_000).every((code) => code === 0), codes[1_000]]).toEqual([
      15_000,
      true,
      0x80,
    ]);
  });

  it('hands over nothing that is not whole: QoS 3 in a will, and what does not belong into a CONNECT', async () => {
    const all = await field();
    const key = text(all.attacker.apiKey);
    const connectOf = (level: number, flags: number, ...rest: Buffer[]) =>
      packet(
        0x10,
        text(level === 3 ? 'MQIsdp' : 'MQTT'),
        Buffer.of(level, flags, 0, 60),
        ...(level === 5 ? [Buffer.of(0)] : []),
        ...rest,
      );
    const u = text('u');
    const bad: [string, Buffer, string][] = [
      ['a will of QoS 3', connectOf(4, 0xde, text('w'), text('a/will'), text('x'), u, key), ''],
      [
        'a will of QoS 3 in MQTT 5',
        connectOf(5, 0xde, text('w'), Buffer.of(0), text('a/will'), text('x'), u, key),
        '2003008100',
      ],
      ['a will’s flags without a will', connectOf(4, 0xca, text('w'), u, key), ''],
      ['a will to a filter', connectOf(4, 0xc6, text('w'), text('a/#'), text('x'), u, key), ''],
      ['no client id and no clean session', connectOf(4, 0xc0, text(''), u, key), '20020002'],
      ['no client id in MQTT 3.1', connectOf(3, 0xc2, text(''), u, key), '20020002'],
      ['NUL in the client id', connectOf(4, 0xc2, text('a\0b'), u, key), ''],
      ['a client id that is no UTF-8', connectOf(4, 0xc2, text(Buffer.of(0xc3, 0x28)), u, key), ''],
      [
        'half a surrogate in the client id',
        connectOf(4, 0xc2, text(Buffer.of(0xed, 0xa0, 0x80)), u, key),
        '',
      ],
      ['NUL in the user name', connectOf(4, 0xc2, text('w'), text('u\0'), key), ''],
      ['a user name that is no UTF-8', connectOf(4, 0xc2, text('w'), text(Buffer.of(0xff)), key), ''],
      ['octets left over', connectOf(4, 0xc2, text('w'), u, key, Buffer.of(0)), ''],
      ['octets left over in MQTT 5', connectOf(5, 0xc2, text('w'), u, key, Buffer.of(0)), '2003008100'],
      ['a reserved flag', connectOf(4, 0xc3, text('w'), u, key), ''],
      ['a password without a user name', connectOf(4, 0x42, text('w'), key), ''],
    ];
    for (const [what, octets, wanted] of bad) {
      expect([what, await say(all.server.mqttPort, octets).answer]).toEqual([what, wanted]);
    }
    await othersAreServed(all);
    const good = say(all.server.mqttPort, connectOf(4, 0xc2, text('\ufeffé \u{1f600}'), u, key));
    good.socket.once('data', () => good.socket.end());
    expect(await good.answer).toBe('20020000');
  });

  it.each([4, 5] as const)(
    'is disconnected for what MQTT %i forbids, and told where there is a word for it',
    async (protocolVersion) => {
      const all = await field();
      const none = protocolVersion === 5 ? Buffer.of(0) : Buffer.alloc(0);
      const id = Buffer.of(0, 1);
      const bad: [string, Buffer, number][] = [
        ['packet id 0 in a PUBLISH', packet(0x32, text('t'), Buffer.of(0, 0), none), 0x81],
        ['packet id 0 in a SUBSCRIBE', packet(0x82, Buffer.of(0, 0), none, text('t'), Buffer.of(0)), 0x81],
        ['an UNSUBSCRIBE of nothing', packet(0xa2, id, none), 0x81],
        ['a SUBSCRIBE of nothing', packet(0x82, id, none), 0x81],
        ['NUL in a filter', packet(0x82, id, none, text('a\0'), Buffer.of(0)), 0x81],
        ['a filter that is no UTF-8', packet(0x82, id, none, text(Buffer.of(0xc3)), Buffer.of(0)), 0x81],
        ['a topic that is no UTF-8', packet(0x30, text(Buffer.of(0xff, 0xfe)), none), 0x81],
        ['a wildcard in a topic', packet(0x30, text('a/+'), none), 0x90],
        ['QoS 3', packet(0x36, text('t'), id, none), 0x81],
        ['a subscription at QoS 3', packet(0x82, id, none, text('t'), Buffer.of(3)), 0x81],
        [
          'a second CONNECT',
          generate({
            cmd: 'connect',
            clientId: 'x',
            protocolId: 'MQTT',
            protocolVersion: 4,
            clean: true,
            keepalive: 0,
          }),
          0x82,
        ],
        ['what only servers say', Buffer.of(0xd0, 0), 0x82],
        ['a PUBLISH with no topic', packet(0x30, text(''), none), protocolVersion === 5 ? 0x82 : 0x81],
        ['flags in a PINGREQ', Buffer.of(0xc1, 0), 0x81],
        ['a length that does not end', Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1), 0x81],
      ];
      for (const [what, octets, code] of bad) {
        const wire = await client(all.server, all.attacker, { clientId: 'x', protocolVersion });
        wire.send(octets);
        await eventually(wire.isClosed, { withinMs: 3_000, what });
        const told = wire.packets.filter(({ cmd }) => cmd === 'disconnect');
        expect([what, told]).toMatchObject([what, protocolVersion === 5 ? [{ reasonCode: code }] : []]);
      }
      const wire = await client(all.server, all.attacker, { clientId: 'x', protocolVersion });
      const filters = ['a#', '#/a', 'a/#/b', 'a+', '', 'a/#'];
      wire.send(
        packet(0x82, id, none, ...filters.map((filter) => Buffer.concat([text(filter), Buffer.of(0)]))),
      );
      const refusal = protocolVersion === 5 ? 0x8f : 0x80;
      expect(await wire.next('suback')).toMatchObject({
        granted: [refusal, refusal, refusal, refusal, refusal, 0],
      });
      await othersAreServed(all);
    },
  );

  it('leaves a line in the log for each way of not getting in', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    const server = await serve(shop);
    const told = async (octets: Buffer) => {
      const before = server.log().length;
      const { answer } = say(server.mqttPort, octets);
      await answer;
      let line: Record<string, unknown> = {};
      await eventually(
        () => {
          const found = server
            .log()
            .slice(before)
            .split('\n')
            .find((each) => each.includes('MQTT connection refused'));
          if (found !== undefined) line = JSON.parse(found);
          return found !== undefined;
        },
        { withinMs: 3_000, what: `a line for ${octets.toString('latin1')}` },
      );
      return line;
    };
    const connectAs = (fields: object, protocolVersion: 4 | 5 = 4) =>
      generate(
        {
          cmd: 'connect',
          clientId: 'x'.repeat(200),
          protocolId: 'MQTT',
          protocolVersion,
          clean: true,
          keepalive: 0,
          ...fields,
        },
        { protocolVersion },
      );
    const address = '127.0.0.1';
    expect(await told(Buffer.from('GET / HTTP/1.1\r\n\r\n'))).toMatchObject({
      address,
      reason: 'the first packet is not a CONNECT',
    });
    expect(await told(connectAs({}, 5))).toMatchObject({
      address,
      version: 5,
      clientId: 'x'.repeat(80),
      reason: 'missing',
      cause: 'nothing was presented',
    });
    const unknown = `${apiKey.slice(0, -1)}${apiKey.endsWith('0') ? '1' : '0'}`;
    const refused = await told(connectAs({ username: 'u', password: Buffer.from(unknown) }));
    expect(refused).toMatchObject({
      address,
      version: 4,
      reason: 'invalid',
      cause: expect.stringMatching(/API key/),
    });
    expect(server.log()).not.toContain(unknown);
  });

  it('leaves a line in the log for a TLS handshake that fails', async () => {
    const shop = await workshop();
    const server = await serve(shop, ['--mqtt', 'mqtts://127.0.0.1:0']);
    const socket = connectTls({ port: server.mqttPort, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    say(server.mqttPort, Buffer.from('not TLS at all\r\n\r\n'));
    await eventually(() => server.log().split('no TLS handshake').length > 2, {
      withinMs: 3_000,
      what: 'two lines',
    });
    expect(server.log()).toContain('"address":"127.0.0.1"');
  });

  it('fills the memory with nothing that is half sent, over however many connections', async () => {
    const all = await fieldOfProcess(['--mqtt-limit', 'client-held-octets=2500000']);
    const begun = Buffer.concat([Buffer.of(0x30, 0x80, 0x80, 0x80, 1), text('t'), Buffer.alloc(1_500_000)]);
    const fields = { protocolVersion: 5 as const };
    const first = await client(all.server, all.attacker, { ...fields, clientId: 'first' });
    first.send(begun);
    const second = await client(all.server, all.attacker, { ...fields, clientId: 'second' });
    second.send(begun);
    const told = await Promise.race([first.next('disconnect'), second.next('disconnect')]);
    expect(told).toMatchObject({ reasonCode: 0x97 });
    const other = await client(all.server, all.victim, fields);
    other.send(begun);
    await othersAreServed(all);
    expect([first.isClosed(), second.isClosed()].filter((isClosed) => isClosed)).toHaveLength(1);
    expect(other.isClosed()).toBe(false);
    for (const wire of [first, second]) wire.socket.destroy();
    await eventually(
      async () => {
        const again = await client(all.server, all.attacker, { ...fields, clientId: 'third' });
        again.send(begun);
        again.send(Buffer.alloc(2_097_152 - 1_500_003));
        again.send({ cmd: 'pingreq' });
        return again.next('pingresp').then(
          () => true,
          () => false,
        );
      },
      { withinMs: 20_000, what: 'room again' },
    );
  });

  it('ends when the server does, and is told so', async () => {
    const all = await fieldOfProcess();
    const five = await client(all.server, all.attacker, { clientId: 'five', protocolVersion: 5 });
    all.server.process.kill('SIGTERM');
    expect(await five.next('disconnect')).toMatchObject({ reasonCode: 0x8b });
    expect((await all.server.process).exitCode).toBe(0);
  });

  it('is closed when it takes nothing for as long as that may be', async () => {
    const all = await field(['--mqtt-limit', 'stalled-seconds=2', '--mqtt-limit', 'waiting-octets=1048576']);
    const slow = await client(all.server, all.attacker, { clientId: 'slow' });
    slow.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'big', qos: 0 }] });
    await slow.next('suback');
    slow.socket.pause();
    const sender = await client(all.server, all.attacker, { clientId: 'sender' });
    const message = generate({
      cmd: 'publish',
      topic: 'big',
      payload: Buffer.alloc(1_000_000),
      qos: 0,
      dup: false,
      retain: false,
    });
    for (let count = 0; count < 12; count += 1) sender.send(message);
    await eventually(() => all.server.log().includes('it took nothing for 2 seconds'), {
      withinMs: 10_000,
      what: 'the slow one closed',
    });
    await othersAreServed(all);
  });
});
