import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { execa } from 'execa';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { Networks } from '../../src/network/networks.js';
import { ProxyProtocol } from '../../src/network/proxy-protocol.js';
import { eventually, scratchDirectory } from '../support/keywright.js';

const HEADER = 'PROXY TCP4 192.0.2.7 10.0.0.1 55555 8080\r\n';
const REQUEST = 'GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';

interface Fixture {
  readonly server: Server;
  readonly protocol: ProxyProtocol;
  readonly refused: string[];
  /** The server's side of each connection. */
  readonly accepted: Socket[];
  /** Connects from this address of this machine, of which 127.0.0.1 is the proxy's. */
  dial(localAddress?: string): Socket;
}

async function preceded(server: Server): Promise<Fixture> {
  const [refused, accepted]: [string[], Socket[]] = [[], []];
  const protocol = new ProxyProtocol({
    proxies: new Networks([{ address: '127.0.0.1', prefix: 32 }]),
    onRefused: ({ from, because }) => refused.push(`${from} ${because}`),
  });
  protocol.precede(server);
  server.on('connection', (socket) => accepted.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    protocol.close();
    for (const socket of accepted) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const dial = (localAddress = '127.0.0.1') => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).setNoDelay(true);
    onTestFinished(() => void socket.destroy());
    return socket.on('error', () => undefined);
  };
  return { server, protocol, refused, accepted, dial };
}

const sayWho = ({ socket, url }: IncomingMessage, response: ServerResponse) =>
  response.end(`${url} of ${socket.remoteAddress} ${socket.remotePort} ${socket.remoteFamily}`);

async function tlsServer(): Promise<Server> {
  const cwd = await scratchDirectory();
  const asked =
    '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 1 -keyout key -out cert';
  await execa('openssl', ['req', ...asked.split(' ')], { cwd });
  const [key, cert] = await Promise.all([readFile(join(cwd, 'key')), readFile(join(cwd, 'cert'))]);
  return createHttpsServer({ key, cert }, sayWho);
}

async function received(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  // An error (a reset, a handshake that nobody answers) is an end, too.
  await new Promise((resolve) => socket.on('error', () => undefined).once('close', resolve));
  return text;
}

