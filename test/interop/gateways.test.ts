import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { systemd } from '../../src/integrate/systemd.js';
import { application, daemon, freePort, type Seen } from '../support/gateway.js';
import { PROGRAM, registerKey, type Server, serve, type Workshop, workshop } from '../support/keywright.js';

interface Fixture extends Workshop {
  readonly server: Server;
  /** Where the gateway listens. */
  readonly port: number;
}

/** The printed configuration, with the ports of this test in place of those that it names for the reader. */
async function configured(shop: Workshop, name: string, server: Server) {
  const [port, behind] = [await freePort(), await application()];
  const { stdout, exitCode } = await shop.keywright(['integrate', name, '--json'], {
    env: { KEYWRIGHT_HTTP: server.http },
  });
  expect(exitCode).toBe(0);
  const files: { name: string; text: string }[] = JSON.parse(stdout).files;
  for (const file of files) {
    const text = file.text
      .replaceAll(':8000', `:${port}`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${behind}`);
    await writeFile(join(shop.directory, file.name), text);
  }
  return port;
}

async function fixture(name: string, args: readonly string[] = []): Promise<Fixture> {
  const shop = await workshop();
  await shop.keywright(['ca', 'init']);
  await writeFile(
    join(shop.home, 'keywright.yaml'),
    'rules:\n  - GET|HEAD /api/** pipes:read\n  - "* /api/** pipes:write"\n',
  );
  const server = await serve(shop, args);
  return { ...shop, server, port: await configured(shop, name, server) };
}

const NGINX = (directory: string) => `
daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log stderr warn;
events {}
http {
  access_log off;
  client_body_temp_path ${directory}/body; proxy_temp_path ${directory}/proxy; fastcgi_temp_path ${directory}/fastcgi;
  uwsgi_temp_path ${directory}/uwsgi; scgi_temp_path ${directory}/scgi;
  include ${directory}/keywright.conf;
}`;

const GATEWAYS: Record<string, (shop: Fixture) => Promise<unknown>> = {
  nginx: async ({ directory, port }) => {
    await writeFile(join(directory, 'nginx.conf'), NGINX(directory));
    return daemon('nginx', ['-e', 'stderr', '-p', directory, '-c', join(directory, 'nginx.conf')], {
      port,
      cwd: directory,
    });
  },
  caddy: async ({ directory, port }) => {
    await mkdir(join(directory, 'caddy'));
    const env = {
      HOME: join(directory, 'caddy'),
      XDG_DATA_HOME: join(directory, 'caddy'),
      XDG_CONFIG_HOME: join(directory, 'caddy'),
    };
    const text = `{\n\tadmin off\n}\nimport ${join(directory, 'Caddyfile')}\n`;
    await writeFile(join(directory, 'main.caddyfile'), text);
    return daemon('caddy', ['run', '--adapter', 'caddyfile', '--config', 'main.caddyfile'], {
      port,
      cwd: directory,
      env,
    });
  },
  haproxy: ({ directory, port }) => daemon('haproxy', ['-db', '-f', 'haproxy.cfg'], { port, cwd: directory }),
};

function raw(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

describe.each(Object.keys(GATEWAYS))('%s with the configuration that integrate prints', (name) => {
  async function running(args: readonly string[] = []) {
    const shop = await fixture(name, args);
    await GATEWAYS[name]?.(shop);
    const ask = async (path: string, headers: Record<string, string>, init: RequestInit = {}) => {
      const response = await fetch(`http://127.0.0.1:${shop.port}${path}`, { headers, ...init });
      const text = await response.text();
      const seen: Seen | undefined = response.status === 200 && text !== '' ? JSON.parse(text) : undefined;
      return { status: response.status, headers: response.headers, seen };
    };
    return { ...shop, ask };
  }

  it('lets in who may, tells the application who it is, and refuses others', async () => {
    const shop = await running();
    const { ask } = shop;
    const reader = await registerKey(shop, '--scope', 'pipes:read');
    const writer = await registerKey(shop, '--scope', 'pipes:*');
    const key = { 'x-api-key': reader.apiKey };
    for (const { apiKey } of [reader, writer])
      await expect.poll(async () => (await ask('/api/a%20b?c=d', { 'x-api-key': apiKey })).status).toBe(200);
    const { seen } = await ask('/api/a%20b?c=d', { ...key, 'x-auth-subject': 'boss', 'X-Auth-Scopes': '*' });
    expect(seen).toMatchObject({
      method: 'GET',
      url: '/api/a%20b?c=d',
      headers: {
        'x-auth-subject': `client:${reader.clientId}`,
        'x-auth-client-id': reader.clientId,
        'x-auth-scopes': 'pipes:read',
        'x-auth-key-id': reader.id,
        'x-auth-expires': reader.expiresAt,
      },
    });
    expect(JSON.stringify(seen)).not.toContain('boss');
    expect(JSON.stringify(seen)).not.toContain(reader.apiKey);

    const none = await ask('/other', {});
    expect([none.status, none.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringMatching(/^Bearer realm="keywright"(, Basic realm="keywright")?$/),
    ]);
    expect((await ask('/other', { 'x-api-key': 'kw_live_wrong' })).status).toBe(401);
    expect((await ask('/other', { authorization: `Bearer ${reader.apiKey}` })).status).toBe(200);

    // By method and path, whatever the caller says they were.
    const post = { method: 'POST', body: 'text' };
    expect((await ask('/api/x', key, post)).status).toBe(403);
    for (const header of ['x-original-method', 'x-forwarded-method'])
      expect((await ask('/api/x', { ...key, [header]: 'GET' }, post)).status).toBe(403);
    for (const header of ['x-original-uri', 'x-forwarded-uri', 'x-original-url'])
      expect((await ask('/api/x', { ...key, [header]: '/other' }, post)).status).toBe(403);
    expect((await ask('/api/x', { 'x-api-key': writer.apiKey }, post)).seen).toMatchObject({
      method: 'POST',
      body: 'text',
    });
    expect((await ask('/api/v1/device/somebody/state', key)).status).toBe(403);
    expect((await ask('/api/x', key, { method: 'HEAD' })).status).toBe(200);

    // A certificate that the caller only says it has.
    expect(
      (await ask('/other', { 'x-ssl-client-cert': 'abc', 'x-forwarded-client-cert': 'Hash=abc' })).status,
    ).toBe(401);

    await shop.keywright(['token', 'invalidate', reader.clientId]);
    await expect
      .poll(async () => (await ask('/other', key)).status, { timeout: 1000, interval: 50 })
      .toBe(401);
  });

  it('asks over TLS, and lets no caller say who it is in other spellings or take it away', async () => {
    const shop = await running(['--http', 'https://127.0.0.1:0']);
    const { apiKey, clientId } = await registerKey(shop);
    await expect.poll(async () => (await shop.ask('/x', { 'x-api-key': apiKey })).status).toBe(200);
    const answer = await raw(shop.port, [
      'GET /x HTTP/1.1',
      'Host: x',
      `X-API-Key: ${apiKey}`,
      'Connection: close, X-Auth-Subject, X-Auth-Client-Id, X-Auth-Scopes',
      'X_Auth_Subject: boss',
      'X-Auth_Client_Id: boss',
      'x_auth-scopes: boss',
      'X-AUTH-KEY-ID: boss',
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).not.toContain('boss');
    expect(answer).toContain(`"x-auth-subject":"client:${clientId}"`);
    expect(answer).toContain('"x-auth-scopes":"ingest"');
  });

  it('passes WebSockets and long cookies to the application, and no upgrade to something else', async () => {
    const shop = await running();
    const { apiKey } = await registerKey(shop);
    const headers = { 'x-api-key': apiKey };
    await expect.poll(async () => (await shop.ask('/x', headers)).status).toBe(200);
    const webSocket = new WebSocket(`ws://127.0.0.1:${shop.port}/live`, { headers });
    onTestFinished(() => webSocket.terminate());
    const first = await new Promise((resolve, reject) => {
      webSocket.once('message', (data) => resolve(String(data)));
      webSocket.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
      webSocket.once('error', reject);
    });
    expect(first).toBe('hello');
    const refused = new WebSocket(`ws://127.0.0.1:${shop.port}/live`);
    const status = await new Promise((resolve) => {
      refused.once('unexpected-response', (_request, { statusCode }) => resolve(statusCode));
      refused.on('error', () => undefined);
    });
    expect(status).toBe(401);

    // HAProxy has room for 16 kB of headers.
    const cookies = Array<string>(name === 'haproxy' ? 2 : 3).fill(`Cookie: a=${'c'.repeat(6_000)}`);
    const upgrade = ['Connection: close, Upgrade', 'Upgrade: h2c'];
    const answer = await raw(shop.port, [
      ...['GET /x HTTP/1.1', 'Host: h', `X-API-Key: ${apiKey}`, ...cookies, ...upgrade],
    ]);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain('c'.repeat(6_000));
    expect(answer).not.toContain('h2c');
  });

  it('says 429 where there were too many, and refuses everybody when keywright is down', async () => {
    const shop = await running(['--requests-per-key', '3/1h']);
    const { apiKey } = await registerKey(shop);
    const key = { 'x-api-key': apiKey };
    const statuses: number[] = [];
    await expect
      .poll(async () => {
        const { status, headers } = await shop.ask('/x', key);
        statuses.push(status);
        return [status, Number(headers.get('retry-after')) > 3000];
      })
      .toEqual([429, true]);
    expect(statuses.filter((status) => status === 200).length).toBe(3);
    await shop.server.stop();
    expect((await shop.ask('/x', key)).status).toBeGreaterThanOrEqual(500);
    expect((await shop.ask('/x', key)).seen).toBeUndefined();
  });
});

