import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectAsync, type IClientOptions, type MqttClient } from 'mqtt';
import { describe, expect, it, onTestFinished } from 'vitest';
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

async function connect({ mqttPort }: Server, options: IClientOptions): Promise<MqttClient> {
  const client = await connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  return client;
}

/** The return code of the CONNACK. */
async function codeOf(server: Server, options: IClientOptions): Promise<number> {
  try {
    await (await connect(server, options)).endAsync();
    return 0;
  } catch (error) {
    return Reflect.get(Object(error), 'code');
  }
}

const exchange = async ({ http }: Server, api_key: string, scope = 'ingest') =>
  (await ask(`${http}/v1/token/exchange`, { json: { api_key, scope } })).body.access_token as string;

/** Makes a client with a password that suffices alone. @returns the password */
async function aloneClient(shop: Shop, id: string, ...flags: string[]): Promise<string> {
  await shop.keywright(['key', 'gen', id, ...flags]);
  const run = await shop.keywright(['key', 'passwd', id, '--alone', '--generate']);
  if (run.exitCode !== 0) throw new Error(run.stderr);
  return run.stdout;
}

/** Gives a client the password that users of tests have. @returns what went wrong */
async function setPassword(shop: Shop, id: string, ...flags: string[]): Promise<string> {
  const args = ['key', 'passwd', id, '--password-stdin', ...flags];
  return (await shop.keywright(args, { input: PASSWORD })).stderr;
}

const closed = (client: MqttClient) =>
  new Promise((resolve) => client.once('close', () => resolve(undefined)));

describe('an API key as user name', () => {
  it('gets in with the client’s MQTT password beside it, and with nothing else', async () => {
    const shop = await workshop();
    const key = await registerKey(shop, '--mqtt-password', '--prefix', 'iotsk_live_');
    const other = await registerKey(shop, '--mqtt-password');
    const without = await registerKey(shop);
    const server = await serve(shop);
    const { apiKey: username, mqttPassword: password = '' } = key;
    for (let round = 0; round < 2; round += 1) {
      expect(await codeOf(server, { username, password, clientId: `agent-${key.clientId}` })).toBe(0);
      const refused: IClientOptions[] = [
        { username, password: `${password}x` },
        { username, password: other.mqttPassword ?? '' },
        { username },
        { username, password: '' },
        { username: without.apiKey, password },
        { username: without.apiKey, password: 'x' },
        { username: `${username.slice(0, -1)}?`, password },
        { username: 'agent', password },
        { username, password: other.apiKey },
      ];
      const codes = [];
      for (const options of refused) codes.push(await codeOf(server, options));
      expect(codes).toEqual(refused.map(() => 4));
    }
    expect(await codeOf(server, { username: key.wrapped, password })).toBe(0);
  });

  it('stays in until the password is another', async () => {
    const shop = await workshop();
    const {
      apiKey: username,
      clientId,
      mqttPassword: password = '',
    } = await registerKey(shop, '--mqtt-password');
    const server = await serve(shop);
    const end = closed(await connect(server, { username, password }));
    const set = await shop.keywright(['key', 'passwd', clientId, '--password-stdin'], {
      input: `${PASSWORD}\n`,
    });
    expect(set.stdout).toBe(`Changed the MQTT password of ${clientId}`);
    await end;
    await eventually(async () => (await codeOf(server, { username, password })) === 4, {
      withinMs: 1000,
      what: 'refused',
    });
    expect(await codeOf(server, { username, password: PASSWORD })).toBe(0);
    const shown = await shop.keywright(['key', 'show', clientId]);
    expect(shown.stdout).toMatch(/password +for MQTT, beside an API key, set \S+Z/);
    expect(shown.stdout).not.toContain('argon2');
  });
});