describe('the PROXY protocol in front of a server', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives an HTTP request the address that the proxy says, wherever the bytes are cut', async () => {
    const { dial, accepted } = await preceded(createHttpServer(sayWho));
    const bytes = Buffer.from(HEADER + REQUEST);
    for (let cut = 1; cut <= bytes.length; cut += 1) {
      const socket = dial();
      const answer = received(socket);
      socket.write(bytes.subarray(0, cut));
      await eventually(() => accepted.at(-1)?.bytesRead === cut && accepted.length === cut, {
        withinMs: 5000,
        what: `the first ${cut} bytes`,
      });
      socket.write(bytes.subarray(cut));
      expect([cut, (await answer).split('\r\n\r\n')[1]]).toEqual([
        cut,
        expect.stringContaining('/x of 192.0.2.7 55555 IPv4'),
      ]);
    }
  });

  it('leaves its own address to what comes from the proxy itself, or from whom it does not know', async () => {
    const { dial, protocol, accepted } = await preceded(createHttpServer(sayWho));
    const local = Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex');
    for (const header of [local, Buffer.from('PROXY UNKNOWN\r\n')]) {
      const socket = dial();
      socket.write(Buffer.concat([header, Buffer.from(REQUEST)]));
      expect(await received(socket)).toContain('/x of 127.0.0.1 ');
    }
    expect(accepted.map((socket) => protocol.relays(socket))).toEqual([true, true]);
  });

  it('reads no header of anybody else: it is bad HTTP', async () => {
    const { dial, protocol, accepted, refused } = await preceded(createHttpServer(sayWho));
    const liar = dial('127.0.0.2');
    liar.write(HEADER + REQUEST);
    expect(await received(liar)).toMatch(/^HTTP\/1.1 400 /);
    const honest = dial('127.0.0.2');
    honest.write(REQUEST);
    expect(await received(honest)).toContain('/x of 127.0.0.2 ');
    expect([accepted.map((socket) => protocol.relays(socket)), refused]).toEqual([[false, false], []]);
  });

  it('closes a proxy’s connection without a header, and says so', async () => {
    const { dial, refused } = await preceded(createHttpServer(sayWho));
    const plain = dial();
    plain.write(REQUEST);
    expect(await received(plain)).toBe('');
    const half = dial();
    half.end(HEADER.slice(0, 9));
    expect(await received(half)).toBe('');
    // Whoever only looks whether somebody listens has said nothing that could be refused.
    const silent = dial();
    silent.end();
    expect(await received(silent)).toBe('');
    expect(refused).toEqual(['127.0.0.1 there is none', '127.0.0.1 the connection ended within it']);
  });

  it('waits five seconds, and leaves nothing on the socket behind the header', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const handed: Socket[] = [];
    const { dial, refused, server } = await preceded(createServer((socket) => handed.push(socket)));
    const connected = () => once(server, 'connection');
    const [slow] = [dial(), await connected()];
    slow.write(HEADER.slice(0, -1));
    const closed = once(slow, 'close');
    vi.advanceTimersByTime(4999);
    expect(refused).toEqual([]);
    vi.advanceTimersByTime(1);
    await closed;
    expect([refused, handed]).toEqual([['127.0.0.1 it did not come in time'], []]);

    const untouched = dial('127.0.0.2');
    const [plain] = await connected();
    const counts = (socket: Socket) =>
      Object.fromEntries(socket.eventNames().map((name) => [name, socket.listenerCount(name)]));
    const quick = dial();
    const [relayed] = await connected();
    quick.write(HEADER);
    while (!handed.includes(relayed)) await new Promise(setImmediate);
    expect([vi.getTimerCount(), counts(relayed)]).toEqual([0, counts(plain)]);
    untouched.destroy();
  });

  it('hands over what came with the header, and the end behind it', async () => {
    const { dial } = await preceded(
      createServer({ allowHalfOpen: true }, (socket) => {
        let text = '';
        socket.on('data', (chunk) => {
          text += chunk;
        });
        socket.on('end', () => socket.end(`${socket.remoteAddress} said ${JSON.stringify(text)}`));
      }),
    );
    for (const rest of ['', 'rest']) {
      const socket = dial();
      socket.end(HEADER + rest);
      expect(await received(socket)).toBe(`192.0.2.7 said "${rest}"`);
    }
  });

  it('comes before TLS, and holds within it', async () => {
    const { dial, refused } = await preceded(await tlsServer());
    const ask = async (raw: Socket, cut: number) => {
      const socket = connectTls({ socket: raw, rejectUnauthorized: false });
      socket.write(REQUEST);
      return [cut, await received(socket)];
    };
    for (const cut of [1, HEADER.length]) {
      const proxied = dial();
      proxied.write(HEADER.slice(0, cut));
      proxied.write(HEADER.slice(cut));
      expect(await ask(proxied, cut)).toEqual([cut, expect.stringContaining('/x of 192.0.2.7 55555 IPv4')]);
    }
    expect(await ask(dial('127.0.0.2'), 0)).toEqual([0, expect.stringContaining('/x of 127.0.0.2 ')]);
    // Its first byte is that of a handshake.
    expect(await ask(dial(), 0)).toEqual([0, '']);
    expect(refused).toEqual(['127.0.0.1 there is none']);
  });

  it('takes the beginning of a TLS handshake that came with the header', async () => {
    const { dial } = await preceded(await tlsServer());
    const raw = dial();
    // A client hello by itself, to be sent in one piece with the header.
    const hello = new Promise<Buffer>((resolve) => {
      const catching = new Duplex({ read: () => undefined, write: (chunk) => resolve(chunk) });
      connectTls({ socket: catching });
    });
    raw.write(Buffer.concat([Buffer.from(HEADER), await hello]));
    const [answer] = await once(raw, 'data');
    // [RFC 8446 section 5.1] a handshake record: the server hello
    expect(answer[0]).toBe(22);
  });

  it('keeps no connection waiting when it ends', async () => {
    const { dial, protocol, refused, server } = await preceded(createHttpServer(sayWho));
    const [waiting] = [dial(), await once(server, 'connection')];
    const closed = new Promise((resolve) => server.close(resolve));
    protocol.close();
    await Promise.all([closed, once(waiting, 'close')]);
    expect(refused).toEqual([]);
  });
});
