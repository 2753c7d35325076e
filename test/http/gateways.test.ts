import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { registerKey, type Server, serve, type Workshop, workshop } from '../support/keywright.js';

interface Fixture extends Workshop {
  readonly server: Server;
  readonly reader: string;
  readonly writer: string;
}

const RULES = `rules:
  - GET|HEAD /api/pipes/** pipes:read
  - "* /api/pipes/** pipes:write"
`;

async function fixture(args: readonly string[] = [], env: Record<string, string> = {}): Promise<Fixture> {
  const shop = await workshop();
  await shop.keywright(['ca', 'init']);
  await writeFile(join(shop.home, 'keywright.yaml'), RULES);
  const reader = await registerKey(shop, '--scope', 'pipes:read', '--label', 'reader');
  const writer = await registerKey(shop, '--scope', 'pipes:*');
  return {
    ...shop,
    server: await serve(shop, args, env),
    reader: reader.apiKey,
    writer: writer.apiKey,
  };
}

const asked = async (url: string, headers: Record<string, string>, method = 'GET') => {
  const response = await fetch(url, { headers, method });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

// What each gateway sends for a request of its own caller's.
const GATEWAYS: [
  string,
  (method: string, path: string) => { url: string; method?: string; headers: Record<string, string> },
][] = [
  [
    'Traefik and Caddy',
    (method, path) => ({
      url: '/verify',
      headers: {
        'x-forwarded-method': method,
        'x-forwarded-proto': 'https',
        'x-forwarded-host': 'api.example.com',
        'x-forwarded-uri': path,
        'x-forwarded-for': '192.0.2.1',
      },
    }),
  ],
  [
    'nginx and HAProxy',
    (method, path) => ({ url: '/verify', headers: { 'x-original-method': method, 'x-original-uri': path } }),
  ],
  [
    'ingress-nginx',
    (method, path) => ({
      url: '/verify',
      headers: { 'x-original-method': method, 'x-original-url': `https://api.example.com${path}` },
    }),
  ],
  ['Envoy', (method, path) => ({ url: `/verify${path}`, method, headers: {} })],
];

describe.each(GATEWAYS)('forward auth for %s', (_, request) => {
  it('goes by the original method and path', async () => {
    const { server, reader, writer } = await fixture();
    const status = async (key: string | undefined, method: string, path: string) => {
      const { url, method: own, headers } = request(method, path);
      const credential = key === undefined ? {} : { 'x-api-key': key };
      return (await asked(server.http + url, { ...headers, ...credential }, own)).status;
    };
    expect(await status(reader, 'GET', '/api/pipes/1?x=a%2Fb')).toBe(200);
    expect(await status(reader, 'HEAD', '/api/pipes/1')).toBe(200);
    expect(await status(reader, 'POST', '/api/pipes/1')).toBe(403);
    expect(await status(writer, 'POST', '/api/pipes/1')).toBe(200);
    expect(await status(reader, 'DELETE', '/other')).toBe(200);
    expect(await status(undefined, 'GET', '/other')).toBe(401);
    expect(await status(`${reader}x`, 'GET', '/api/pipes/1')).toBe(401);
    expect(await status(writer, 'GET', '/api//pipes/1')).toBe(403);
    expect(await status(writer, 'GET', '/api%2Fpipes/1')).toBe(403);
    expect(await status(writer, 'GET', '/api/v1/device/somebody/state')).toBe(403);
  });
});

describe('forward auth', () => {
  it('says who is calling in headers that are always there, and has no body', async () => {
    const { server, reader, keywright } = await fixture();
    const { clientId, id } = JSON.parse((await keywright(['token', 'list', '--json'])).stdout)[0];
    for (const method of ['GET', 'POST', 'HEAD', 'OPTIONS', 'PROPFIND']) {
      const { status, headers, body } = await asked(`${server.http}/verify`, { 'x-api-key': reader }, method);
      expect([method, status, body, headers.get('content-length')]).toEqual([method, 200, '', '0']);
      expect(Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-auth-')))).toEqual({
        'x-auth-subject': `client:${clientId}`,
        'x-auth-client-id': clientId,
        'x-auth-scopes': 'pipes:read',
        'x-auth-key-id': id,
        'x-auth-expires': expect.any(String),
      });
    }
  });

  it.each([
    { 'x-original-uri': '/api/pipes/1', 'x-forwarded-uri': '/other', 'x-original-method': 'POST' },
    { 'x-original-uri': '/other', 'x-original-method': 'GET', 'x-forwarded-method': 'POST' },
    { 'x-original-method': 'GET' },
    { 'x-original-uri': '/api/pipes/1' },
  ])('lets nobody through where a caller may have added to what the gateway says: %j', async (headers) => {
    const { server, writer } = await fixture();
    const { status, body } = await asked(`${server.http}/verify`, {
      ...headers,
      'x-api-key': writer,
    } as Record<string, string>);
    expect([status, JSON.parse(body).reason]).toEqual([403, 'wrong-path']);
  });

  it('does not let what Envoy’s caller writes stand in for the path', async () => {
    const { server, reader } = await fixture();
    const spoofed = { 'x-forwarded-uri': '/other', 'x-forwarded-method': 'GET', 'x-api-key': reader };
    expect((await asked(`${server.http}/verify/api/pipes/1`, spoofed, 'POST')).status).toBe(403);
    expect((await asked(`${server.http}/verify/?rate=403`, spoofed)).status).toBe(404);
    expect(
      (await asked(`${server.http}/verify/api/pipes/1?scope=admin`, { 'x-api-key': reader })).status,
    ).toBe(200);
  });

  it('holds for what anybody asks directly', async () => {
    const { server, reader, writer } = await fixture();
    expect((await asked(`${server.http}/api/pipes/1`, { 'x-api-key': reader })).status).toBe(200);
    expect((await asked(`${server.http}/api/pipes/1`, { 'x-api-key': reader }, 'POST')).status).toBe(403);
    expect((await asked(`${server.http}/api/pipes/1`, { 'x-api-key': writer }, 'POST')).status).toBe(200);
  });

  it('says 403 for too many to a gateway that knows no 429', async () => {
    const { server, reader } = await fixture(['--requests-per-key', '1/1h']);
    expect((await asked(`${server.http}/verify?rate=403`, { 'x-api-key': reader })).status).toBe(200);
    const hidden = await asked(`${server.http}/verify?rate=403`, { 'x-api-key': reader });
    expect([hidden.status, hidden.headers.get('x-auth-status')]).toEqual([403, '429']);
    expect(Number(hidden.headers.get('retry-after'))).toBeGreaterThan(3000);
    expect((await asked(`${server.http}/verify`, { 'x-api-key': reader })).status).toBe(429);
    expect((await asked(`${server.http}/verify?rate=200`, { 'x-api-key': reader })).status).toBe(400);
  });
});

