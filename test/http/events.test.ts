import { get } from 'node:http';
import fastify from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { makeApiKey } from '../../src/core/model/api-key.js';
import { EventStream } from '../../src/server/events/event-stream.js';
import { atEnd, sharedByTests } from '../support/at-end.js';
import { readEvents } from '../support/event-reader.js';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  registerKey,
  type Server,
  serve,
  workshop,
} from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

async function fixture() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  await addUser(shop, 'bob');
  const anns = await registerKey(shop, '--owner', 'ann');
  const bobs = await registerKey(shop, '--owner', 'bob');
  return { shop, anns, bobs, server: await serve(shop) };
}

async function signedIn({ http }: Server, user = 'root') {
  const answer = await ask(`${http}/api/v1/session`, { json: { user, password: PASSWORD } });
  const cookie = answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  return { cookie, 'x-keywright': 'console', id: answer.body.session.id as string };
}

const names = (reader: { readonly all: readonly { name: string }[] }) => reader.all.map(({ name }) => name);

const ended = (reader: { isEnded(): boolean }) =>
  eventually(() => reader.isEnded(), { withinMs: 3_000, what: 'the end of the stream' });

afterEach(() => void vi.useRealTimers());

describe('the stream of events', () => {
  const shared = sharedByTests(fixture);

  it('begins with the build and the time, for whoever may manage, and renews no cookie', async () => {
    const { server, anns } = shared();
    const cookie = await signedIn(server);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 10 * 60_000 });
    const reader = await readEvents(server, cookie);
    expect(await reader.next('hello')).toMatchObject({
      data: { build: 'development', time: expect.stringMatching(/Z$/) },
    });
    expect(reader.headers.get('content-type')).toBe('text/event-stream');
    expect(reader.headers.get('cache-control')).toBe('no-store');
    expect(reader.headers.get('set-cookie')).toBe(null);
    expect((await ask(`${server.http}/api/v1/events`)).status).toBe(401);
    expect((await ask(`${server.http}/api/v1/events`, { bearer: anns.apiKey })).status).toBe(403);
    const cross = await ask(`${server.http}/api/v1/events`, {
      headers: { ...cookie, 'sec-fetch-site': 'cross-site' },
    });
    expect(cross).toMatchObject({ status: 403, body: { reason: 'cross-site' } });
    const head = await fetch(`${server.http}/api/v1/events`, { method: 'HEAD', headers: cookie });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it('tells admins of refusals, verdicts, changes and connections', async () => {
    const { shop, server, anns } = shared();
    const reader = await readEvents(server, await signedIn(server));
    await ask(`${server.http}/pumps`, { bearer: makeApiKey('kw_live_') });
    const refused = await reader.next('refused');
    expect(refused.data).toMatchObject({ by: 'http', reason: 'invalid', path: '/pumps' });
    expect(refused.id).toBe(refused.data.id);
    expect((await reader.next('verdicts')).data).toEqual({
      ...{ at: expect.stringMatching(/:00Z$/), accepted: expect.any(Number), refused: expect.any(Number) },
    });
    const { clientId } = anns;
    const wire = dial(server.mqttPort, {
      ...{ clientId, username: clientId, password: Buffer.from(anns.apiKey) },
    });
    await wire.next('connack');
    const shown = { clientId, userId: null, protocol: 'mqtt', address: '127.0.0.1', at: expect.any(String) };
    expect((await reader.next('connection')).data).toEqual({ what: 'opened', ...shown, reason: null });
    await shop.keywright(['key', 'suspend', clientId]);
    expect((await reader.next('changed')).data).toEqual({
      ...{ at: expect.any(String), kind: 'client', id: clientId },
    });
    expect((await reader.next('connection')).data).toEqual({
      ...{ what: 'closed', ...shown, reason: 'its credential does not hold any more' },
    });
    await shop.keywright(['key', 'resume', clientId]);
    expect((await reader.next('changed')).data).toMatchObject({ id: clientId });
    await shop.keywright(['user', 'edit', 'bob', '--email', 'bob@example.com']);
    expect((await reader.next('changed')).data).toMatchObject({ kind: 'user', id: 'bob' });
    await shop.keywright(['provision', 'key', 'create']);
    expect((await reader.next('changed')).data).toMatchObject({ kind: 'provisioning-key' });
    await shop.keywright(['key', 'gen', 'pump']);
    await shop.keywright(['key', 'del', 'pump', '--yes']);
    // A client and its certificate are one.
    for (const _ of ['made', 'deleted'])
      expect((await reader.next('changed')).data).toMatchObject({ kind: 'client', id: 'pump' });
  });

  it('tells members what concerns their own clients alone', async () => {
    const { shop, server, anns, bobs } = shared();
    const reader = await readEvents(server, await signedIn(server, 'ann'));
    await ask(server.http, { bearer: makeApiKey('kw_live_') });
    await shop.keywright(['key', 'suspend', bobs.clientId]);
    await ask(server.http, { bearer: bobs.apiKey });
    await signedIn(server, 'bob');
    await shop.keywright(['key', 'resume', bobs.clientId]);
    await shop.keywright(['key', 'suspend', anns.clientId]);
    await ask(server.http, { bearer: anns.apiKey });
    expect((await reader.next('refused')).data).toMatchObject({ client: anns.clientId, reason: 'suspended' });
    await shop.keywright(['key', 'resume', anns.clientId]);
    await reader.next('changed');
    await reader.next('changed');
    expect(names(reader)).toEqual(['hello', 'changed', 'refused', 'changed']);
  });

  it('is of one client where that is asked for', async () => {
    const { shop, server, anns, bobs } = shared();
    const reader = await readEvents(server, await signedIn(server), `?client=${bobs.clientId}`);
    await shop.keywright(['key', 'suspend', anns.clientId]);
    await ask(server.http, { bearer: anns.apiKey });
    await shop.keywright(['key', 'resume', anns.clientId]);
    await shop.keywright(['key', 'suspend', bobs.clientId]);
    await ask(server.http, { bearer: bobs.apiKey });
    expect((await reader.next('refused')).data.client).toBe(bobs.clientId);
    await shop.keywright(['key', 'resume', bobs.clientId]);
    await reader.next('changed');
    await reader.next('changed');
    expect(names(reader)).toEqual(['hello', 'changed', 'refused', 'changed']);
    const { cookie } = await signedIn(server);
    const wrong = await ask(`${server.http}/api/v1/events?client=a%20b`, { headers: { cookie } });
    expect(wrong.status).toBe(400);
  });

  it('begins with the refusals that were missed where the reader says what it had last', async () => {
    const { server } = shared();
    const cookie = await signedIn(server);
    const first = await readEvents(server, cookie);
    await ask(`${server.http}/one`);
    const { id = '' } = await first.next('refused');
    first.close();
    await ask(`${server.http}/two`);
    await ask(`${server.http}/three`);
    const again = await readEvents(server, { ...cookie, 'last-event-id': id });
    const missed = [await again.next('refused'), await again.next('refused')];
    expect(missed.map(({ data }) => data.path)).toEqual(['/two', '/three']);
    const other = await readEvents(server, { ...cookie, 'last-event-id': 'of another server' });
    await ask(`${server.http}/four`);
    let last = await other.next('refused');
    while (last.data.path !== '/four') last = await other.next('refused');
    expect(names(other).filter((name) => name === 'refused').length).toBeGreaterThan(3);
  });

  it('says how much else has changed where much does at once', async () => {
    const { shop, server } = shared();
    const reader = await readEvents(server, await signedIn(server));
    await addUser(shop, 'eve');
    const sessions = Array.from({ length: 30 }, () => signedIn(server, 'eve'));
    await Promise.all(sessions);
    await shop.keywright(['user', 'del', 'eve']);
    expect((await reader.next('changed-many')).data).toEqual({ count: expect.any(Number) });
  });
});