describe('an API key as user name without a password', () => {
  it('gets in where its client has no MQTT password, and stays in until it has one', async () => {
    const shop = await workshop();
    const key = await registerKey(shop);
    const server = await serve(shop);
    const { apiKey: username, clientId } = key;
    for (const each of [username, key.wrapped]) {
      expect(await codeOf(server, { username: each })).toBe(0);
      expect(await codeOf(server, { username: each, password: '', clientId: 'any' })).toBe(0);
      expect(await codeOf(server, { username: each, password: 'x' })).toBe(4);
    }
    for (const flags of [[], ['--alone']]) {
      const end = closed(await connect(server, { username }));
      expect(await setPassword(shop, clientId, ...flags)).toBe('');
      await end;
      expect(await codeOf(server, { username })).toBe(4);
      expect(await codeOf(server, { username, password: '' })).toBe(4);
      expect(await codeOf(server, { username, password: PASSWORD })).toBe(0);
      await shop.keywright(['key', 'passwd', clientId, '--delete']);
      await eventually(async () => (await codeOf(server, { username })) === 0, {
        withinMs: 1000,
        what: 'let in',
      });
      expect(await codeOf(server, { username, password: PASSWORD })).toBe(4);
    }
    await shop.keywright(['token', 'invalidate', key.id]);
    await eventually(async () => (await codeOf(server, { username })) === 4, {
      withinMs: 1000,
      what: 'refused',
    });
  });
});

describe('an MQTT password that suffices alone', () => {
  it('gets in with the client’s id as user name, under any client id, and with nothing else', async () => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7');
    const other = await aloneClient(shop, 'sensor-8');
    const beside = await registerKey(shop, '--mqtt-password');
    const server = await serve(shop);
    for (let round = 0; round < 2; round += 1) {
      for (const options of [{}, { clientId: 'any' }, { username: 'Sensor-7' }, { clientId: 'sensor-8' }])
        expect(await codeOf(server, { username: 'sensor-7', password, ...options })).toBe(0);
      const refused: IClientOptions[] = [
        { username: 'sensor-7', password: `${password}x` },
        { username: 'sensor-7', password: other },
        { username: 'sensor-8', password },
        { username: 'nobody', password },
        { username: 'no such: id', password },
        { clientId: 'sensor-7', username: 'agent', password },
        { username: beside.clientId, password: beside.mqttPassword ?? '' },
        { username: beside.apiKey, password },
      ];
      const codes = [];
      for (const options of refused) codes.push(await codeOf(server, options));
      expect(codes).toEqual(refused.map(() => 4));
      expect(await codeOf(server, { username: 'sensor-7', clientId: 'sensor-7' })).toBe(5);
    }
    expect(server.log()).not.toContain(password);
  });

  it('opens the topics of its client’s scopes, and cannot take the session of another client', async () => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7', '--scope', 'subscribe:own/#');
    const other = await aloneClient(shop, 'sensor-8');
    const server = await serve(shop);
    const mine = await connect(server, { username: 'sensor-8', password: other, clientId: 'sensor-8' });
    const theirs = await connect(server, { username: 'sensor-7', password, clientId: 'sensor-8' });
    expect(await theirs.subscribeAsync('own/1')).toMatchObject([{ qos: 0 }]);
    await expect(theirs.subscribeAsync('other/1')).rejects.toThrow();
    const again = await connect(server, { username: 'sensor-7', password, clientId: 'another' });
    expect(await again.subscribeAsync('own/1')).toMatchObject([{ qos: 0 }]);
    expect(await mine.subscribeAsync('other/1')).toMatchObject([{ qos: 0 }]);
    expect([mine.connected, theirs.connected]).toEqual([true, true]);
  });

  it.each<[string, string[]]>([
    ['it is another', ['key', 'passwd', 'sensor-7', '--alone', '--generate']],
    ['it goes beside a key from now on', ['key', 'passwd', 'sensor-7', '--generate']],
    ['it is deleted', ['key', 'passwd', 'sensor-7', '--delete']],
    ['its client is deleted', ['key', 'del', 'sensor-7', '--yes']],
  ])('loses its connection within a second when %s', async (_, command) => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7');
    const server = await serve(shop);
    const credentials = { username: 'sensor-7', password };
    const end = closed(await connect(server, credentials));
    expect((await shop.keywright(command)).exitCode).toBe(0);
    const since = performance.now();
    await end;
    expect(performance.now() - since).toBeLessThan(1000);
    expect(await codeOf(server, credentials)).toBe(4);
  });

  it('is not set where it is short or has the shape of a key, and then nothing is changed', async () => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7');
    const { apiKey } = await registerKey(shop);
    const before = (await shop.keywright(['key', 'show', 'sensor-7', '--json'])).stdout;
    const refused = async (input: string) =>
      shop.keywright(['key', 'passwd', 'sensor-7', '--alone', '--password-stdin'], { input });
    const short = await refused('fifteen letters');
    expect([short.exitCode, short.stderr]).toEqual([
      2,
      expect.stringContaining('an MQTT password that suffices alone has at least 16 characters'),
    ]);
    expect((await refused(apiKey)).exitCode).toBe(2);
    expect((await shop.keywright(['key', 'show', 'sensor-7', '--json'])).stdout).toBe(before);
    const server = await serve(shop);
    expect(await codeOf(server, { username: 'sensor-7', password })).toBe(0);
    expect((await refused('sixteen letters.')).exitCode).toBe(0);
    await eventually(
      async () => (await codeOf(server, { username: 'sensor-7', password: 'sixteen letters.' })) === 0,
      { withinMs: 1000, what: 'let in' },
    );
  });

  it('is shown as what it is, and never itself', async () => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7');
    expect(password).toMatch(/^[0-9A-Za-z]{16,31}$/);
    const listed = await shop.keywright(['key', 'list', '--json']);
    expect(JSON.parse(listed.stdout)[0].credentials).toContainEqual(
      expect.objectContaining({ kind: 'password', alone: true, createdAt: expect.stringMatching(/Z$/) }),
    );
    const shown = await shop.keywright(['key', 'show', 'sensor-7']);
    expect(shown.stdout).toMatch(/password +for MQTT, suffices alone, set \S+Z/);
    expect(listed.stdout + shown.stdout).not.toContain(password);
    expect(listed.stdout + shown.stdout).not.toContain('argon2');
    const none = await shop.keywright(['key', 'passwd', 'sensor-7', '--delete']);
    expect(none.stdout).toBe('Deleted the MQTT password of sensor-7');
    const again = await shop.keywright(['key', 'passwd', 'sensor-7', '--delete']);
    expect([again.exitCode, again.stderr]).toEqual([
      3,
      expect.stringContaining('client sensor-7 has no MQTT password'),
    ]);
  });
});

