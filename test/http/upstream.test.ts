import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest, IncomingMessage, type ServerResponse } from 'node:http';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  Socket,
  type Server as TcpServer,
} from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { OpenConnections } from '../../src/core/verify/open-connections.js';
import type { HttpServices } from '../../src/http/services.js';
import { upstreamOf } from '../../src/http/verifier/upstream/upstream.js';
import {
  eventually,
  registerKey,
  type Server,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';

async function listening(server: TcpServer): Promise<string> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket.once('close', () => sockets.delete(socket))));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

interface Fixture<Running> extends Workshop {
  readonly server: Running;
  readonly key: string;
  readonly clientId: string;
}

const fixture = (upstream: string, ...args: string[]) => fixtureBy(serve, upstream, args);

async function fixtureBy<Running extends Server>(
  start: (shop: Workshop, args: readonly string[]) => Promise<Running>,
  upstream: string,
  args: readonly string[] = [],
): Promise<Fixture<Running>> {
  const shop = await workshop();
  await shop.keywright(['ca', 'init']);
  await writeFile(join(shop.home, 'keywright.yaml'), 'rules:\n  - "* /admin/** admin"\n');
  const { apiKey, clientId } = await registerKey(shop);
  const server = await start(shop, ['--http-upstream', upstream, ...args]);
  return { ...shop, server, key: apiKey, clientId };
}

/** An upstream that says what it got. */
function echo(): Promise<string> {
  return listening(
    createServer(async (request, response) => {
      const hash = createHash('sha256');
      let length = 0;
      for await (const chunk of request) {
        hash.update(chunk);
        length += chunk.length;
      }
      const { method, url, rawHeaders } = request;
      response.setHeader('set-cookie', ['a=1', 'b=2']);
      response.setHeader('connection', 'keep-alive, x-hop');
      response.setHeader('x-hop', 'gone');
      response.end(JSON.stringify({ method, url, rawHeaders, length, sha256: hash.digest('hex') }));
    }),
  );
}

function raw(server: Server, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.http).port), '127.0.0.1', () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

const headersOf = ({ rawHeaders }: { rawHeaders: string[] }) =>
  rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [[name.toLowerCase(), rawHeaders[index + 1]]] : []));

