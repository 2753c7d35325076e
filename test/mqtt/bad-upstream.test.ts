import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { parser } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort } from '../support/gateway.js';
import {
  eventually,
  type Server,
  type ServerProcess,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

const SECRET = 'the secret of the gate';

/** A broker that does what it is told, and what it got. */
async function brokerThat(
  act: (socket: Socket) => void,
): Promise<{ port: number; received: () => Buffer; open: () => number }> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => received.push(chunk));
    act(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { port, received: () => Buffer.concat(received), open: () => sockets.size };
}

interface Gate<Running> extends Workshop {
  readonly server: Running;
  readonly token: string;
}

const gateTo = (port: number, env?: Record<string, string>) => startGate(serve, port, env);

/** In a process of its own, whose memory can be measured. */
const gateProcessTo = (port: number) => startGate(serveProgram, port);

async function startGate<Running extends Server>(
  start: (shop: Workshop, args: readonly string[], env: Record<string, string>) => Promise<Running>,
  port: number,
  env: Record<string, string> = {},
): Promise<Gate<Running>> {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'app']);
  const server = await start(shop, ['--mqtt-upstream', `mqtt://127.0.0.1:${port}`], {
    KEYWRIGHT_MQTT_UPSTREAM_PASSWORD: SECRET,
    ...env,
  });
  return { ...shop, server, token: await readFile(join(shop.directory, 'app_token'), 'utf8') };
}

const ACCEPTED = Buffer.of(0x20, 2, 0, 0);
const ACCEPTED_FIVE = Buffer.of(0x20, 3, 0, 0, 0);

/** Does something on the first octets. */
const onFirst = (act: (socket: Socket) => void) => (socket: Socket) =>
  void socket.once('data', () => act(socket));

const residentBytes = async ({ process: { pid } }: ServerProcess) => {
  const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) * 1024;
};

/** Waits until nothing moves any more: what the system holds for the sockets is full. */
async function standstill(moved: () => number): Promise<void> {
  let [same, last] = [0, -1];
  const isSame = () => {
    const now = moved();
    same = now === last ? same + 1 : 0;
    last = now;
    return same > 40;
  };
  await eventually(isSame, { withinMs: 20_000, what: 'a standstill' });
}

