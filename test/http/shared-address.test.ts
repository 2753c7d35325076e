import { describe, expect, it } from 'vitest';
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
import { connectMqtt } from '../support/requests.js';

const login = async ({ http }: Server, username: string, password: string) =>
  (await ask(`${http}/auth/login`, { json: { username, password } })).status;

describe('who shares an address with a guesser', () => {
  it('signs in all the same, also by a password that was never seen before, until passwords are guessed', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    await addUser(shop, 'bob');
    const server = await serve(shop, ['--failed-attempts', '5/1m']);
    expect(await login(server, 'ann', PASSWORD)).toBe(200);
    const statuses = [];
    for (let wrong = 0; wrong < 7; wrong += 1)
      statuses.push((await ask(server.http, { bearer: `x${wrong}` })).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429]);
    // Keys were guessed, and no password: both are looked at.
    expect(await login(server, 'ann', PASSWORD)).toBe(200);
    expect(await login(server, 'bob', PASSWORD)).toBe(200);
    const guesses = [];
    for (let wrong = 0; wrong < 6; wrong += 1)
      guesses.push(await login(server, 'ann', `guess number ${wrong}`));
    expect(new Set(guesses)).toEqual(new Set([429]));
    // One that was right before still is, and counts for nothing.
    for (let again = 0; again < 3; again += 1) expect(await login(server, 'ann', PASSWORD)).toBe(200);
    const form = { username: 'bob', password: PASSWORD };
    expect((await ask(`${server.http}/login`, { form })).status).toBe(200);
    await shop.keywright(['user', 'edit', 'bob', '--disable']);
    await eventually(async () => (await login(server, 'bob', PASSWORD)) === 429, {
      withinMs: 2000,
      what: 'disabled',
    });
  });

  it('is told by the forwarded address, over MQTT on WebSocket too', async () => {
    const shop = await workshop();
    const { apiKey, clientId } = await registerKey(shop);
    const server = await serve(shop, ['--failed-attempts', '3/1m', '--trusted-proxy', '127.0.0.1']);
    const connect = (forwarded: string, password: string) =>
      connectMqtt(`${server.http.replace('http', 'ws')}/mqtt`, {
        ...{ username: 'any', password, wsOptions: { headers: { 'X-Forwarded-For': forwarded } } },
      });
    const codes = [];
    for (let wrong = 0; wrong < 5; wrong += 1)
      codes.push((await connect('203.0.113.7:4000', `kw_live_${'0'.repeat(32)}000000`)).returnCode);
    expect(codes).toEqual([4, 4, 4, 3, 3]);
    expect((await connect('[2001:db8::9]:443', `kw_live_${'0'.repeat(32)}000000`)).returnCode).toBe(4);
    expect((await connect('198.51.100.3:4000', apiKey)).returnCode).toBe(0);
    await server.stop();
    const { lastUsedFrom } = JSON.parse((await shop.keywright(['token', 'show', clientId, '--json'])).stdout);
    expect(lastUsedFrom).toBe('198.51.100.3');
  });
});
