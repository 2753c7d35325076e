import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addUser, ask, PASSWORD, type Server, serve, type Workshop, workshop } from '../support/keywright.js';

async function fixture(...flags: string[]) {
  const shop = await workshop();
  return { shop, server: await serve(shop, flags) };
}

/** A fresh link's secret part. */
async function tokenOf({ keywright }: Workshop): Promise<string> {
  const { stdout, stderr } = await keywright(['console', '--json']);
  return JSON.parse(stdout || stderr).firstVisit.split('#')[1];
}

const visit = ({ http }: Server, token: string, headers: Record<string, string> = {}, more: object = {}) =>
  ask(`${http}/api/v1/first-user`, { json: { token, id: 'ann', password: PASSWORD, ...more }, headers });

const neededAt = async ({ http }: Server) => (await ask(`${http}/api/v1/first-user`)).body;

const usersOf = async ({ keywright }: Workshop) =>
  JSON.parse((await keywright(['user', 'list', '--json'])).stdout).map(
    ({ id, role }: Record<string, string>) => [id, role],
  );

const USED = 'the link was used, has expired, or is not the newest: keywright console makes another';

/** Lets the time pass. */
function later(ms: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
}

afterEach(() => void vi.useRealTimers());

describe('the first visit', () => {
  it('makes an admin and signs it in', async () => {
    const { shop, server } = await fixture();
    expect(await neededAt(server)).toEqual({ needed: true });
    const answer = await visit(server, await tokenOf(shop));
    expect(answer).toMatchObject({
      status: 201,
      body: { admin: true, user: { id: 'ann', role: 'admin', scopes: ['*'] } },
    });
    expect(answer.headers.get('location')).toBe('/api/v1/users/ann');
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^keywright_session=kwc_.*; Path=\/api\/v1; Max-Age=1800; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const made = await ask(`${server.http}/api/v1/users`, {
      headers: { cookie, 'x-keywright': 'console' },
      json: { id: 'bob', password: PASSWORD },
    });
    expect(made.status).toBe(201);
    expect(await neededAt(server)).toEqual({ needed: false });
    const audit = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    expect(audit.map(({ action, who, from }: Record<string, string>) => [action, who, from])).toEqual(
      expect.arrayContaining([
        ['user.add', 'first visit', '127.0.0.1'],
        ['session.begin', 'user ann', '127.0.0.1'],
      ]),
    );
  });

  it('is once', async () => {
    const { shop, server } = await fixture();
    const token = await tokenOf(shop);
    expect((await visit(server, token)).status).toBe(201);
    expect(await visit(server, token, {}, { id: 'eve' })).toMatchObject({
      status: 403,
      body: { detail: expect.stringContaining('there is a user already') },
    });
    // Not even after that user has gone.
    await shop.keywright(['user', 'del', 'ann', '--yes']);
    expect(await visit(server, token, {}, { id: 'eve' })).toMatchObject({
      status: 401,
      body: { reason: 'invalid link', detail: USED },
    });
    const lines = server.log().match(/^\{.*\}$/gm) ?? [];
    const refused = lines.map((line) => JSON.parse(line)).filter(({ status }) => status >= 400);
    expect(refused.map(({ reason, cause }) => [reason, cause])).toEqual([
      ['not-allowed', 'there is a user already, who adds others'],
      ['invalid-link', USED],
    ]);
    expect(await usersOf(shop)).toEqual([]);
  });

  it('is one person’s, of all who come at once with the link, at any server of the home', async () => {
    const { shop, server } = await fixture();
    const other = await serve(shop);
    const token = await tokenOf(shop);
    const names = ['u1', 'u2', 'u3', 'u4', 'u5', 'u6'];
    const answers = await Promise.all(
      names.map((id, index) => visit(index % 2 === 0 ? server : other, token, {}, { id })),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(201);
    expect(statuses.slice(1).every((status) => status === 401 || status === 403)).toBe(true);
    expect(await usersOf(shop)).toEqual([
      [names[answers.findIndex(({ status }) => status === 201)], 'admin'],
    ]);
  });

  it('ends after a quarter of an hour', async () => {
    const { shop, server } = await fixture();
    const [token, begun] = [await tokenOf(shop), Date.now()];
    later(15 * 60_000 + 1000);
    expect(await visit(server, token)).toMatchObject({ status: 401, body: { detail: USED } });
    // Nor does a clock that is set back make it last.
    vi.setSystemTime(begun - 60_000);
    expect((await visit(server, token)).status).toBe(401);
    vi.setSystemTime(begun + 14 * 60_000);
    expect((await visit(server, token)).status).toBe(201);
  });

  it('is by the newest link', async () => {
    const { shop, server } = await fixture();
    const older = await tokenOf(shop);
    const newer = await tokenOf(shop);
    expect((await visit(server, older)).status).toBe(401);
    expect((await visit(server, newer)).status).toBe(201);
  });

  it('leaves the link as it was where the user cannot be made', async () => {
    const { shop, server } = await fixture();
    const token = await tokenOf(shop);
    for (const more of [{ password: 'short' }, { id: 'no such/name' }, { id: '' }, { role: 'member' }])
      expect((await visit(server, token, {}, more)).status).toBe(400);
    expect(await usersOf(shop)).toEqual([]);
    expect((await visit(server, token)).status).toBe(201);
  });

  it('is over once there is a user', async () => {
    const { shop, server } = await fixture();
    const token = await tokenOf(shop);
    await addUser(shop, 'bob');
    expect((await visit(server, token)).status).toBe(403);
    expect(await neededAt(server)).toEqual({ needed: false });
    expect(JSON.parse((await shop.keywright(['console', '--json'])).stdout).firstVisit).toBeNull();
    expect(await usersOf(shop)).toEqual([['bob', 'member']]);
  });

  it('has a link of which the home keeps a hash, for its owner alone', async () => {
    const { shop, server } = await fixture();
    const token = await tokenOf(shop);
    const path = join(shop.home, 'first-visit.json');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(await readFile(path, 'utf8')))).toEqual(['hash', 'expiresAt']);
    for (const name of await readdir(shop.home, { recursive: true }))
      if ((await stat(join(shop.home, name))).isFile())
        expect(await readFile(join(shop.home, name), 'latin1')).not.toContain(token);
    expect(server.log()).not.toContain(token);
    await visit(server, token);
    expect(await readdir(shop.home)).not.toContain('first-visit.json');
    expect(server.log()).not.toContain(token);
  });

  it.each([
    ['another machine, through a proxy that is trusted', { 'x-forwarded-for': '203.0.113.7' }],
    ['a proxy that says it is from here', { 'x-forwarded-for': '127.0.0.1' }],
    ['a proxy that says nothing of whom it speaks for', { via: '1.1 proxy' }],
    ['a proxy by https', { 'x-forwarded-proto': 'https' }],
    ['a proxy in the newer words', { forwarded: 'for=127.0.0.1' }],
  ])('is refused to %s', async (_, headers) => {
    const { shop, server } = await fixture('--trusted-proxy', '127.0.0.1');
    const token = await tokenOf(shop);
    expect(await visit(server, token, headers as Record<string, string>)).toMatchObject({
      status: 403,
      body: { reason: 'not-from-here' },
    });
    expect((await visit(server, token)).status).toBe(201);
  });

  it('is from anywhere where the operator says so', async () => {
    const { shop, server } = await fixture(
      '--trusted-proxy',
      '127.0.0.1',
      '--console-first-visit',
      'anywhere',
    );
    const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'https' };
    const answer = await visit(server, await tokenOf(shop), headers);
    expect(answer.status).toBe(201);
    expect(answer.headers.getSetCookie()[0]).toMatch(/^__Secure-keywright_session=.*; Secure$/);
  });

  it('is refused to a page of another site', async () => {
    const { shop, server } = await fixture();
    const token = await tokenOf(shop);
    for (const headers of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'same-site' }])
      expect((await visit(server, token, headers)).status).toBe(403);
  });

  it('counts wrong links with wrong passwords, and does not make the right one wait', async () => {
    const { shop, server } = await fixture('--failed-attempts', '3/1h');
    for (let tries = 0; tries < 3; tries += 1)
      expect((await visit(server, `wrong${tries}`)).status).toBe(401);
    expect((await visit(server, 'wrong again')).status).toBe(429);
    const login = { user: 'ann', password: 'wrong password' };
    expect((await ask(`${server.http}/api/v1/session`, { json: login })).status).toBe(429);
    expect((await visit(server, await tokenOf(shop))).status).toBe(201);
  });

  it('needs no more than the home: a damaged record of the link is a link that nobody has', async () => {
    const { shop, server } = await fixture();
    const { writeFile } = await import('node:fs/promises');
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"hash":"","expiresAt":9e15}',
      '{"hash":null,"expiresAt":null}',
    ]) {
      await writeFile(join(shop.home, 'first-visit.json'), text);
      for (const token of ['', 'x', 'null']) expect((await visit(server, token)).status).toBe(401);
    }
    expect((await visit(server, await tokenOf(shop))).status).toBe(201);
  });

  it('is not there without the console', async () => {
    const { shop, server } = await fixture('--console', 'false');
    expect((await visit(server, 'x')).status).toBe(404);
    expect((await ask(`${server.http}/api/v1/first-user`)).status).toBe(401);
    expect(await readdir(shop.home)).not.toContain('first-visit.json');
  });
});