describe('integrate NAME --test URL', () => {
  it.each(['nginx', 'caddy', 'traefik', 'envoy', 'haproxy'])(
    'replays what %s asks, and leaves nothing behind',
    async (name) => {
      const shop = await workshop();
      await shop.keywright(['ca', 'init']);
      const server = await serve(shop);
      const { stdout, stderr, exitCode } = await shop.keywright(['integrate', name, '--test', server.http]);
      expect([exitCode, stdout.match(/│ yes +│/g)?.length, stderr]).toEqual([0, 8, 'keywright: all 8 hold']);
      expect(JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)).toEqual([]);
    },
  );

  it('presents the secret of call-backs, and writes it only into files that are closed to others', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const secret = 'a-secret-of-24-letters.x';
    await writeFile(join(shop.directory, 'secret'), `${secret}\n`, { mode: 0o600 });
    const env = { KEYWRIGHT_CALLBACK_SECRET_FILE: join(shop.directory, 'secret') };
    const server = await serve(shop, [], env);
    for (const name of ['mosquitto', 'emqx', 'vernemq', 'rabbitmq']) {
      const { exitCode, stdout, stderr } = await shop.keywright(['integrate', name, '--test', server.http], {
        env,
      });
      expect([name, exitCode, stdout.includes('NO:')]).toEqual([name, 0, false]);
      expect(stderr).toMatch(/all \d+ hold$/);
      expect((await shop.keywright(['integrate', name], { env })).stdout).not.toContain(secret);
    }
    await shop.keywright(['integrate', 'rabbitmq', '--output', shop.directory], { env });
    const file = join(shop.directory, 'rabbitmq.conf');
    expect(await readFile(file, 'utf8')).toContain(`keywright:${secret}@`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('says what does not hold, and exits 1', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    // Another program, which says yes to everybody.
    const port = await application();
    const { stdout, exitCode } = await shop.keywright([
      'integrate',
      'nginx',
      '--test',
      `http://127.0.0.1:${port}`,
      '--json',
    ]);
    const { holds, steps } = JSON.parse(stdout);
    expect([exitCode, holds]).toEqual([1, false]);
    expect(steps).toContainEqual({ says: 'a wrong key is 401', holds: false, problem: '200 instead of 401' });
    expect(steps[0]).toMatchObject({ says: "this is keywright's own address", holds: false });
  });

  it.each([
    [['nginx', '--test', 'http://127.0.0.1:1'], 1, 'cannot be reached'],
    [['nginx', '--test', 'rubbish'], 2, 'is not a URL'],
    [['docker', '--test', 'http://127.0.0.1:1'], 2, 'nothing to test'],
    [['apache'], 2, 'there are nginx,'],
  ])('of %j fails with %i', async (args, code, text) => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const { exitCode, stderr } = await shop.keywright(['integrate', ...args]);
    expect([exitCode, stderr.includes(text)]).toEqual([code, true]);
  });

  it('says of a gateway that refuses by itself that it is not keywright', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const gateway = createHttpServer((_, response) =>
      response.writeHead(502, { 'content-type': 'text/html' }).end('<p>'),
    );
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    const { exitCode, stderr } = await shop.keywright(['integrate', 'nginx', '--test', url]);
    gateway.close();
    expect([exitCode, stderr]).toEqual([5, expect.stringContaining(`${url} is not keywright's own address`)]);
  });

  it('leaves no key behind when it is interrupted', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const connected = new Promise((resolve) => silent.once('connection', resolve));
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const running = execa(
      process.execPath,
      [PROGRAM, 'integrate', 'nginx', '--test', url, '--home', shop.home],
      {
        reject: false,
        stdin: 'ignore',
      },
    );
    await connected;
    expect(JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)).toHaveLength(1);
    running.kill('SIGINT');
    expect((await running).exitCode).toBe(130);
    silent.close();
    expect(JSON.parse((await shop.keywright(['token', 'list', '--json'])).stdout)).toEqual([]);
  });

  it('makes no unit of a path that a unit reads in another way', async () => {
    const { keywright, directory } = await workshop();
    for (const home of ['with blank', 'per%n', 'dollar$x', 'quo"te']) {
      const { exitCode, stderr } = await keywright(['integrate', 'systemd', '--home', join(directory, home)]);
      expect([home, exitCode]).toEqual([home, 2]);
      expect(stderr).toContain('cannot stand in a unit');
    }
    const { stdout } = await keywright(['integrate', 'systemd']);
    expect(stdout).toMatch(/^ExecStart=\S+ \S+ serve$/m);
    expect(stdout).toMatch(/^CapabilityBoundingSet=$/m);
    expect(stdout).not.toContain('Ambient');
  });

  it('lets a unit use low ports only where an address has one', async () => {
    const { keywright } = await workshop();
    for (const env of [{ KEYWRIGHT_HTTP: 'https://0.0.0.0:443' }, { KEYWRIGHT_MQTT: 'tcp://0.0.0.0:1' }])
      expect((await keywright(['integrate', 'systemd'], { env })).stdout).toContain(
        'AmbientCapabilities=CAP_NET_BIND_SERVICE\nCapabilityBoundingSet=CAP_NET_BIND_SERVICE\n',
      );
    const { stdout } = await keywright(['integrate', 'systemd'], {
      env: { KEYWRIGHT_MQTT: 'tcp://0.0.0.0:0' },
    });
    expect(stdout).not.toContain('Ambient');
  });

  it('shows a unit the programs that are below /home or /root, which the unit hides', () => {
    const unit = (...program: string[]) =>
      systemd.configuration({
        ...{ httpUrl: 'http://127.0.0.1:5654', mqttUrl: 'mqtt://127.0.0.1:5653', version: '1', program },
        ...{
          home: '/var/lib/keywright',
          caFile: '/var/lib/keywright/ca/cert.pem',
          callbackSecretFile: undefined,
          credentialHeaders: [],
        },
      })[0]?.text;
    const node = '/home/ann/.nvm/versions/node/v22.1.0';
    expect(unit(`${node}/bin/node`, `${node}/lib/node_modules/keywright/bin/run.js`)).toContain(
      `\nBindReadOnlyPaths=${node}/bin/node ${node}/lib/node_modules\n`,
    );
    expect(unit('/usr/bin/node', '/root/src/keywright/bin/run.js')).toContain(
      '\nBindReadOnlyPaths=/root/src/keywright\n',
    );
    expect(unit('/usr/bin/node', '/usr/lib/node_modules/keywright/bin/run.js')).not.toContain(
      'BindReadOnlyPaths',
    );
  });

  it('writes files only where there are none', async () => {
    const { keywright, directory } = await workshop();
    const made = join(directory, 'not', 'there', 'yet');
    const run = () => keywright(['integrate', 'docker', '--output', made]);
    expect((await run()).stdout).toBe(`Save ${made}/Dockerfile\nSave ${made}/compose.yaml`);
    expect((await stat(made)).mode & 0o777).toBe(0o755);
    const { exitCode, stderr } = await run();
    expect([exitCode, stderr]).toEqual([4, expect.stringContaining('name another directory')]);
    expect(stderr).not.toContain('--force');
  });
});