describe('an access token', () => {
  it('gets in as user name or as password, under any client id', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop, '--scope', 'ingest', '--scope', 'metrics');
    await addUser(shop, 'ann');
    const server = await serve(shop);
    const token = await exchange(server, apiKey);
    const { tkn } = (
      await ask(`${server.http}/auth/login`, { json: { username: 'ann', password: PASSWORD } })
    ).body;
    for (const each of [token, tkn]) {
      expect(await codeOf(server, { username: each, clientId: 'any' })).toBe(0);
      expect(await codeOf(server, { username: 'device', password: each })).toBe(0);
      expect(await codeOf(server, { username: each, password: each })).toBe(0);
      expect(await codeOf(server, { username: each, password: 'x' })).toBe(5);
      expect(await codeOf(server, { username: `${each}.`, password: '' })).toBe(5);
      expect(await codeOf(server, { username: 'device', password: each.slice(0, -4) })).toBe(5);
    }
    expect(await codeOf(server, { username: token, password: tkn })).toBe(5);
    expect(
      await codeOf(server, { username: 'device', password: await exchange(server, apiKey, 'metrics') }),
    ).toBe(5);
  });

  it.each([
    [
      'its key is invalidated',
      async (shop: Shop, { id }: Key) => shop.keywright(['token', 'invalidate', id]),
    ],
    ['the signing key is withdrawn', async (shop: Shop) => shop.keywright(['jwt', 'rotate', '--now'])],
  ])('loses its session within a second when %s', async (_, revoke) => {
    const shop = await workshop();
    const key = await registerKey(shop);
    const server = await serve(shop);
    const client = await connect(server, { username: await exchange(server, key.apiKey), clientId: 'x' });
    const end = closed(client);
    await revoke(shop, key);
    const since = performance.now();
    await end;
    expect(performance.now() - since).toBeLessThan(1000);
  });

  it('of a user loses its session when the login ends, and a client when its owner is disabled', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    const key = await registerKey(shop, '--owner', 'ann');
    const server = await serve(shop);
    const { tkn } = (
      await ask(`${server.http}/auth/login`, { json: { username: 'ann', password: PASSWORD } })
    ).body;
    const user = closed(await connect(server, { password: tkn, username: 'x' }));
    const device = closed(await connect(server, { password: key.apiKey, username: 'x' }));
    await ask(`${server.http}/oauth/revoke`, { form: { token: tkn } });
    await user;
    await shop.keywright(['user', 'edit', 'ann', '--disable']);
    await device;
    expect(await codeOf(server, { password: key.apiKey, username: 'x' })).toBe(4);
    await shop.keywright(['user', 'edit', 'ann', '--enable']);
    await eventually(async () => (await codeOf(server, { password: key.apiKey, username: 'x' })) === 0, {
      withinMs: 1000,
      what: 'back',
    });
  });

  it('keeps users and clients of one name apart', async () => {
    const shop = await workshop();
    await addUser(shop, 'app');
    await shop.keywright(['key', 'gen', 'app', '--scope', 'metrics']);
    const server = await serve(shop);
    const { tkn } = (
      await ask(`${server.http}/auth/login`, { json: { username: 'app', password: PASSWORD } })
    ).body;
    const user = await connect(server, { password: tkn, username: 'x', clientId: 'app' });
    const bearer = await readFile(join(shop.directory, 'app_token'), 'utf8');
    await shop.keywright(['key', 'del', 'app', '--yes']);
    await expect.poll(async () => (await ask(server.http, { bearer })).status).toBe(401);
    await user.publishAsync('a', 'b', { qos: 1 });
    expect(user.connected).toBe(true);
    await shop.keywright(['user', 'del', 'app', '--yes']);
    await expect.poll(() => user.connected).toBe(false);
  });
});