describe('in front of an HTTP server', () => {
  it('passes on who gets in, with method, path, query and body, and refuses others itself', async () => {
    const { server, key, clientId } = await fixture(await echo());
    const body = 'x'.repeat(100_000);
    const response = await fetch(`${server.http}/a%20b/../c?q=1&r=%2F`, {
      method: 'PUT',
      body,
      headers: { 'x-api-key': key, 'x-own': 'mine' },
    });
    expect(response.status).toBe(200);
    expect([response.headers.getSetCookie(), response.headers.get('x-hop')]).toEqual([['a=1', 'b=2'], null]);
    const seen = (await response.json()) as {
      rawHeaders: string[];
      length: number;
      url: string;
      method: string;
    };
    expect(seen).toMatchObject({ method: 'PUT', url: '/c?q=1&r=%2F', length: body.length });
    const headers = Object.fromEntries(headersOf(seen));
    expect(headers).toMatchObject({
      'x-own': 'mine',
      'x-auth-subject': `client:${clientId}`,
      'x-auth-client-id': clientId,
      'x-auth-scopes': 'ingest',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(server.http).host,
      host: new URL(server.http).host,
    });
    expect(headers).not.toHaveProperty('x-api-key');
    expect((await fetch(`${server.http}/x`)).status).toBe(401);
    expect((await fetch(`${server.http}/admin/x`, { headers: { 'x-api-key': key } })).status).toBe(403);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it('lets nobody else say who is calling, nor take it away', async () => {
    const { server, key, clientId } = await fixture(await echo());
    const answer = await raw(
      server,
      [
        'GET /x HTTP/1.1',
        'Host: h',
        `X-API-Key: ${key}`,
        'X-Auth-Subject: boss',
        'x-auth-subject: boss2',
        'X_Auth_Client_Id: boss',
        'X-Auth-Anything: boss',
        'Connection: close, X-Auth-Subject, X-Listed, Host',
        'X-Listed: 1',
        'TE: trailers',
        'X-Forwarded-For: 1.2.3.4',
        'X-SSL-Client-Cert: abc',
        'Proxy-Authorization: Basic abc',
        'Expect: banana',
        '\r\n',
      ].join('\r\n'),
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    const seen = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    const headers = headersOf(seen);
    const names = headers.map(([name]) => name);
    expect(headers.filter(([name]) => name === 'x-auth-subject')).toEqual([
      ['x-auth-subject', `client:${clientId}`],
    ]);
    expect(JSON.stringify(seen)).not.toContain('boss');
    for (const name of ['x-listed', 'te', 'proxy-authorization', 'expect', 'x-ssl-client-cert', 'x-api-key'])
      expect(names).not.toContain(name);
    expect(headers).toContainEqual(['x-forwarded-for', '127.0.0.1']);
    expect(headers).toContainEqual(['host', 'h']);
  });

  it('passes on no other name of a caller, nor what only gateways say, in whatever spelling', async () => {
    const forged = [
      ...[
        'X_Auth_Subject',
        'X.Auth.Subject',
        'X-Auth_User',
        'X_SSL_Client_Cert',
        'X-SSL-Client-Verify',
        'X-SSL-Client-S-DN',
      ],
      ...[
        'X_Real_IP',
        'X-Real_IP',
        'X-Forwarded-User',
        'X_Forwarded_User',
        'X-Forwarded-Email',
        'X-Forwarded-Groups',
      ],
      ...[
        'X-Forwarded-Preferred-Username',
        'X-Forwarded-Access-Token',
        'X-Forwarded-Port',
        'X_Forwarded_For',
        'X!Forwarded!For',
      ],
      ...[
        'Remote-User',
        'Remote_User',
        'Remote-Groups',
        'Remote-Email',
        'X-Remote-User',
        'X-WEBAUTH-USER',
        'X-Authenticated-User',
      ],
      ...[
        'X-User-Id',
        'X-Username',
        'X-MS-Client-Principal',
        'X-Amzn-Oidc-Identity',
        'Cf-Access-Jwt-Assertion',
        'X-Consumer-Id',
      ],
      ...[
        'True-Client-IP',
        'CF-Connecting-IP',
        'X-Client-IP',
        'Client-Cert',
        'SSL-Client-Cert',
        'X-ARR-ClientCert',
        'Forwarded',
      ],
      ...[
        'X_API_Key',
        'X.Device.API.Key',
        'Content_Type',
        'Content_Length',
        'Transfer_Encoding',
        'Proxy',
        'X_Own',
        'X_HTTP_Method',
      ],
      ...['X-HTTP_Method-Override', 'Proxy_Authorization', 'X_Original_URL'],
    ];
    const { server, key } = await fixture(await echo());
    const lines = [
      'GET /x HTTP/1.1',
      'Host: h',
      `X-API-Key: ${key}`,
      'X-Own: mine',
      'X_Mine: too',
      'X-User-Agent: curl',
    ];
    const answer = await raw(
      server,
      [...lines, ...forged.map((name) => `${name}: forged`), 'Connection: close', '\r\n'].join('\r\n'),
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    const seen = JSON.parse(answer.slice(answer.indexOf('{'), answer.lastIndexOf('}') + 1));
    const headers = headersOf(seen);
    expect(headers.filter(([, value]) => value?.includes('forged'))).toEqual([]);
    for (const kept of [
      ['x-own', 'mine'],
      ['x_mine', 'too'],
      ['x-user-agent', 'curl'],
    ])
      expect(headers).toContainEqual(kept);
  });

  it('passes on what a trusted proxy says of the connection, and no name of a caller', async () => {
    const { server, key } = await fixture(await echo(), '--trusted-proxy', '127.0.0.1');
    const said = {
      ...{ 'x-real-ip': '203.0.113.7', 'x-forwarded-port': '443', 'x-ssl-client-verify': 'SUCCESS' },
      'x-forwarded-for': '203.0.113.7:4711',
    };
    const response = await fetch(`${server.http}/x`, {
      headers: { 'x-api-key': key, ...said, 'x-forwarded-user': 'boss', x_real_ip: 'forged' },
    });
    const headers = headersOf((await response.json()) as { rawHeaders: string[] });
    expect(Object.fromEntries(headers)).toMatchObject({
      ...said,
      'x-forwarded-for': '203.0.113.7:4711, 127.0.0.1',
    });
    expect(JSON.stringify(headers)).not.toMatch(/boss|forged/);
  });

  it.each([
    ['keywright_session=kwc_1', undefined],
    ['theme=dark; keywright_session=kwc_1', 'theme=dark'],
    ['a=1;__Secure-keywright_session=kwc_1 ; keywright_session=kwc_2; b="x y"', 'a=1; b="x y"'],
    ['keywright_sessions=1; a=keywright_session=2', 'keywright_sessions=1; a=keywright_session=2'],
  ])('keeps the session of the console to itself, out of %s', async (cookie, kept) => {
    const { server, key } = await fixture(await echo(), '--http-upstream-keep-credentials', 'true');
    const response = await fetch(`${server.http}/api/v1/x`, { headers: { 'x-api-key': key, cookie } });
    const headers = headersOf((await response.json()) as { rawHeaders: string[] });
    expect(headers.find(([name]) => name === 'cookie')?.[1]).toBe(kept);
  });

  it('keeps the credentials where it is told to', async () => {
    const { server, key } = await fixture(await echo(), '--http-upstream-keep-credentials', 'true');
    const response = await fetch(`${server.http}/x`, { headers: { authorization: `Bearer ${key}` } });
    expect(headersOf((await response.json()) as { rawHeaders: string[] })).toContainEqual([
      'authorization',
      `Bearer ${key}`,
    ]);
  });

  it.each([
    ['two lengths', 'Content-Length: 1\r\nContent-Length: 2\r\n'],
    ['a length and chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n'],
    ['an encoding in disguise', 'Transfer-Encoding: xchunked\r\n'],
    ['chunks twice', 'Transfer-Encoding: chunked, chunked\r\n'],
    ['a blank before the colon', 'Content-Length : 4\r\n'],
    ['a bare line feed', 'X: 1\nContent-Length: 4\r\n'],
  ])('smuggles nothing past with %s', async (_, smuggling) => {
    const upstream = { requests: 0 };
    const url = await listening(
      createServer((request, response) => {
        upstream.requests += 1;
        request.resume();
        request.once('end', () => response.end('fine'));
      }),
    );
    const { server, key } = await fixture(url);
    const answer = await raw(
      server,
      `POST /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: close\r\n${smuggling}\r\n0\r\n\r\nGET /admin/x HTTP/1.1\r\nHost: h\r\n\r\n`,
    );
    expect(answer).not.toMatch(/fine[\s\S]*fine/);
    expect(upstream.requests).toBeLessThanOrEqual(1);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it('streams 384 MiB both ways, and does not keep them', async () => {
    const total = 384 * 1024 ** 2;
    const url = await listening(
      createServer((request, response) => {
        response.setHeader('content-length', request.headers['content-length'] ?? '');
        request.pipe(response);
      }),
    );
    const { server, key } = await fixtureBy(serveProgram, url);
    const { pid } = server.process;
    let most = 0;
    const watch = setInterval(async () => {
      const { stdout } = await execa('ps', ['-o', 'rss=', '-p', String(pid)]);
      most = Math.max(most, Number(stdout));
    }, 200);
    const chunk = Buffer.alloc(1024 * 1024, 'k');
    const length = await new Promise<number>((resolve, reject) => {
      const outgoing = httpRequest(
        `${server.http}/big`,
        { method: 'POST', headers: { 'x-api-key': key, 'content-length': total } },
        (answer) => {
          let length = 0;
          answer.on('data', (part) => {
            length += part.length;
          });
          answer.on('end', () => resolve(length));
        },
      );
      outgoing.on('error', reject);
      let sent = 0;
      const write = () => {
        while (sent < total) {
          sent += chunk.length;
          if (!outgoing.write(chunk)) return outgoing.once('drain', write);
        }
        return outgoing.end();
      };
      write();
    });
    clearInterval(watch);
    expect(length).toBe(total);
    expect(most).toBeGreaterThan(10_000);
    // Kilobytes; all of it would be 393,216 more than the server has anyway.
    expect(most).toBeLessThan(300_000);
  }, 240_000);

  it.each<[string, (socket: Socket) => void, number]>([
    ['answers nonsense', (socket) => void socket.end('hello\r\n\r\n'), 502],
    ['hangs up', (socket) => void socket.destroy(), 502],
    ['says nothing', () => undefined, 504],
    ['dies in its headers', (socket) => void socket.end('HTTP/1.1 200 OK\r\nContent-Le'), 502],
  ])('says so when the upstream %s', async (_, behave, status) => {
    const url = await listening(
      createTcpServer(
        (socket) => void socket.once('data', () => behave(socket)).on('error', () => undefined),
      ),
    );
    const { server, key } = await fixture(url, '--http-upstream-timeout', '1s');
    const response = await fetch(`${server.http}/x`, { headers: { 'x-api-key': key } });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(await response.json()).toMatchObject({ success: false, status, retry: true });
    expect([...response.headers.keys()].filter((name) => name.startsWith('x-auth'))).toEqual([]);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it('says 502 where nobody listens, and goes on when somebody does', async () => {
    const server = createServer((_request, response) => void response.end('back'));
    const url = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const shop = await fixture(url);
    const ask = async () =>
      (await fetch(`${shop.server.http}/x`, { headers: { 'x-api-key': shop.key } })).status;
    expect(await ask()).toBe(502);
    expect(shop.server.log()).toContain('HTTP upstream: connect ECONNREFUSED');
    expect(shop.server.log()).not.toContain(shop.key);
    const again = createServer((_request, response) => void response.end('back'));
    await new Promise<void>((resolve) => again.listen(Number(new URL(url).port), '127.0.0.1', resolve));
    onTestFinished(() => void again.close());
    expect(await ask()).toBe(200);
  });

  it.each([
    ['099 x', ''],
    ['101 Switching Protocols', ''],
    ['101 Switching Protocols', 'Upgrade: websocket\r\nConnection: Upgrade\r\n'],
    ['200 OK', 'Transfer-Encoding: gzip\r\n'],
    ['200 OK', 'Transfer-Encoding: chunked\r\nSet-Cookie: a=1\r\n\r\nzz'],
  ])('makes a 502 of %s %j, of which nothing else stays', async (status, headers) => {
    const url = await listening(
      createTcpServer(
        (socket) => void socket.once('data', () => socket.end(`HTTP/1.1 ${status}\r\n${headers}\r\nhello`)),
      ),
    );
    const { server, key } = await fixture(url);
    const answer = await raw(
      server,
      `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/);
    expect(answer).not.toMatch(/transfer-encoding|set-cookie|hello/i);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it.each(['O\x01K', '\x7f', 'é'])('takes no notice of the reason %j', async (reason) => {
    const url = await listening(
      createTcpServer(
        (socket) =>
          void socket.once('data', () =>
            socket.end(`HTTP/1.1 200 ${reason}\r\nContent-Length: 5\r\n\r\nhello`),
          ),
      ),
    );
    const { server, key } = await fixture(url);
    const answer = await raw(
      server,
      `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: close\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 (200 OK|502 Bad Gateway)\r\n/);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it('cuts off an answer whose rest the upstream owes', async () => {
    const url = await listening(
      createTcpServer(
        (socket) =>
          void socket.once(
            'data',
            () => void socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'),
          ),
      ),
    );
    const { server, key } = await fixture(url);
    const response = await fetch(`${server.http}/x`, { headers: { 'x-api-key': key } });
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('ends what is under way when its caller is revoked', async () => {
    const url = await listening(
      createServer((_request, response) => {
        response.write('first');
      }),
    );
    const { server, key, clientId, keywright } = await fixture(url);
    const response = await fetch(`${server.http}/events`, { headers: { 'x-api-key': key } });
    // The end may come before the command returns.
    const ended = expect(response.text()).rejects.toThrow();
    await keywright(['token', 'invalidate', clientId]);
    await ended;
  });
});

it('gives a body that does not get in no more time than without an upstream', () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const services = {
    ...{ registry: { onChange: () => undefined }, clock: { now: () => 0 } },
    connections: new OpenConnections(() => undefined),
  };
  const upstream = upstreamOf({
    ...{ url: 'http://127.0.0.1:1', timeoutMs: 60_000, keepCredentials: false },
    services: services as unknown as HttpServices,
  });
  onTestFinished(() => upstream.close());
  const [slow, empty] = [new IncomingMessage(new Socket()), new IncomingMessage(new Socket())];
  slow.headers = { 'content-length': '1000000' };
  for (const request of [slow, empty]) upstream.expect(request);
  vi.advanceTimersByTime(29_999);
  expect(slow.socket.destroyed).toBe(false);
  vi.advanceTimersByTime(1);
  expect([slow.socket.destroyed, empty.socket.destroyed]).toEqual([true, false]);
});

describe('WebSockets through keywright', () => {
  async function webSocketEcho(): Promise<string> {
    const http = createServer(
      (_request: IncomingMessage, response: ServerResponse) => void response.end('plain'),
    );
    const webSockets = new WebSocketServer({ server: http });
    webSockets.on('connection', (webSocket, request) => {
      webSocket.on('error', () => undefined);
      webSocket.send(JSON.stringify(request.headers));
      webSocket.on('message', (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    });
    return listening(http);
  }

  function open(server: Server, headers: Record<string, string>) {
    const webSocket = new WebSocket(`${server.http.replace('http', 'ws')}/live?x=1`, { headers });
    onTestFinished(() => webSocket.terminate());
    return new Promise<{ status: number; webSocket: WebSocket; first: string }>((resolve, reject) => {
      webSocket.once('message', (data) => resolve({ status: 101, webSocket, first: String(data) }));
      webSocket.once('unexpected-response', (_request, response) =>
        resolve({ status: response.statusCode ?? 0, webSocket, first: '' }),
      );
      webSocket.once('error', reject);
    });
  }

  it('are opened for who gets in, carry both ways, and end with the credential', async () => {
    const { server, key, clientId, keywright } = await fixture(await webSocketEcho());
    expect((await open(server, {})).status).toBe(401);
    const { status, webSocket, first } = await open(server, { 'x-api-key': key, 'x-auth-subject': 'boss' });
    expect(status).toBe(101);
    expect(JSON.parse(first)).toMatchObject({ 'x-auth-subject': `client:${clientId}` });
    expect(first).not.toContain(key);
    const big = Buffer.alloc(300_000, 7);
    const echoed = new Promise((resolve) => webSocket.once('message', resolve));
    webSocket.send(big);
    expect(await echoed).toEqual(big);
    const closed = new Promise((resolve) => webSocket.once('close', resolve));
    await keywright(['token', 'invalidate', clientId]);
    await closed;
  });

  it('are refused clearly where the upstream is not there, and where it says no', async () => {
    const down = createServer();
    const url = await listening(down);
    await new Promise((resolve) => down.close(resolve));
    const { server, key } = await fixture(url);
    expect((await open(server, { 'x-api-key': key })).status).toBe(502);
    const refusing = createServer((_request, response) => response.writeHead(418).end('no'));
    refusing.on(
      'upgrade',
      (_request, socket) => void socket.end('HTTP/1.1 418 No\r\nContent-Length: 0\r\n\r\n'),
    );
    const other = await fixture(await listening(refusing));
    expect((await open(other.server, { 'x-api-key': other.key })).status).toBe(418);
  });

  it('without the word in Connection, an upgrade is none', async () => {
    const { server, key } = await fixture(await webSocketEcho());
    const head = `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\n`;
    const answer = await raw(server, `${head}Upgrade: websocket\r\n\r\n${head}Connection: close\r\n\r\n`);
    expect(answer.match(/HTTP\/1.1 200 /g)?.length).toBe(2);
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });

  it('leaves no connection behind when the caller resets it', async () => {
    const { server, key } = await fixtureBy(serveProgram, await webSocketEcho());
    const { pid } = server.process;
    const descriptors = async () => (await execa('ls', [`/proc/${pid}/fd`])).stdout.split('\n').length;
    const before = await descriptors();
    const handshake = `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
    await Promise.all(
      Array.from({ length: 40 }, async () => {
        const socket = connect(Number(new URL(server.http).port), '127.0.0.1');
        socket.on('error', () => undefined);
        socket.write(handshake + 'x'.repeat(1000));
        await new Promise((resolve) => socket.once('data', resolve));
        socket.resetAndDestroy();
      }),
    );
    await eventually(async () => (await descriptors()) < before + 10, { withinMs: 5000, what: 'all closed' });
  });

  it('an upgrade to something else is a request like any other', async () => {
    const { server, key } = await fixture(await webSocketEcho());
    const answer = await raw(
      server,
      `GET /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 200 [\s\S]*plain/);
    const withBody = await raw(
      server,
      `POST /x HTTP/1.1\r\nHost: h\r\nX-API-Key: ${key}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 1\r\n\r\nx`,
    );
    expect(withBody).toMatch(/^HTTP\/1.1 400 /);
  });
});

it.each(['ftp://x', 'http://127.0.0.1:1/path', 'http://u:p@127.0.0.1:1', 'localhost:1'])(
  'is no upstream: %s',
  async (value) => {
    const { keywright } = await workshop();
    const { exitCode, stderr } = await keywright(['serve', '--http-upstream', value]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('--http-upstream');
  },
);