describe('an upstream that is no good', () => {
  it('is told of a client by its id alone: no credential of the client’s goes there', async () => {
    const broker = await brokerThat(onFirst((socket) => socket.write(ACCEPTED_FIVE)));
    const { server, token } = await gateTo(broker.port);
    const device = dial(server.mqttPort, {
      ...{ protocolVersion: 5, username: token, keepalive: 33, clientId: 'APP', clean: false },
      properties: { sessionExpiryInterval: 9, topicAliasMaximum: 7, userProperties: { a: 'b' } },
    });
    await device.next('connack');
    const packets: unknown[] = [];
    parser()
      .on('packet', (packet) => packets.push(packet))
      .parse(broker.received());
    expect(packets).toMatchObject([
      { clientId: 'app', username: 'app', keepalive: 33, clean: false, protocolVersion: 5 },
    ]);
    expect(packets).toMatchObject([{ password: Buffer.from(SECRET) }]);
    expect(packets).toMatchObject([{ properties: { sessionExpiryInterval: 9, userProperties: { a: 'b' } } }]);
    expect(broker.received().includes(token.slice(6, 40))).toBe(false);
  });

  it.each<[string, RegExp, (socket: Socket) => void]>([
    ['does not answer', /gave no answer within 5 seconds/, () => undefined],
    [
      'refuses',
      /refused the connection with code 5/,
      onFirst((socket) => socket.write(Buffer.of(0x20, 2, 0, 5))),
    ],
    ['hangs up', /hung up without an answer/, onFirst((socket) => socket.end())],
    ['resets', /cannot be reached: ECONNRESET/, onFirst((socket) => socket.resetAndDestroy())],
    ['says half a CONNACK and hangs up', /hung up/, onFirst((socket) => socket.end(Buffer.of(0x20, 2, 0)))],
    [
      'says half a CONNACK and no more',
      /no answer within/,
      onFirst((socket) => socket.write(Buffer.of(0x20, 2, 0))),
    ],
    ['speaks HTTP', /not a CONNACK/, onFirst((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))],
    [
      'speaks before it is asked',
      /not a CONNACK/,
      (socket) => socket.write('220 mail.example.com ESMTP\r\n'),
    ],
    ['sends another packet', /not a CONNACK/, onFirst((socket) => socket.write(Buffer.of(0xd0, 0)))],
    [
      'sends an endless length',
      /not a CONNACK/,
      onFirst((socket) => socket.write(Buffer.alloc(9, 0xff).fill(0x20, 0, 1))),
    ],
    [
      'announces megabytes',
      /not a CONNACK/,
      onFirst((socket) => socket.write(Buffer.of(0x20, 0xff, 0xff, 0x7f, 0, 0))),
    ],
    ['sends an empty CONNACK', /not a CONNACK/, onFirst((socket) => socket.write(Buffer.of(0x20, 0)))],
  ])('%s: CONNACK 3 or 0x88, and the log says why', async (_, reason, act) => {
    const broker = await brokerThat(act);
    const { server, token } = await gateTo(broker.port);
    const [old, five] = [4, 5].map((version) =>
      dial(server.mqttPort, { protocolVersion: version as 4 | 5, username: token }),
    );
    expect(await old?.next('connack')).toMatchObject({ returnCode: 3 });
    expect(await five?.next('connack')).toMatchObject({ reasonCode: 0x88 });
    await eventually(() => broker.open() === 0, { withinMs: 4000, what: 'let go of' });
    expect(server.log()).toMatch(reason);
    expect(server.log()).not.toContain(SECRET);
  });

  it('is not there: CONNACK 3 or 0x88, at once', async () => {
    const { server, token } = await gateTo(await freePort());
    expect(await dial(server.mqttPort, { username: token }).next('connack')).toMatchObject({ returnCode: 3 });
    const five = dial(server.mqttPort, { protocolVersion: 5, username: token });
    expect(await five.next('connack')).toMatchObject({ reasonCode: 0x88 });
    expect(server.log()).toMatch(/cannot be reached: ECONNREFUSED/);
    // Who is not let in does not learn that.
    expect(await dial(server.mqttPort, { username: 'x' }).next('connack')).toMatchObject({ returnCode: 5 });
  });

  it.each<[string, Buffer]>([
    ['a second CONNACK', ACCEPTED],
    ['a CONNECT', Buffer.of(0x10, 0)],
    ['a topic past the end', Buffer.of(0x30, 3, 0, 9, 97)],
    ['an empty topic', Buffer.of(0x30, 3, 0, 0, 97)],
    ['an endless length', Buffer.of(0x30, 0xff, 0xff, 0xff, 0xff, 1)],
    ['noise', Buffer.alloc(100, 0xff)],
  ])('says %s after its CONNACK: the connection ends, and no other', async (_, bytes) => {
    const broker = await brokerThat(onFirst((socket) => socket.write(Buffer.concat([ACCEPTED, bytes]))));
    const { server, token } = await gateTo(broker.port);
    const device = dial(server.mqttPort, { username: token });
    expect(await device.next('connack')).toMatchObject({ returnCode: 0 });
    await eventually(device.isClosed, { withinMs: 3000, what: 'cut' });
    expect(device.packets).toHaveLength(1);
    expect(server.log()).toContain('the upstream broker sent what MQTT does not allow');
    expect(await dial(server.mqttPort, { username: token }).next('connack')).toMatchObject({ returnCode: 0 });
  });

  it.each<[string, (socket: Socket) => void]>([
    ['ends', (socket) => socket.end()],
    ['is reset', (socket) => socket.resetAndDestroy()],
    ['dies within a packet', (socket) => socket.end(Buffer.of(0x30, 100, 0, 1, 97))],
  ])('%s while a session is open: so does the client’s', async (_, act) => {
    const sockets: Socket[] = [];
    const broker = await brokerThat((socket) => {
      sockets.push(socket);
      socket.once('data', () => socket.write(ACCEPTED));
    });
    const { server, token } = await gateTo(broker.port);
    const device = dial(server.mqttPort, { username: token });
    await device.next('connack');
    for (const socket of sockets) act(socket);
    await eventually(device.isClosed, { withinMs: 3000, what: 'closed' });
  });

  it('lets go of the broker when the client goes, before the CONNACK and after', async () => {
    const silent = await brokerThat(() => undefined);
    const early = await gateTo(silent.port);
    const impatient = dial(early.server.mqttPort, { username: early.token });
    await eventually(() => silent.open() === 1, { withinMs: 3000, what: 'asked' });
    await eventually(() => silent.received().length > 0, { withinMs: 3000, what: 'the CONNECT' });
    impatient.socket.resetAndDestroy();
    await eventually(() => silent.open() === 0, { withinMs: 3000, what: 'let go of' });
    expect([...silent.received().subarray(-2)]).toEqual([0xe0, 0]);

    const broker = await brokerThat(onFirst((socket) => socket.write(ACCEPTED)));
    const late = await gateTo(broker.port);
    for (const leave of [(socket: Socket) => socket.end(), (socket: Socket) => socket.resetAndDestroy()]) {
      const device = dial(late.server.mqttPort, { username: late.token });
      await device.next('connack');
      device.send({ cmd: 'publish', topic: 't', payload: 'last', qos: 0, dup: false, retain: false });
      leave(device.socket);
      await eventually(() => broker.open() === 0, { withinMs: 3000, what: 'closed' });
    }
    expect(broker.received().toString('latin1').match(/last/g)?.length).toBeGreaterThanOrEqual(1);
  });
});