type Shop = Awaited<ReturnType<typeof workshop>>;
type Key = Awaited<ReturnType<typeof registerKey>>;

describe('what is left of a session', () => {
  it('is nothing: its will is not published when its key is invalidated', async () => {
    const shop = await workshop();
    const [device, listener] = [await registerKey(shop), await registerKey(shop)];
    const server = await serve(shop);
    const heard: string[] = [];
    const other = await connect(server, { username: 'x', password: listener.apiKey });
    other.on('message', (topic, payload) => heard.push(`${topic} ${payload}`));
    await other.subscribeAsync('#');
    const will = {
      topic: 'will',
      payload: Buffer.from('from a revoked key'),
      qos: 0,
      retain: false,
    } as const;
    const end = closed(await connect(server, { username: 'x', password: device.apiKey, will }));
    await shop.keywright(['token', 'invalidate', device.id]);
    await end;
    await other.publishAsync('after', 'the end', { qos: 1 });
    await eventually(() => heard.length > 0, { withinMs: 2000, what: 'heard' });
    expect(heard).toEqual(['after the end']);
  });

  it('does not go to another user who gets the name', async () => {
    const shop = await workshop();
    await addUser(shop, 'eve');
    const sender = await registerKey(shop);
    const server = await serve(shop);
    const session = { clientId: 'inbox', clean: false, username: 'x' };
    const login = async () =>
      (await ask(`${server.http}/auth/login`, { json: { username: 'eve', password: PASSWORD } })).body.tkn;
    const eve = await connect(server, { ...session, password: await login() });
    await eve.subscribeAsync('secret/#', { qos: 1 });
    await eve.endAsync();
    await (await connect(server, { username: 'x', password: sender.apiKey })).publishAsync(
      'secret/a',
      'for eve',
      { qos: 1 },
    );
    await shop.keywright(['user', 'del', 'eve', '--yes']);
    await addUser(shop, 'eve');
    await eventually(async () => (await login()) !== undefined, { withinMs: 2000, what: 'login' });
    const again = connect(server, { ...session, password: await login() });
    const heard: string[] = [];
    const client = await again;
    client.on('message', (_, payload) => heard.push(String(payload)));
    await client.subscribeAsync('own', { qos: 1 });
    await client.publishAsync('own', 'hello', { qos: 1 });
    await eventually(() => heard.length > 0, { withinMs: 2000, what: 'heard' });
    expect(heard).toEqual(['hello']);
  });

  it('ends with the key that signed its token', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    const server = await serve(shop);
    const end = closed(await connect(server, { username: await exchange(server, apiKey), clientId: 'x' }));
    await shop.keywright(['jwt', 'rotate', '--overlap', '2s']);
    const since = performance.now();
    await end;
    expect(performance.now() - since).toBeLessThan(3000);
  });
});

