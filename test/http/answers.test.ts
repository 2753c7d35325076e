import { execa } from 'execa';
import { expect, it } from 'vitest';
import { sharedByTests } from '../support/at-end.js';
import { addUser, ask, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';

const shared = sharedByTests(async () => {
  const shop = await workshop();
  const key = await registerKey(shop);
  await addUser(shop, 'root', '--role', 'admin', '--scope', '*');
  const server = await serve(shop);
  const { body } = await ask(`${server.http}/auth/login`, { json: { username: 'root', password: PASSWORD } });
  return { ...shop, server, key, root: String(body.tkn) };
});

it('Basic is offered to who presents nothing, so that wget and curl find it by themselves', async () => {
  const { server, key } = shared();
  const user = `${key.clientId}:${key.clientSecret}`;
  const status = ['-s', '-o', '/dev/null', '-w', '%{http_code}'];
  for (const path of ['/x', '/verify', '/repo.git/info/refs'])
    expect((await execa('curl', [...status, '--anyauth', '-u', user, server.http + path])).stdout).toBe(
      '200',
    );
  for (const path of ['/x', '/verify', '/api/v1/clients'])
    expect((await ask(server.http + path)).headers.get('www-authenticate')).toContain(
      'Basic realm="keywright"',
    );
  const wrong = await ask(`${server.http}/x`, { bearer: 'wrong' });
  expect(wrong.headers.get('www-authenticate')).not.toContain('Basic');
});

it('Basic is not offered to scripts of a page, over which a browser would show its own dialog', async () => {
  const { server } = shared();
  for (const headers of [
    { 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' },
    { 'x-keywright': 'console' },
    { accept: 'text/event-stream' },
  ])
    for (const path of ['/api/v1/session', '/api/v1/clients']) {
      const answer = await ask(server.http + path, { headers });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="keywright"',
      ]);
    }
});

it('verdicts are kept in no cache', async () => {
  const { server, key } = shared();
  const headers = { 'x-api-key': key.apiKey };
  for (const path of ['/x', '/verify', '/verify/x', '/api/v1/agents'])
    expect([path, (await ask(server.http + path, { headers })).headers.get('cache-control')]).toEqual([
      path,
      'private, no-store',
    ]);
  for (const path of ['/healthz', '/readyz', '/openapi.json', '/api/v1/tokens'])
    expect([
      path,
      (await ask(server.http + path, { bearer: shared().root })).headers.get('cache-control'),
    ]).toEqual([path, 'no-store']);
});

it('what was made says where it is', async () => {
  const { server, root } = shared();
  const make = async (path: string, json: object) => {
    const { status, headers } = await ask(server.http + path, { bearer: root, json });
    expect([path, status]).toEqual([path, 201]);
    const location = headers.get('location') ?? '';
    const found = await ask(server.http + location, { bearer: root });
    expect([location, found.status]).toEqual([location, 200]);
    return location;
  };
  expect(await make('/api/v1/clients', { id: 'plug-1' })).toBe('/api/v1/clients/plug-1');
  expect(await make('/api/v1/clients/plug-1/reissue', {})).toBe('/api/v1/clients/plug-1');
  expect(await make('/api/v1/users', { id: 'ann', password: PASSWORD })).toBe('/api/v1/users/ann');
  const token = await make('/api/v1/tokens', {});
  expect(token).toMatch(/^\/api\/v1\/tokens\/[^/]+:[^/]+$/);
  await make(`${token}/rotate`, {});
  await make('/api/v1/auth/api-keys', { name: 'gateway' });
});

it('errors quote no path and no body, and say which type is wanted', async () => {
  const { server, root } = shared();
  const secret = 'kw_live_secretsecretsecret';
  const long = await ask(`${server.http}/api/v1/tokens/${secret}${'x'.repeat(400)}`, { bearer: root });
  expect([long.status, long.body.detail]).toEqual([414, 'the path is too long']);
  const broken = await ask(`${server.http}/api/v1/tokens/${secret}%zz`, { bearer: root });
  expect([broken.status, broken.body.detail]).toEqual([400, 'the path is not well-formed']);
  const post = async (path: string, type: string, body: string) => {
    const response = await fetch(server.http + path, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
    });
    return { status: response.status, accept: response.headers.get('accept'), body: await response.text() };
  };
  for (const path of ['/auth/login', '/api/v1/tokens']) {
    expect(await post(path, 'text/plain', secret)).toMatchObject({
      status: 415,
      accept: 'application/json',
      body: expect.stringContaining('a body here is application/json'),
    });
    const notJson = await post(path, 'application/json', secret);
    expect([notJson.status, notJson.body.includes(secret.slice(0, 12))]).toEqual([400, false]);
  }
  for (const path of ['/login', '/oauth/token'])
    expect(await post(path, 'application/json', '{}')).toMatchObject({
      status: 415,
      accept: 'application/x-www-form-urlencoded',
      body: expect.stringContaining('a body here is application/x-www-form-urlencoded'),
    });
});
