import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { ask, registerKey, serve, workshop } from '../support/keywright.js';
import { exchange, statusOf } from '../support/raw-http.js';

const shared = sharedByTests(async () => {
  const shop = await workshop();
  const { apiKey } = await registerKey(shop);
  return { server: await serve(shop), key: apiKey };
});

/** Asks with a good key, and `Connection: close`. */
async function statusFor(line: string, headers: readonly string[], body = ''): Promise<number> {
  const { server, key } = shared();
  const lines = [line, ...headers, `X-API-Key: ${key}`, 'Connection: close', '', body];
  return statusOf(await exchange(server, lines.join('\r\n')));
}

describe('the Host of a request', () => {
  it.each([
    ['Host: h'],
    ['host:h:8080'],
    ['Host: [::1]:443'],
    ['Host: a_b.example.com.'],
    ['Host: 127.0.0.1:'],
  ])('may be %s', async (host) => {
    expect(await statusFor('GET /x HTTP/1.1', [host])).toBe(200);
  });

  it.each([
    [[]],
    [['Host: a', 'Host: a']],
    [['Host: a', 'X: y', 'hOST: b']],
    [['Host: a, b']],
    [['Host: a b']],
    [['Host: a/b']],
    [['Host: user@a']],
    [['Host: a?b']],
    [['Host: ']],
    [['Host: [::1']],
    [['Host: a:b']],
    [['Host: \xe4']],
  ])('may not be %j', async (hosts) => {
    expect(await statusFor('GET /x HTTP/1.1', hosts)).toBe(400);
    expect(await statusFor('GET /verify HTTP/1.1', hosts)).toBe(400);
    expect(await statusFor('GET /api/v1/clients HTTP/1.1', hosts)).toBe(400);
  });

  it('may be missing in HTTP/1.0 alone', async () => {
    expect(await statusFor('GET /x HTTP/1.0', [])).toBe(200);
    expect(await statusFor('GET /x HTTP/1.0', ['Host: a', 'Host: b'])).toBe(400);
  });
});

it.each([
  ['a method that nobody knows', 'BREW /pot HTTP/1.1', 501],
  ['a method in small letters', 'get /x HTTP/1.1', 501],
  ['a tunnel', 'CONNECT h:443 HTTP/1.1', 501],
  ['another version', 'GET /x HTTP/2.0', 505],
  ['an old version', 'GET /x HTTP/0.9', 505],
  ['a version to come', 'GET /x HTTP/1.7', 505],
  ['a target of another kind', 'GET ftp://h/x HTTP/1.1', 400],
  ['all of the server', 'GET * HTTP/1.1', 400],
  ['a URL with user information', 'GET http://u:p@h/x HTTP/1.1', 400],
  ['a URL', 'GET http://other:80/x HTTP/1.1', 200],
  ['a URL without a path', 'GET http://other HTTP/1.1', 200],
])('%s is answered as RFC 9110 says', async (_, line, status) => {
  expect(await statusFor(line, ['Host: h'])).toBe(status);
});

it.each([
  [501, 'Transfer-Encoding: gzip, chunked'],
  [501, 'Transfer-Encoding: chunked, '],
  [501, 'Transfer-Encoding: chunked,chunked'],
  [400, 'Transfer-Encoding: identity'],
  [400, 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
  [400, 'Transfer-Encoding: chunked, gzip'],
  [400, 'Content-Length: 3\r\nContent-Length: 4'],
  [400, 'Content-Length: 3, 3'],
  [400, 'Content-Length: +3'],
  [400, 'Content-Length: 0x3'],
  [400, 'Content-Length: 3\r\nTransfer-Encoding: chunked'],
  [200, 'Transfer-Encoding: Chunked'],
])('a body is refused with %i if it is framed by %j', async (status, framing) => {
  expect([400, 501].includes(status) ? [400, 501] : [200]).toContain(
    await statusFor('POST /x HTTP/1.1', ['Host: h', framing], '0\r\n\r\n'),
  );
});

it('a body of HTTP/1.0 has no transfer coding', async () => {
  expect(await statusFor('POST /x HTTP/1.0', ['Transfer-Encoding: chunked'], '0\r\n\r\n')).toBe(400);
});

it.each(['BREW / HTTP/1.1', 'no request', `GET /${'x'.repeat(20_000)} HTTP/1.1`])(
  'what is refused before it is a request has a date, and is a problem: %.20s',
  async (line) => {
    const answer = await exchange(shared().server, `${line}\r\nHost: h\r\n\r\n`);
    expect(answer).toMatch(/\r\nDate: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r\n/);
    expect(answer).toContain('\r\nContent-Type: application/problem+json\r\n');
    expect(answer).toContain('\r\nCache-Control: no-store\r\n');
  },
);

describe('a handshake at /mqtt that is none', () => {
  const WEBSOCKET = ['Host: h', 'Connection: Upgrade', 'Upgrade: websocket'];
  const KEY = 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==';

  it.each([
    [400, 'GET', [...WEBSOCKET, 'Sec-WebSocket-Version: 13']],
    [400, 'GET', [...WEBSOCKET, KEY]],
    [426, 'GET', [...WEBSOCKET, KEY, 'Sec-WebSocket-Version: 7']],
    [405, 'POST', [...WEBSOCKET, KEY, 'Sec-WebSocket-Version: 13']],
    [400, 'GET', ['Host: h', 'Connection: Upgrade', 'Upgrade: h2c', KEY]],
    [400, 'GET', [...WEBSOCKET, KEY, 'Sec-WebSocket-Version: 13', 'Content-Length: 1']],
    [400, 'GET', [...WEBSOCKET, KEY, 'Sec-WebSocket-Version: 13', 'Host: two']],
    [400, 'GET', [...WEBSOCKET, KEY, 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Protocol: ,']],
  ])('is refused with %i in a problem: %s %j', async (status, method, headers) => {
    const answer = await exchange(
      shared().server,
      [`${method} /mqtt HTTP/1.1`, ...headers, '', ''].join('\r\n'),
    );
    expect(statusOf(answer)).toBe(status);
    expect(answer).toMatch(/\r\ncontent-type: application\/problem\+json\r\n/i);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ status, success: false });
  });
});

it('health and readiness are read, and nothing else', async () => {
  const { server } = shared();
  for (const path of ['/healthz', '/readyz']) {
    const methods = ['GET', 'HEAD', 'OPTIONS', 'POST', 'DELETE'];
    const statuses = await Promise.all(
      methods.map(async (method) => (await ask(server.http + path, { method })).status),
    );
    expect(statuses).toEqual([200, 200, 200, 405, 405]);
  }
});
