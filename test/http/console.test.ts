import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ask, registerKey, scratchDirectory, serve, workshop } from '../support/keywright.js';
import { exchange, statusOf } from '../support/raw-http.js';

const PAGE = '<!doctype html><script type="module" src="/console/assets/index-1a.js"></script>';
const SCRIPT = 'console.log("here");';

async function built(): Promise<string> {
  const directory = join(await scratchDirectory(), 'console');
  await mkdir(join(directory, 'assets'), { recursive: true });
  for (const [name, text] of [
    ['index.html', PAGE],
    ['assets/index-1a.js', SCRIPT],
  ] as const) {
    await writeFile(join(directory, name), text);
    await writeFile(join(directory, `${name}.gz`), gzipSync(text));
  }
  await writeFile(join(directory, 'assets/style-2b.css'), 'body { margin: 0 }');
  await writeFile(join(directory, 'assets/notes.unknown'), 'not for anybody');
  return directory;
}

async function fixture(...flags: string[]) {
  const shop = await workshop();
  const server = await serve(shop, flags, {}, await built());
  const get = (path: string, init: RequestInit = {}) =>
    fetch(server.http + path, { redirect: 'manual', ...init });
  return { shop, server, get };
}

describe('the console', () => {
  it('is one page at every path below /console/ that is no asset', async () => {
    const { get } = await fixture();
    for (const path of ['/console/', '/console/keys', '/console/keys/line.7?state=valid', '/console/a/b/c']) {
      const answer = await get(path);
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        ...[200, 'text/html; charset=utf-8', PAGE],
      ]);
      expect(answer.headers.get('cache-control')).toBe('no-cache');
    }
  });

  it('is found without the slash', async () => {
    const { get } = await fixture();
    const { status, headers } = await get('/console');
    expect([status, headers.get('location')]).toEqual([308, '/console/']);
  });

  it('has assets that a browser keeps for ever, compressed for whoever takes that', async () => {
    const { get } = await fixture();
    const plain = await get('/console/assets/index-1a.js', { headers: { 'accept-encoding': 'identity' } });
    expect([plain.status, plain.headers.get('content-type'), await plain.text()]).toEqual([
      ...[200, 'text/javascript; charset=utf-8', SCRIPT],
    ]);
    expect(plain.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect([plain.headers.get('content-encoding'), plain.headers.get('vary')]).toEqual([
      null,
      'Accept-Encoding',
    ]);
    for (const [coding, isGzip] of [
      ['gzip', true],
      ['br, gzip;q=0.5', true],
      ['GZIP; q=1.0', true],
      ['gzip;q=0', false],
      ['gzip;q=0.000', false],
      ['br', false],
      ['xgzip', false],
    ] as const) {
      const { headers, text } = await get('/console/assets/index-1a.js', {
        headers: { 'accept-encoding': coding },
      }).then(async (answer) => ({ headers: answer.headers, text: await answer.text() }));
      expect([coding, headers.get('content-encoding'), text]).toEqual([
        coding,
        isGzip ? 'gzip' : null,
        SCRIPT,
      ]);
    }
    const style = await get('/console/assets/style-2b.css', { headers: { 'accept-encoding': 'gzip' } });
    expect([style.headers.get('content-encoding'), style.status]).toEqual([null, 200]);
  });

  it.each([
    '/console/assets/',
    '/console/assets/index-0.js',
    '/console/assets/index-1a.js.gz',
    '/console/assets/notes.unknown',
    '/console/assets/../../package.json',
    '/console/assets/%2e%2e/index.html',
    '/console/assets/..%2f..%2fpackage.json',
    '/console/assets//index-1a.js',
    '/console/assets/index-1a.js/',
    '/console/assets/constructor',
    '/console/assets/index-1a.js%00.css',
    '/console/assets/%ff',
  ])('has nothing at %s', async (path) => {
    const { server } = await fixture();
    const answer = await exchange(server, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    expect(statusOf(answer)).toBeGreaterThanOrEqual(400);
    expect(answer).not.toMatch(/not for anybody|doctype|"version"/);
  });

  it('lets a browser run and load only what is its own, on every answer', async () => {
    const { get } = await fixture();
    for (const path of [
      '/console',
      '/console/',
      '/console/keys',
      '/console/assets/index-1a.js',
      '/console/assets/x',
    ]) {
      const { headers } = await get(path);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy.split('; ')).toEqual(
        expect.arrayContaining([
          ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"],
          ...["base-uri 'none'", "form-action 'none'", "require-trusted-types-for 'script'"],
        ]),
      );
      expect(policy).not.toMatch(/unsafe|\*/);
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'permissions-policy': expect.stringContaining('camera=()'),
      });
    }
  });

  it('is alone in its window wherever browsers take that: over https, and on this machine', async () => {
    const { server } = await fixture('--trusted-proxy', '127.0.0.1');
    const policyFor = async (host: string, more = '') => {
      const answer = await exchange(
        server,
        `GET /console/ HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`,
      );
      expect(statusOf(answer)).toBe(200);
      return /^cross-origin-opener-policy: (.*)\r$/im.exec(answer)?.[1];
    };
    for (const host of ['127.0.0.1', '127.0.0.1:5654', 'localhost:5654', '[::1]:5654', '[::1]'])
      expect([host, await policyFor(host)]).toEqual([host, 'same-origin']);
    for (const host of ['keys.example.com', '10.0.0.5:5654', 'localhost.example.com', '[2001:db8::1]:5654'])
      expect([host, await policyFor(host)]).toEqual([host, undefined]);
    expect(await policyFor('keys.example.com', 'X-Forwarded-Proto: https\r\n')).toBe('same-origin');
  });

  it('answers HEAD without the page, and says which methods there are', async () => {
    const { get } = await fixture();
    const head = await get('/console/keys', { method: 'HEAD', headers: { 'accept-encoding': 'identity' } });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([
      ...[200, String(PAGE.length), ''],
    ]);
    for (const path of ['/console', '/console/', '/console/keys']) {
      const post = await get(path, { method: 'POST' });
      expect([path, post.status, post.headers.get('allow')]).toEqual([path, 405, 'GET, HEAD, OPTIONS']);
      expect((await get(path, { method: 'OPTIONS' })).status).toBe(204);
    }
  });

  it('is nothing that a gateway gets', async () => {
    const { get, shop } = await fixture('--trusted-proxy', '127.0.0.1');
    const { apiKey } = await registerKey(shop);
    for (const [path, headers] of [
      ['/verify', { 'x-forwarded-uri': '/console/', 'x-forwarded-method': 'GET' }],
      ['/verify/console/', {}],
      ['/verify/console/assets/index-1a.js', {}],
    ] as const) {
      expect((await get(path, { headers })).status).toBe(401);
      const accepted = await get(path, { headers: { ...headers, 'x-api-key': apiKey } });
      expect([accepted.status, await accepted.text()]).toEqual([200, '']);
    }
  });

  it('is near nothing: its other spellings are the verifier’s', async () => {
    const { get } = await fixture();
    for (const path of ['/Console/', '/console2', '//console/']) expect((await get(path)).status).toBe(401);
  });

  it('leaves its paths to the verifier where it is switched off', async () => {
    const { get, shop } = await fixture('--console', 'false');
    for (const path of ['/console', '/console/', '/console/assets/index-1a.js'])
      expect((await get(path)).status).toBe(401);
    const { apiKey } = await registerKey(shop);
    expect((await get('/console/', { headers: { 'x-api-key': apiKey } })).status).toBe(200);
  });

  it('warns of rules for its paths', async () => {
    const shop = await workshop();
    const env = { KEYWRIGHT_RULES: 'GET /console/** metrics' };
    expect((await serve(shop, [], env, await built())).log()).toContain('rules name /console');
    expect((await serve(shop, ['--console', 'false'], env)).log()).not.toContain('rules name /console');
  });

  it('says so where it was not built, and is there once it is', async () => {
    const shop = await workshop();
    const directory = join(await scratchDirectory(), 'console');
    const server = await serve(shop, [], {}, directory);
    const missing = await ask(`${server.http}/console/`);
    expect([missing.status, missing.body.detail]).toEqual([404, expect.stringContaining('not built')]);
    await mkdir(directory);
    await writeFile(join(directory, 'index.html'), PAGE);
    expect(await (await fetch(`${server.http}/console/`)).text()).toBe(PAGE);
  });
});
