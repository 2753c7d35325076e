import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { ask, registerKey, type Server, serve, workshop } from '../support/keywright.js';

/** An application that says what it got, over HTTP and to WebSockets. */
async function application(): Promise<string> {
  const http = createServer(({ method, url, headers }, response) => {
    response.setHeader('vary', 'Accept');
    response.end(JSON.stringify({ method, url, headers }));
  });
  const webSockets = new WebSocketServer({
    server: http,
    handleProtocols: (offered) => (offered.has('chat') ? 'chat' : false),
  });
  webSockets.on('connection', (webSocket, { url, headers }) =>
    webSocket.send(JSON.stringify({ url, headers })),
  );
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const webSocket of webSockets.clients) webSocket.terminate();
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

async function fixture(yaml: string, args: readonly string[] = []) {
  const shop = await workshop();
  const key = await registerKey(shop);
  await writeFile(join(shop.home, 'keywright.yaml'), yaml);
  return { ...shop, key, server: await serve(shop, args) };
}

const RULES = `rules:
  - "GET /public/** -"
  - "POST /hooks/* -"
  - "* /admin/** admin"
`;

describe('a public path', () => {
  it('needs no credential, and what is presented must hold all the same', async () => {
    const { server, key } = await fixture(RULES);
    const status = async (path: string, method = 'GET', headers = {}) =>
      (await ask(server.http + path, { method, headers })).status;
    for (const path of ['/public', '/public/a/b', '/PUBLIC/a', '/public/a?x=1'])
      expect([path, await status(path), await status(path, 'HEAD')]).toEqual([path, 200, 200]);
    expect(await status('/hooks/1', 'POST')).toBe(200);
    for (const [path, method] of [
      ...[
        ['/public/a', 'POST'],
        ['/hooks/1', 'GET'],
        ['/hooks/1/2', 'POST'],
        ['/publicx', 'GET'],
        ['/other', 'GET'],
      ],
      ...[
        ['/public/%2e%2e/admin', 'GET'],
        ['/public//a', 'GET'],
        ['/public/..%2fadmin', 'GET'],
        ['/admin', 'GET'],
      ],
      ['/api/v1/device/a/x', 'GET'],
    ] as const)
      expect([path, await status(path, method)]).toEqual([path, 401]);
    expect(await status('/public/a', 'GET', { 'x-api-key': 'wrong' })).toBe(401);
    const known = await ask(`${server.http}/public/a`, { headers: { 'x-api-key': key.apiKey } });
    expect(known.body.data.clientId).toBe(key.clientId);
    const nobody = await ask(`${server.http}/public/a`);
    expect([nobody.body.data, nobody.headers.get('x-auth-subject')]).toEqual([null, null]);
  });

  it('is public to a gateway that asks, unless it demands a scope', async () => {
    const { server } = await fixture(RULES);
    const asked = async (query: string, uri: string, method = 'GET') =>
      ask(`${server.http}/verify${query}`, {
        headers: { 'x-forwarded-uri': uri, 'x-forwarded-method': method },
      });
    const answer = await asked('', '/public/a');
    expect([answer.status, answer.headers.get('x-auth-subject')]).toEqual([200, '']);
    expect((await asked('', '/public/a', 'POST')).status).toBe(401);
    expect((await asked('?scope=admin', '/public/a')).status).toBe(401);
    expect((await ask(`${server.http}/verify/public/a`)).status).toBe(200);
    const noMethod = await ask(`${server.http}/verify`, { headers: { 'x-forwarded-uri': '/public/a' } });
    expect(noMethod.status).toBe(401);
  });

  it('goes on to the upstream, where nobody is named', async () => {
    const { server } = await fixture(RULES, ['--http-upstream', await application()]);
    const answer = await ask(`${server.http}/public/a`, {
      headers: { 'x-auth-subject': 'boss', 'remote-user': 'boss' },
    });
    expect(answer.body.url).toBe('/public/a');
    expect(JSON.stringify(answer.body.headers)).not.toContain('boss');
    expect((await ask(`${server.http}/other`)).status).toBe(401);
  });
});