describe('the last use of an API key', () => {
  it('is kept with its address, and does not disturb sessions', async () => {
    const shop = await workshop();
    const [one, other, idle] = [await registerKey(shop), await registerKey(shop), await registerKey(shop)];
    const server = await serve(shop);
    const client = await connect(server, { username: 'x', password: one.apiKey });
    let ended = false;
    client.once('close', () => {
      ended = true;
    });
    await ask(server.http, { bearer: other.apiKey });
    const list = async () => {
      const { stdout } = await shop.keywright(['token', 'list', '--json']);
      const tokens: { id: string; lastUsedAt: string | null; lastUsedFrom: string | null }[] =
        JSON.parse(stdout);
      return new Map(tokens.map((token) => [token.id, token]));
    };
    await eventually(async () => (await list()).get(other.id)?.lastUsedAt !== null, {
      withinMs: 5000,
      what: 'written',
    });
    const seen = await list();
    expect(seen.get(one.id)).toMatchObject({
      lastUsedAt: expect.stringMatching(/Z$/),
      lastUsedFrom: '127.0.0.1',
    });
    expect(seen.get(idle.id)).toMatchObject({ lastUsedAt: null, lastUsedFrom: null });
    expect((await shop.keywright(['token', 'show', one.id])).stdout).toMatch(
      /last used +\S+Z from 127.0.0.1/,
    );
    expect(ended).toBe(false);
  });
});