describe('a stream of events ends', () => {
  it('when its session is ended, and says so', async () => {
    const { shop, server } = await fixture();
    for (const end of [
      ({ id }: { id: string }) => shop.keywright(['session', 'revoke', id]),
      ({ cookie }: { cookie: string }) =>
        ask(`${server.http}/api/v1/session`, {
          method: 'DELETE',
          headers: { cookie, 'x-keywright': 'console' },
        }),
      () => shop.keywright(['user', 'edit', 'root', '--disable']),
    ]) {
      const session = await signedIn(server);
      const reader = await readEvents(server, session);
      await end(session);
      await reader.next('session-ended');
      await ended(reader);
    }
  });

  it('when its session has lasted as long as it may', async () => {
    const { server } = await fixture();
    const reader = await readEvents(server, await signedIn(server));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 13 * 3_600_000 });
    await reader.next('session-ended');
    await ended(reader);
  });

  it('without a word at the idle end of the cookie that it began with: the page may have a newer one', async () => {
    const { server } = await fixture();
    const reader = await readEvents(server, await signedIn(server));
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 60_000 });
    await ended(reader);
    expect(names(reader)).not.toContain('session-ended');
  });

  it('for what an admin may see once they are none, though it goes on', async () => {
    const { shop, server, bobs } = await fixture();
    const reader = await readEvents(server, await signedIn(server));
    await shop.keywright(['user', 'edit', 'root', '--role', 'member', '--scope', 'ingest']);
    await reader.next('changed');
    await ask(server.http);
    await shop.keywright(['key', 'suspend', bobs.clientId]);
    await shop.keywright(['user', 'edit', 'root', '--email', 'root@example.com']);
    await reader.next('changed');
    expect(names(reader)).toEqual(['hello', 'changed', 'changed']);
  });

  it('with the server, which does not wait for it', async () => {
    const { server } = await fixture();
    const reader = await readEvents(server, await signedIn(server));
    await server.stop();
    await ended(reader);
    expect(names(reader)).toEqual(['hello']);
  });

  it('where its reader takes nothing for long', async () => {
    const app = fastify();
    atEnd(() => app.close());
    const stream = new EventStream();
    const isHungUp = new Promise<void>((resolve) => {
      app.get('/', (_request, reply) => {
        reply.raw.once('close', resolve);
        return reply.type('text/event-stream').send(stream);
      });
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    const asked = get(url, (answer) => answer.once('data', () => answer.pause()));
    asked.on('error', () => undefined);
    atEnd(() => asked.destroy());
    const data = { text: 'x'.repeat(1_000) };
    await eventually(
      async () => {
        for (let count = 0; count < 40; count += 1) stream.send('refused', data);
        return stream.destroyed;
      },
      { withinMs: 20_000, what: 'dropped' },
    );
    expect(stream.readableLength).toBeLessThan(70_000);
    stream.send('refused', data);
    await isHungUp;
  });
});

describe('streams of events', () => {
  it('are at most twenty of one user', async () => {
    const { server } = await fixture();
    const { cookie } = await signedIn(server);
    const readers = [];
    for (let count = 0; count < 20; count += 1) readers.push(await readEvents(server, { cookie }));
    const { status, body, headers } = await ask(`${server.http}/api/v1/events`, { headers: { cookie } });
    expect([status, body.reason, headers.get('retry-after')]).toEqual([429, 'too many streams', '30']);
    await readEvents(server, await signedIn(server, 'ann'));
    readers[0]?.close();
    await eventually(
      async () => {
        const answer = await fetch(`${server.http}/api/v1/events`, { headers: { cookie } });
        await answer.body?.cancel();
        return answer.status === 200;
      },
      { withinMs: 3_000, what: 'a stream that was closed counts no more' },
    );
  });
});