describe('pages of other origins', () => {
  const ORIGINS = 'cors-origins: [https://app.example.com, "http://localhost:3000"]\n';
  const preflight = (server: Server, origin: string, path = '/x') =>
    ask(server.http + path, {
      method: 'OPTIONS',
      headers: {
        ...{ origin, 'access-control-request-method': 'PUT' },
        'access-control-request-headers': 'authorization, x-own',
      },
    });

  it('may ask and read answers, refusals too, if their origin is allowed', async () => {
    const { server, key } = await fixture(ORIGINS);
    for (const path of ['/x', '/api/v1/tokens', '/auth/login']) {
      const { status, headers } = await preflight(server, 'https://app.example.com', path);
      expect([path, status]).toEqual([path, 204]);
      expect(headers.get('access-control-allow-origin')).toBe('https://app.example.com');
      expect(headers.get('access-control-allow-methods')).toBe('PUT');
      expect(headers.get('access-control-allow-headers')).toBe('authorization, x-own');
      expect(headers.get('access-control-allow-credentials')).toBeNull();
      expect(headers.get('vary')).toContain('Origin');
    }
    const origin = 'http://localhost:3000';
    for (const [path, bearer, status] of [
      ['/x', key.apiKey, 200],
      ['/x', 'wrong', 401],
      ['/api/v1/users', key.apiKey, 403],
      ['/api/v1/none', 'wrong', 401],
    ] as const) {
      const answer = await ask(server.http + path, { bearer, headers: { origin } });
      expect([path, answer.status]).toEqual([path, status]);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
      expect(answer.headers.get('vary')).toBe('Origin');
    }
  });

  it('are told nothing otherwise', async () => {
    const { server, key } = await fixture(ORIGINS);
    for (const origin of [
      'https://evil.example',
      'https://app.example.com.evil',
      'https://APP.example.com',
      'null',
      '',
    ]) {
      const refused = await preflight(server, origin);
      expect([origin, refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([
        origin,
        401,
        null,
      ]);
      const answer = await ask(`${server.http}/x`, { bearer: key.apiKey, headers: { origin } });
      expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, null]);
    }
    const without = await fixture('');
    expect((await preflight(without.server, 'https://app.example.com')).status).toBe(401);
  });

  it('are all allowed by *, and an upstream’s own headers stay', async () => {
    const { server, key } = await fixture('cors-origins: ["*"]\n', ['--http-upstream', await application()]);
    expect((await preflight(server, 'https://any.example')).headers.get('access-control-allow-origin')).toBe(
      '*',
    );
    const headers = { origin: 'https://any.example' };
    const answer = await ask(`${server.http}/x`, { bearer: key.apiKey, headers });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([200, '*']);
    expect(answer.headers.get('vary')).toBe('Accept');
  });

  it.each([
    'app.example.com',
    'https://app.example.com/path',
    'https://u@app.example.com',
    'null',
    'https://',
  ])('are no origin: %s', async (value) => {
    const { keywright } = await workshop();
    const { exitCode, stderr } = await keywright(['serve', '--cors-origins', value]);
    expect([exitCode, stderr.includes('--cors-origins')]).toEqual([2, true]);
  });
});