describe('a peer that does not read', () => {
  it('does not fill the gate’s memory, whichever side it is', async () => {
    const deaf = await brokerThat((socket) => {
      socket.once('data', () => {
        socket.write(ACCEPTED);
        socket.pause();
      });
    });
    const message = Buffer.concat([Buffer.of(0x30, 0x83, 0x80, 0x04, 0, 1, 97), Buffer.alloc(65_536)]);
    const loud = await brokerThat((socket) => {
      socket.once('data', () => {
        socket.write(ACCEPTED);
        const flood = () => {
          while (!socket.destroyed && socket.write(message));
        };
        socket.on('drain', flood);
        flood();
      });
    });
    for (const [broker, pauses] of [
      [deaf, false],
      [loud, true],
    ] as const) {
      const { server, token } = await gateProcessTo(broker.port);
      const device = dial(server.mqttPort, { username: token });
      await device.next('connack');
      const before = await residentBytes(server);
      if (pauses) device.socket.pause();
      else device.socket.on('drain', () => void device.socket.write(message));
      let written = 0;
      const push = () => {
        while (written < 200_000_000 && device.socket.write(message)) written += message.length;
      };
      if (!pauses) push();
      await standstill(() => device.socket.bytesWritten + device.socket.bytesRead + broker.received().length);
      expect(((await residentBytes(server)) - before) / 1e6).toBeLessThan(30);
      device.socket.destroy();
    }
  });

  it('is not read from either, while it does not take what it is refused with', async () => {
    const broker = await brokerThat(onFirst((socket) => socket.write(ACCEPTED_FIVE)));
    const shop = await gateProcessTo(broker.port);
    const device = dial(shop.server.mqttPort, { protocolVersion: 5, username: shop.token });
    await device.next('connack');
    device.socket.pause();
    const before = await residentBytes(shop.server);
    // Each is answered by the gate itself.
    const refused = Buffer.concat(
      Array.from({ length: 10_000 }, () => Buffer.of(0x32, 7, 0, 2, 36, 97, 0, 1, 0)),
    );
    const ask = () => {
      while (device.socket.write(refused));
    };
    device.socket.on('drain', ask);
    ask();
    await standstill(() => device.socket.bytesWritten - device.socket.writableLength);
    // Most of it is what V8 has not collected yet; without an end to the reading, nothing stands still above.
    expect(((await residentBytes(shop.server)) - before) / 1e6).toBeLessThan(120);
    device.socket.destroy();
  });
});

describe('the settings of an upstream', () => {
  it('refuse what would show its password, and what cannot be', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const open = join(shop.directory, 'open');
    await writeFile(open, SECRET, { mode: 0o644 });
    const closed = join(shop.directory, 'closed');
    await writeFile(closed, '\n', { mode: 0o600 });
    const upstream = ['--mqtt-upstream', 'mqtt://127.0.0.1:1883'];
    const wrong: [string[], Record<string, string>, RegExp][] = [
      [['--mqtt-upstream', `mqtt://gate:${SECRET}@127.0.0.1:1883`], {}, /without user name and password/],
      [['--mqtt-upstream', 'http://127.0.0.1:1883'], {}, /is not an address like mqtt:/],
      [['--mqtt-upstream', 'mqtt://127.0.0.1:0'], {}, /has no port/],
      [['--mqtt-upstream-password-file', open], {}, /no address/],
      [[...upstream, '--mqtt-upstream-password-file', open], {}, /can be read by others/],
      [[...upstream, '--mqtt-upstream-password-file', closed], {}, /is empty/],
      [[...upstream, '--mqtt-upstream-password-file', `${open}.not`], {}, /no such file/],
      [
        [...upstream, '--mqtt-upstream-password-file', closed],
        { KEYWRIGHT_MQTT_UPSTREAM_PASSWORD: 'x' },
        /give one/,
      ],
      [[...upstream, '--mqtt-upstream-ca', open], {}, /for a broker with TLS/],
      [['--mqtt-upstream', 'mqtts://127.0.0.1:1883', '--mqtt-upstream-ca', open], {}, /no certificate in it/],
    ];
    for (const [args, env, message] of wrong) {
      const run = await shop.keywright(
        ['serve', '--http', 'tcp://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0', ...args],
        { env },
      );
      expect([args, run.exitCode, run.stderr]).toEqual([
        args,
        expect.any(Number),
        expect.stringMatching(message),
      ]);
      expect(run.exitCode).toBeGreaterThan(0);
      expect(run.stdout + run.stderr).not.toContain(SECRET);
    }
  });
});