describe('limits', () => {
  const wrong = { username: 'x', password: `kw_live_${'0'.repeat(32)}000000` };

  it('of failed attempts are for the address; whoever holds a credential still gets in', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    await addUser(shop, 'ann');
    const server = await serve(shop, ['--failed-attempts', '5/1m']);
    const login = (password: string) =>
      ask(`${server.http}/auth/login`, { json: { username: 'ann', password } });
    const codes = [];
    for (let attempt = 0; attempt < 3; attempt += 1)
      codes.push((await ask(server.http, { bearer: 'rubbish' })).status);
    codes.push((await login('wrong horse battery')).status);
    codes.push(await codeOf(server, wrong));
    expect(codes).toEqual([401, 401, 401, 401, 4]);

    const refused = await ask(server.http, { bearer: 'rubbish' });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 50]).toEqual([429, true]);
    expect(refused.body).toMatchObject({ success: false, reason: 'rate-limited', retry: true });
    expect(await codeOf(server, wrong)).toBe(3);
    expect((await login('wrong horse battery')).status).toBe(429);
    expect((await ask(`${server.http}/api/v1/auth/refresh`, { json: { refreshToken: 'x' } })).status).toBe(
      429,
    );
    const oauth = await ask(`${server.http}/oauth/token`, {
      form: { grant_type: 'client_credentials', client_id: 'a', client_secret: 'b' },
    });
    expect([oauth.status, oauth.body.error]).toEqual([429, 'temporarily_unavailable']);

    expect((await ask(server.http, { bearer: apiKey })).status).toBe(200);
    expect(await codeOf(server, { username: 'x', password: apiKey })).toBe(0);
    expect((await ask(`${server.http}/v1/token/exchange`, { json: { api_key: apiKey } })).status).toBe(200);
    // Whoever shows nothing was not guessing.
    expect((await ask(server.http)).status).toBe(401);
  });

  it('keep an MQTT password from being guessed, and who has it from being kept out', async () => {
    const shop = await workshop();
    const { apiKey: username, mqttPassword: password = '' } = await registerKey(shop, '--mqtt-password');
    const server = await serve(shop, ['--failed-attempts', '5/1m']);
    expect(await codeOf(server, { username, password })).toBe(0);
    const codes = [];
    for (let guess = 0; guess < 7; guess += 1)
      codes.push(await codeOf(server, { username, password: `guess ${guess}` }));
    expect(codes).toEqual([4, 4, 4, 4, 4, 3, 3]);
    expect(await codeOf(server, { username, password })).toBe(0);
  });

  it('count guesses at a password before they are looked into, whether there is such a client or not', async () => {
    const shop = await workshop();
    const password = await aloneClient(shop, 'sensor-7');
    for (const username of ['sensor-7', 'nobody']) {
      const server = await serve(shop, ['--failed-attempts', '5/1m']);
      expect(await codeOf(server, { username: 'sensor-7', password })).toBe(0);
      const codes = [];
      for (let guess = 0; guess < 7; guess += 1)
        codes.push(await codeOf(server, { username, password: `guess number ${guess}` }));
      expect(codes).toEqual([4, 4, 4, 4, 4, 3, 3]);
      expect(await codeOf(server, { username: 'sensor-7', password })).toBe(0);
    }
  });

  it('have a default, and can be turned off', async () => {
    const shop = await workshop();
    const server = await serve(shop, [], { KEYWRIGHT_FAILED_ATTEMPTS: '100/1m' });
    const statuses = new Set<number>();
    for (let attempt = 0; attempt < 101; attempt += 1)
      statuses.add((await ask(server.http, { bearer: 'x' })).status);
    expect([...statuses]).toEqual([401, 429]);
    expect((await shop.keywright(['serve', '--failed-attempts', 'many'])).stderr).toContain(
      '--failed-attempts: "many" is not a rate like 100/1m, or off',
    );
  });

  it('of requests are for each credential, and tokens count with what they come from', async () => {
    const shop = await workshop();
    const [one, other] = [await registerKey(shop), await registerKey(shop)];
    const server = await serve(shop, ['--requests-per-key', '3/1m']);
    const token = await exchange(server, one.apiKey);
    expect((await ask(server.http, { bearer: token })).status).toBe(200);
    const fresh = await exchange(server, one.apiKey);
    expect((await ask(server.http, { bearer: fresh })).status).toBe(429);
    for (let request = 0; request < 3; request += 1)
      expect((await ask(server.http, { headers: { 'x-api-key': other.apiKey } })).status).toBe(200);
    const limited = await ask(server.http, { headers: { 'x-api-key': other.apiKey } });
    expect([limited.status, limited.body.retry]).toEqual([429, true]);
  });
});

it('takes credentials in headers that the configuration names', async () => {
  const shop = await workshop();
  const { apiKey } = await registerKey(shop);
  const server = await serve(shop, ['--credential-header', 'X-Plant-Key']);
  expect((await ask(server.http, { headers: { 'x-plant-key': apiKey } })).status).toBe(200);
  expect((await ask(server.http, { headers: { 'x-other-key': apiKey } })).status).toBe(401);
  const both = { headers: { 'x-plant-key': apiKey, 'x-api-key': 'other' } };
  expect((await ask(server.http, both)).status).toBe(401);
});