describe('a page’s WebSocket', () => {
  const open = (server: Server, path: string, protocols: string[] = []) => {
    const webSocket = new WebSocket(`${server.http.replace('http', 'ws')}${path}`, protocols);
    onTestFinished(() => webSocket.terminate());
    return new Promise<{
      status: number;
      protocol: string;
      seen: { url: string; headers: object } | undefined;
    }>((resolve) => {
      webSocket.once('message', (data) =>
        resolve({ status: 101, protocol: webSocket.protocol, seen: JSON.parse(String(data)) }),
      );
      webSocket.once('unexpected-response', (_request, { statusCode = 0 }) =>
        resolve({ status: statusCode, protocol: '', seen: undefined }),
      );
      webSocket.on('error', () => undefined);
    });
  };
  const places = (yaml: string) => application().then((url) => fixture(yaml, ['--http-upstream', url]));

  it('presents its credential as a subprotocol or in the query where that is asked for, and neither goes on', async () => {
    const { server, key } = await places('web-socket-credentials: [subprotocol, query]\n');
    const bare = await open(server, '/live?a=1', ['bearer', key.apiKey]);
    expect([bare.status, bare.protocol, bare.seen?.url]).toEqual([101, 'bearer', '/live?a=1']);
    expect(bare.seen?.headers).not.toHaveProperty('sec-websocket-protocol');
    const chat = await open(server, '/live', ['chat', 'bearer', key.apiKey, 'more']);
    expect([chat.status, chat.protocol]).toEqual([101, 'chat']);
    expect(chat.seen?.headers).toMatchObject({
      'sec-websocket-protocol': 'chat, more',
      'x-auth-client-id': key.clientId,
    });
    const query = await open(server, `/live?a=1&access_token=${key.apiKey}&b=%20`);
    expect([query.status, query.seen?.url]).toEqual([101, '/live?a=1&b=%20']);
    const only = await open(server, `/live?access%5Ftoken=${key.apiKey}`);
    expect([only.status, only.seen?.url]).toEqual([101, '/live']);
    for (const { seen } of [bare, chat, query, only]) expect(JSON.stringify(seen)).not.toContain(key.apiKey);
    expect((await open(server, '/live', ['bearer', 'wrong'])).status).toBe(401);
    expect((await open(server, '/live', ['bearer'])).status).toBe(401);
    expect((await open(server, '/live')).status).toBe(401);
    // Two that differ are in doubt.
    expect((await open(server, `/live?access_token=${key.apiKey}&access_token=x`)).status).toBe(401);
    expect((await open(server, `/live?access_token=${key.apiKey}`, ['bearer', 'wrong'])).status).toBe(401);
    // Nothing else presents it so.
    expect((await ask(`${server.http}/x?access_token=${key.apiKey}`)).status).toBe(401);
  });

  it('presents nothing so where it is not asked for', async () => {
    const { server, key } = await places('');
    expect((await open(server, '/live', ['bearer', key.apiKey])).status).toBe(401);
    expect((await open(server, `/live?access_token=${key.apiKey}`)).status).toBe(401);
    const queryOnly = await places('web-socket-credentials: [query]\n');
    expect((await open(queryOnly.server, '/live', ['bearer', queryOnly.key.apiKey])).status).toBe(401);
  });
});

describe('credential-headers', () => {
  it('are the only ones that are read, so that an application has its own Authorization', async () => {
    const { server, key } = await fixture('credential-headers: [X-API-Key]\ncredential-header: [X-Mine]\n', [
      ...['--http-upstream', await application()],
    ]);
    const own = { authorization: 'Bearer of-the-application', 'x-device-api-key': 'also-its-own' };
    for (const name of ['x-api-key', 'x-mine']) {
      const answer = await ask(`${server.http}/x`, { headers: { ...own, [name]: key.apiKey } });
      expect(answer.status).toBe(200);
      expect(answer.body.headers).toMatchObject(own);
      expect(JSON.stringify(answer.body)).not.toContain(key.apiKey);
    }
    expect((await ask(`${server.http}/x`, { bearer: key.apiKey })).status).toBe(401);
    expect((await ask(`${server.http}/x`, { bearer: key.apiKey })).body.reason).toBe('missing token');
  });

  it('are what the printed configurations of gateways remove', async () => {
    const { keywright } = await fixture('credential-headers: [X-API-Key]\n');
    for (const name of ['nginx', 'caddy', 'haproxy', 'traefik', 'envoy']) {
      const { stdout } = await keywright(['integrate', name]);
      expect([name, /\bauthorization\b/i.test(stdout), /x-api-key/i.test(stdout)]).toEqual([
        name,
        false,
        true,
      ]);
    }
  });
});