describe('a device', () => {
  it('has its own path and no other’s', async () => {
    const { server, keywright } = await fixture();
    const register = async () => JSON.parse((await keywright(['register', 'token', '--json'])).stdout);
    const [mine, other] = [await register(), await register()];
    const state = async (uuid: string, path = 'state') =>
      (await asked(`${server.http}/api/v1/device/${uuid}/${path}`, { 'x-device-api-key': mine.apiKey }))
        .status;
    await expect.poll(() => state(mine.clientId)).toBe(200);
    expect(await state(mine.clientId.toUpperCase())).toBe(200);
    expect(await state(other.clientId)).toBe(403);
    expect(await state('a%2Fb')).toBe(403);
  });
});

describe('a trusted proxy', () => {
  async function certificates(shop: Workshop) {
    await shop.keywright(['key', 'gen', 'app']);
    await shop.keywright(['key', 'gen', 'other']);
    const pem = await readFile(join(shop.directory, 'app_cert.pem'), 'utf8');
    const der = pem.replace(/-----[A-Z ]+-----|\s/g, '');
    return { pem, der };
  }

  it('says by which certificate its caller came, in the form of each gateway', async () => {
    const shop = await fixture(['--trusted-proxy', '127.0.0.0/8']);
    const { pem, der } = await certificates(shop);
    const escaped = encodeURIComponent(pem);
    const ask = async (headers: Record<string, string>) => {
      const { status, headers: answered } = await asked(`${shop.server.http}/verify`, headers);
      return [status, answered.get('x-auth-client-id')];
    };
    await expect.poll(() => ask({ 'x-ssl-client-cert': escaped })).toEqual([200, 'app']);
    expect(await ask({ 'x-ssl-client-cert': der })).toEqual([200, 'app']);
    expect(await ask({ 'x-forwarded-tls-client-cert': der })).toEqual([200, 'app']);
    const envoy = `By=spiffe://gw;Hash=abc;Cert="${escaped}";Subject="CN=app,OU=x;y";URI=urn:keywright:client:app`;
    expect(await ask({ 'x-forwarded-client-cert': envoy })).toEqual([200, 'app']);
    for (const headers of [
      { 'x-forwarded-client-cert': `${envoy},${envoy}` },
      { 'x-forwarded-client-cert': `Cert="${escaped}";Cert="${escaped}"` },
      { 'x-forwarded-client-cert': `Hash=abc;Subject="CN=x;Cert=${escaped}"` },
      { 'x-ssl-client-cert': `${escaped}${escaped}` },
      { 'x-forwarded-tls-client-cert': `${der},${der}` },
      { 'x-ssl-client-cert': 'rubbish' },
      { 'x-ssl-client-cert': '%zz' },
      { 'x-ssl-client-cert': escaped, 'x-forwarded-client-cert': envoy },
      { 'x-ssl-client-cert': escaped, 'x-api-key': shop.reader },
      { 'x-ssl-client-cert': '' },
    ]) {
      expect([headers, (await ask(headers))[0]]).toEqual([headers, 401]);
    }
  });

  it('is none that nobody named: its headers count for nothing', async () => {
    const shop = await fixture(['--trusted-proxy', '192.0.2.1']);
    const { pem } = await certificates(shop);
    const { status, body } = await asked(`${shop.server.http}/verify`, {
      'x-ssl-client-cert': encodeURIComponent(pem),
    });
    expect([status, JSON.parse(body).reason]).toEqual([401, 'missing token']);
    const both = { 'x-ssl-client-cert': encodeURIComponent(pem), 'x-api-key': shop.reader };
    expect((await asked(`${shop.server.http}/verify`, both)).status).toBe(200);
  });

  it('has attempts counted by the nearest address that is not trusted', async () => {
    const { server, keywright } = await fixture(
      ['--trusted-proxy', '127.0.0.1', '--trusted-proxy', '10.0.0.0/8'],
      {
        KEYWRIGHT_FAILED_ATTEMPTS: '2/1h',
      },
    );
    const wrong = async (forwarded: string) =>
      (await asked(`${server.http}/verify`, { 'x-api-key': 'wrong', 'x-forwarded-for': forwarded })).status;
    expect(await wrong('203.0.113.9, 198.51.100.1, 10.1.2.3')).toBe(401);
    expect(await wrong('203.0.113.8, 198.51.100.1')).toBe(401);
    expect(await wrong('203.0.113.7, 198.51.100.1')).toBe(429);
    expect(await wrong('198.51.100.2')).toBe(401);
    expect((await keywright(['audit', 'list'])).exitCode).toBe(0);
  });

  it('is told to serve as an address or a network', async () => {
    const { keywright } = await workshop();
    for (const value of ['localhost', '10.0.0.0/33', '10.0.0.0/', 'x/8', '::1/129']) {
      const { exitCode, stderr } = await keywright(['serve', '--trusted-proxy', value]);
      expect([value, exitCode]).toEqual([value, 2]);
      expect(stderr).toContain('--trusted-proxy');
    }
  });
});

it('refuses a rule that makes no sense, and names it', async () => {
  const { keywright, home } = await workshop();
  await keywright(['ca', 'init']);
  await writeFile(join(home, 'keywright.yaml'), 'rules:\n  - get /x\n');
  const { exitCode, stderr } = await keywright(['serve']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('"get /x"');
  const { stdout } = await execa('cat', [join(home, 'keywright.yaml')]);
  expect(stdout).toContain('get /x');
});
