import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import {
  eventually,
  type Server,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';

interface Fixture extends Workshop {
  readonly server: Server;
  readonly token: string;
}

async function fixture(args: readonly string[] = []): Promise<Fixture> {
  const shop = await withClient();
  return { ...shop, server: await serve(shop, args), token: await tokenOf(shop) };
}

const tokenOf = ({ directory }: Workshop) => readFile(join(directory, 'app_token'), 'utf8');

async function withClient(): Promise<Workshop> {
  const shop = await workshop();
  await shop.keywright([
    'key',
    'gen',
    'app',
    '--label',
    'Line 1',
    '--scope',
    'ingest',
    '--scope',
    'pipes:*',
    '--not-after',
    '2031-01-01',
  ]);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  return shop;
}

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

const PROBLEM = { type: 'about:blank', success: false, retry: false };

describe('the HTTP verifier', () => {
  const shared = sharedByTests(() => fixture());

  it('answers any method and any path with who is calling', async () => {
    const { server, token } = shared();
    const response = await fetch(`${server.http}/db/query?q=1`, bearer(token));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-auth-client-id')).toBe('app');
    expect(response.headers.get('x-auth-scopes')).toBe('ingest pipes:*');
    expect(response.headers.get('x-auth-expires')).toBe('2031-01-01T00:00:00Z');
    expect(await response.json()).toEqual({
      success: true,
      reason: 'success',
      elapse: expect.stringMatching(/^\d+\.\d{3}ms$/),
      data: {
        clientId: 'app',
        label: 'Line 1',
        owner: null,
        groups: [],
        domains: [],
        scopes: ['ingest', 'pipes:*'],
        credential: 'signed-token',
        notBefore: expect.stringMatching(/Z$/),
        expiresAt: '2031-01-01T00:00:00Z',
      },
    });
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'REPORT', 'M-SEARCH']) {
      const { stdout } = await execa('curl', [
        '-s',
        '-X',
        method,
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '-H',
        `Authorization: Bearer ${token}`,
        '-d',
        'body',
        `${server.http}/x`,
      ]);
      expect([method, stdout]).toEqual([method, '200']);
    }
    for (const path of [
      '/',
      '/%zz',
      '//x',
      '/verify/below',
      '/verify/below/',
      `/${'a'.repeat(4000)}`,
      '/a?b=%zz',
      '/*',
    ]) {
      const { stdout } = await execa('curl', [
        '-s',
        '-o',
        '/dev/null',
        '-w',
        '%{http_code}',
        '--path-as-is',
        '-H',
        `Authorization: Bearer ${token}`,
        `${server.http}${path}`,
      ]);
      expect([path.slice(0, 20), stdout]).toEqual([path.slice(0, 20), '200']);
    }
  });

  it('says what is missing and what is invalid in RFC 9457', async () => {
    const { server } = shared();
    const missing = await fetch(server.http);
    expect(missing.status).toBe(401);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    expect(missing.headers.get('www-authenticate')).toBe('Bearer realm="keywright", Basic realm="keywright"');
    expect(await missing.json()).toMatchObject({
      ...PROBLEM,
      status: 401,
      title: 'Unauthorized',
      reason: 'missing token',
    });

    for (const token of [
      'app:b:intended-wrong-value',
      `app:b:${'0'.repeat(140)}`,
      'rubbish',
      `nobody:b:${'0'.repeat(140)}`,
    ]) {
      const invalid = await fetch(server.http, bearer(token));
      expect(invalid.status).toBe(401);
      expect(invalid.headers.get('www-authenticate')).toBe(
        'Bearer realm="keywright", error="invalid_token", error_description="the credential is not valid"',
      );
      expect(await invalid.json()).toEqual({
        ...PROBLEM,
        title: 'Unauthorized',
        status: 401,
        detail: 'the credential is not valid',
        reason: 'invalid token',
      });
    }
  });

  it('takes the token whatever the scheme’s case, and without a scheme', async () => {
    const { server, token } = shared();
    for (const authorization of [`bearer ${token}`, `BEARER  ${token}`, token]) {
      expect((await fetch(server.http, { headers: { authorization } })).status).toBe(200);
    }
    for (const authorization of [`Basic ${token}`, `Bearer ${token} x`, 'Bearer', `Bearer Bearer ${token}`]) {
      expect((await fetch(server.http, { headers: { authorization } })).status).toBe(401);
    }
  });

  it('refuses two Authorization headers, of which a proxy may have looked at the other', async () => {
    const { server, token } = shared();
    const { stdout } = await execa('curl', [
      '-s',
      '-H',
      `Authorization: Bearer ${token}`,
      '-H',
      'authorization: Bearer x',
      server.http,
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{
        status: 401,
        reason: 'invalid token',
        detail: expect.stringContaining('two credentials that differ'),
      },
    });
  });

  it('demands a scope at /verify', async () => {
    const { server, token } = shared();
    expect((await fetch(`${server.http}/verify?scope=pipes:read`, bearer(token))).status).toBe(200);
    const lacking = await fetch(`${server.http}/verify?scope=admin`, bearer(token));
    expect(lacking.status).toBe(403);
    expect(lacking.headers.get('www-authenticate')).toBe(
      'Bearer realm="keywright", error="insufficient_scope"',
    );
    expect(await lacking.json()).toMatchObject({ ...PROBLEM, status: 403, reason: 'insufficient-scope' });
    for (const query of [
      'scope=a%20b',
      'scope=',
      'scope=a&scope=b',
      'scpoe=admin',
      'Scope=admin',
      'scope[]=admin',
    ]) {
      const wrong = await fetch(`${server.http}/verify?${query}`, bearer(token));
      expect(wrong.status).toBe(400);
      expect(wrong.headers.get('content-type')).toBe('application/problem+json');
      expect(await wrong.json()).toMatchObject({ ...PROBLEM, status: 400, reason: 'bad request' });
    }
  });

  it('is nowhere under a spelling that would lose the demand, and the same in absolute form', async () => {
    const { server, token } = shared();
    const ask = async (target: string) =>
      (
        await exchange(
          server.http,
          `GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n`,
        )
      ).slice(9, 12);
    expect(await ask('http://x/verify?scope=admin')).toBe('403');
    for (const target of [
      '//verify?scope=admin',
      '/verify/?scope=admin',
      '/%76erify?scope=admin',
      '/Verify?scope=admin',
      '/verify;scope=admin',
      '/verify#?scope=admin',
    ]) {
      expect([target, await ask(target)]).toEqual([target, '404']);
    }
  });

  it('sees a second Authorization header behind any number of others', async () => {
    const { server, token } = shared();
    const answer = await exchange(
      server.http,
      `GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n${'a:\r\n'.repeat(2500)}Authorization: Bearer x\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it.each([
    ['no content type that exists', 'POST / HTTP/1.1\r\nContent-Type: ;;;\r\nContent-Length: 1\r\n', 'x'],
    ['an expectation nobody knows', 'POST / HTTP/1.1\r\nExpect: banana\r\nContent-Length: 1\r\n', 'x'],
    ['a method with a body that says nothing of itself', 'REPORT / HTTP/1.1\r\nContent-Length: 1\r\n', 'x'],
  ])('decides all the same on %s', async (_, head, body) => {
    const { server, token } = shared();
    const answer = await exchange(
      server.http,
      `${head}Host: x\r\nConnection: close\r\nAuthorization: Bearer ${token}\r\n\r\n${body}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('answers HEAD without a body', async () => {
    const { server, token } = shared();
    const head = await fetch(server.http, { ...bearer(token), method: 'HEAD' });
    expect([head.status, head.headers.get('x-auth-client-id'), await head.text()]).toEqual([200, 'app', '']);
    expect((await fetch(server.http, { method: 'HEAD' })).status).toBe(401);
  });

  it.each(['/b', '/mqtt'])('outlives an upgrade of %s that overtakes an earlier request', async (path) => {
    const { server, token } = shared();
    await exchange(
      server.http,
      `GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    ).catch(() => undefined);
    expect((await fetch(server.http, bearer(token))).status).toBe(200);
  });

  it('ends a connection whose upgrade nobody speaks, whatever was sent behind it', async () => {
    const { server } = shared();
    const answer = await exchange(
      server.http,
      'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nleft over',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 401 /);
  });

  it('is healthy and ready', async () => {
    const { server } = shared();
    expect(await (await fetch(`${server.http}/healthz`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${server.http}/readyz`)).json()).toEqual({ status: 'ready' });
  });

  it('answers before a large body is through, and reads none of it', async () => {
    const { server, token } = shared();
    const body = Buffer.alloc(50_000_000);
    const response = await fetch(server.http, { ...bearer(token), method: 'POST', body });
    expect(response.status).toBe(200);
  });

  it.each([
    ['headers of 100 kB', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(100_000)}\r\n\r\n`, 431],
    ['no HTTP', 'hello there\r\n\r\n', 400],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
  ])('refuses %s in RFC 9457', async (_, request, status) => {
    const { server } = shared();
    const answer = await exchange(server.http, request);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(answer).toContain('Content-Type: application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n')))).toMatchObject({ ...PROBLEM, status });
    expect((await fetch(`${server.http}/healthz`)).status).toBe(200);
  });
});

describe('an API key over HTTP', () => {
  it('is one credential in every header that carries it', async () => {
    const shop = await fixture();
    const { apiKey, wrapped, clientId } = JSON.parse(
      (await shop.keywright(['register', 'token', '--json', '--scope', 'metrics'])).stdout,
    );
    const basic = Buffer.from(`${clientId}:${apiKey}`).toString('base64');
    const status = async (headers: Record<string, string>) => {
      const response = await fetch(`${shop.server.http}/verify?scope=metrics`, { headers });
      return [response.status, response.headers.get('x-auth-client-id')];
    };
    await eventually(async () => (await status({ 'x-api-key': apiKey }))[0] === 200, {
      withinMs: 1000,
      what: 'the key known',
    });
    for (const headers of [
      { authorization: `Bearer ${apiKey}` },
      { authorization: wrapped },
      { authorization: `mrsm-key:${basic}` },
      { authorization: `Basic ${basic}` },
      { 'x-api-key': apiKey },
      { 'x-device-api-key': apiKey },
      { 'X-Machhub-Api-Key': apiKey },
      { 'x-api-key': apiKey, authorization: `Bearer ${apiKey}` },
    ]) {
      expect([headers, await status(headers)]).toEqual([headers, [200, clientId]]);
    }
    for (const headers of [
      { 'x-api-key': apiKey, authorization: `Bearer ${shop.token}` },
      { authorization: `Basic ${Buffer.from(`app:${apiKey}`).toString('base64')}` },
      { authorization: 'Basic !!!' },
      { 'x-api-key': `${apiKey}x` },
    ]) {
      expect([headers, await status(headers)]).toEqual([headers, [401, null]]);
    }
    await shop.keywright(['token', 'invalidate', clientId]);
    await eventually(async () => (await status({ 'x-api-key': apiKey }))[0] === 401, {
      withinMs: 1000,
      what: 'the key refused',
    });
    const refused = await fetch(shop.server.http, { headers: { 'x-api-key': apiKey } });
    expect(await refused.json()).toMatchObject({
      reason: 'invalid token',
      detail: 'the credential is revoked',
    });
  });
});

describe('what another process changes', () => {
  it('holds within a second: issued, replaced, deleted', async () => {
    const { server, token, program, directory } = await fixture();
    const status = async (presented: string) => (await fetch(server.http, bearer(presented))).status;
    expect(await status(token)).toBe(200);

    await program(['key', 'gen', 'late']);
    const late = await readFile(join(directory, 'late_token'), 'utf8');
    await eventually(async () => (await status(late)) === 200, { withinMs: 1000, what: 'a new key' });

    await program(['key', 'gen', 'app', '--force']);
    const renewed = await readFile(join(directory, 'app_token'), 'utf8');
    await eventually(async () => (await status(token)) === 401, {
      withinMs: 1000,
      what: 'the old credentials refused',
    });
    await eventually(async () => (await status(renewed)) === 200, {
      withinMs: 1000,
      what: 'the new credentials',
    });

    await program(['key', 'del', 'app']);
    await eventually(async () => (await status(renewed)) === 401, {
      withinMs: 1000,
      what: 'a deleted key refused',
    });
    expect(await status(late)).toBe(200);
  });

  it('refuses everybody while the keystore cannot be read', async () => {
    const { server, token, home } = await fixture();
    const { chmod, readdir, rename, writeFile } = await import('node:fs/promises');
    const store = join(home, 'store', 'clients');
    const [shard = ''] = (await readdir(store)).filter((name) => name.endsWith('.json'));
    await rename(join(store, shard), join(home, 'aside'));
    await writeFile(join(store, shard), 'damaged');
    await chmod(join(store, shard), 0o600);
    await eventually(async () => (await fetch(`${server.http}/readyz`)).status === 503, {
      withinMs: 1000,
      what: 'not ready',
    });
    const refused = await fetch(server.http, bearer(token));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await refused.json()).toMatchObject({ success: false, reason: 'unavailable', retry: true });
    await rename(join(home, 'aside'), join(store, shard));
    await eventually(async () => (await fetch(server.http, bearer(token))).status === 200, {
      withinMs: 1000,
      what: 'recovery',
    });
  });
});

describe('over https', () => {
  const https = ['--http', 'https://127.0.0.1:0'];

  async function curl({ directory, server }: Fixture, ...args: string[]) {
    const { stdout } = await execa('curl', ['-s', '--cacert', 'ca.pem', ...args, server.http], {
      cwd: directory,
    });
    return JSON.parse(stdout);
  }

  it('takes a registered certificate like any other credential', async () => {
    const shop = await fixture(https);
    const mine = ['--cert', 'app_cert.pem', '--key', 'app_key.pem'];
    expect(await curl(shop, ...mine)).toMatchObject({
      success: true,
      data: { clientId: 'app', credential: 'certificate' },
    });
    expect(await curl(shop, '-H', `Authorization: Bearer ${shop.token}`)).toMatchObject({
      data: { credential: 'signed-token' },
    });
    expect(await curl(shop)).toMatchObject({ status: 401, reason: 'missing token' });

    await shop.keywright(['key', 'gen', 'other']);
    const theirs = ['--cert', 'other_cert.pem', '--key', 'other_key.pem'];
    await eventually(async () => (await curl(shop, ...theirs)).success, {
      withinMs: 1000,
      what: 'a new certificate',
    });
    expect(await curl(shop, ...theirs, '-H', `Authorization: Bearer ${shop.token}`)).toMatchObject({
      status: 401,
      detail: 'the credential belongs to another client',
    });
    await shop.keywright(['key', 'del', 'other']);
    await eventually(async () => (await curl(shop, ...theirs)).status === 401, {
      withinMs: 1000,
      what: 'the deleted one refused',
    });
  });

  it('refuses a certificate of another CA, even for a registered id and beside a good token', async () => {
    const shop = await fixture(https);
    const stranger = await workshop();
    await stranger.keywright(['key', 'gen', 'app']);
    const theirs = [
      '--cert',
      `${stranger.directory}/app_cert.pem`,
      '--key',
      `${stranger.directory}/app_key.pem`,
    ];
    expect(await curl(shop, ...theirs)).toMatchObject({ status: 401, reason: 'invalid token' });
    expect(await curl(shop, ...theirs, '-H', `Authorization: Bearer ${shop.token}`)).toMatchObject({
      status: 401,
    });
  });

  it('asks for certificates when token authentication is off', async () => {
    const shop = await fixture([...https, '--http-enable-token-auth', 'false']);
    expect(await curl(shop, '-H', `Authorization: Bearer ${shop.token}`)).toMatchObject({
      status: 401,
      reason: 'missing token',
    });
    expect(await curl(shop, '--cert', 'app_cert.pem', '--key', 'app_key.pem')).toMatchObject({
      success: true,
    });
  });
});

describe('serve', () => {
  it('says what is on and where, and ends cleanly on SIGTERM and SIGINT', async () => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      const server = await serveProgram(await withClient());
      const messages = server
        .log()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).msg);
      expect(messages).toEqual([
        'HTTP token authentication enabled',
        expect.stringMatching(/^HTTP listening tcp:\/\/127\.0\.0\.1:\d+$/),
        'MQTT token authentication enabled',
        expect.stringMatching(/^MQTT listening tcp:\/\/127\.0\.0\.1:\d+$/),
        'MQTT over WebSocket at /mqtt of the HTTP address',
        expect.stringMatching(/^serving 1 client from /),
        expect.stringMatching(/^console at http:\/\/127\.0\.0\.1:\d+\/console\/$/),
        'there are no users yet: make the first one by the link that keywright console prints',
      ]);
      await fetch(server.http);
      server.process.kill(signal);
      expect(await server.process).toMatchObject({ exitCode: 0 });
      expect(server.log()).toContain(`stopping on ${signal}`);
    }
  });

  it.each([
    ['over plain HTTP', []],
    ['over https', ['--http', 'https://127.0.0.1:0']],
  ])('ends although a connection says nothing, %s', async (_, args) => {
    const shop = await workshop();
    const server = await serveProgram(shop, args);
    const socket = connect({
      port: Number(new URL(server.http).port),
      host: '127.0.0.1',
      allowHalfOpen: true,
    });
    await new Promise((resolve) => socket.once('connect', resolve));
    const start = performance.now();
    server.process.kill('SIGTERM');
    expect(await server.process).toMatchObject({ exitCode: 0 });
    expect(performance.now() - start).toBeLessThan(5000);
    socket.destroy();
  });

  it('hangs up on a connection that never starts its TLS handshake', async () => {
    const shop = await workshop();
    const { http } = await serveProgram(shop, ['--http', 'https://127.0.0.1:0']);
    const socket = connect({ port: Number(new URL(http).port), host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => undefined);
    socket.resume().once('end', () => socket.end());
    await expect.poll(() => socket.closed, { timeout: 30_000 }).toBe(true);
  });

  it('writes lines for people with --log human', async () => {
    const shop = await workshop();
    const server = await serveProgram(shop, ['--log', 'human']);
    expect(server.log()).toMatch(/INFO: HTTP token authentication enabled\n/);
    expect(server.log()).not.toContain('\u001b');
  });

  it('leaves open what it is told to, and warns', async () => {
    const shop = await workshop();
    const server = await serveProgram(shop, [
      '--http-enable-token-auth',
      'false',
      '--http',
      'tcp://0.0.0.0:0',
    ]);
    expect(server.log()).toContain('HTTP authentication is off: every request gets in');
    expect(server.log()).toContain('HTTP listens without TLS on 0.0.0.0');
    const response = await fetch(server.http.replace('0.0.0.0', '127.0.0.1'));
    expect([response.status, response.headers.get('x-auth-client-id')]).toEqual([200, null]);
    expect(await response.json()).toMatchObject({ success: true, data: null });
  });

  it('fails clearly when the port is taken', async () => {
    const shop = await workshop();
    const { http } = await serveProgram(shop);
    const run = await shop.program([
      'serve',
      '--http',
      http.replace('http:', 'tcp:'),
      '--mqtt',
      'tcp://127.0.0.1:0',
    ]);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('the address is in use') });
  });

  it('is configured by variables and by keywright.yaml', async () => {
    const shop = await workshop();
    await shop.program(['ca', 'init']);
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(shop.home, 'keywright.yaml'), 'http-enable-token-auth: false\nlog: human\n');
    const server = await serveProgram(shop, [], { KEYWRIGHT_LOG: 'json' });
    expect(server.log()).toContain('"msg":"HTTP authentication is off');
  });
});

function exchange(url: string, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(request, 'latin1'));
    let answer = '';
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
  });
}
