import { chmod, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, registerKey, serve, type Workshop, workshop } from '../support/keywright.js';

const SECRET = 'a-secret-of-24-letters.x';

interface Device {
  readonly username: string;
  readonly password: string;
  readonly clientId: string;
}

type Verb = 'publish' | 'subscribe';

/** How each broker asks, and whether what it got is an allow to it. */
interface Asking {
  connect(http: string, device: Device): Promise<boolean>;
  use(http: string, device: Omit<Device, 'password'>, verb: Verb, topic: string): Promise<boolean>;
}

const post = async (
  url: string,
  init: { json?: unknown; form?: Record<string, string>; headers?: object },
) => {
  const type = init.form ? 'application/x-www-form-urlencoded' : 'application/json';
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type, ...init.headers },
    body: init.form ? new URLSearchParams(init.form).toString() : JSON.stringify(init.json),
  });
  return { status: response.status, headers: response.headers, body: await response.text() };
};

const goAuth = (encode: 'json' | 'form'): Asking => {
  const allowed = async (url: string, fields: Record<string, string | number>) => {
    const strings = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
    const { status, body } = await post(url, encode === 'json' ? { json: fields } : { form: strings });
    expect(JSON.parse(body).Ok).toBe(status === 200);
    return status === 200;
  };
  return {
    connect: (http, { username, password, clientId }) =>
      allowed(`${http}/callbacks/mosquitto/user`, { username, password, clientid: clientId }),
    use: (http, { username, clientId }, verb, topic) =>
      allowed(`${http}/callbacks/mosquitto/acl`, {
        ...{ username, clientid: clientId, topic },
        acc: verb === 'publish' ? 2 : 4,
      }),
  };
};

const emqx: Asking = {
  connect: async (http, { username, password, clientId: clientid }) => {
    const json = { username, password, clientid, peerhost: '192.0.2.10' };
    return accepts(await post(`${http}/callbacks/emqx/authn`, { json }));
  },
  use: async (http, { username, clientId: clientid }, action, topic) =>
    accepts(await post(`${http}/callbacks/emqx/authz`, { json: { username, clientid, action, topic } })),
};

const accepts = ({ status, body }: { status: number; body: string }) => {
  expect(status).toBe(200);
  const { result } = JSON.parse(body);
  expect(['allow', 'deny']).toContain(result);
  return result === 'allow';
};

const verne = (suffix: '' | '_m5'): Asking => {
  const hook = async (http: string, name: string, json: object) => {
    const headers = { 'vernemq-hook': `auth_on_${name}${suffix}` };
    const answer = await post(`${http}/callbacks/vernemq`, { json, headers });
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const { result } = JSON.parse(answer.body);
    if (result !== 'ok') expect(result).toEqual({ error: expect.any(String) });
    return result === 'ok';
  };
  const more = suffix === '' ? {} : { properties: {} };
  return {
    connect: (http, { username, password, clientId: client_id }) =>
      hook(http, 'register', {
        ...{ peer_addr: '192.0.2.10', peer_port: 8888, mountpoint: '', client_id, username, password },
        ...more,
      }),
    use: (http, { username, clientId: client_id }, verb, topic) =>
      hook(http, verb, {
        ...{ username, mountpoint: '', client_id, ...more },
        ...(verb === 'publish'
          ? { qos: 1, topic, payload: 'aGVsbG8=', retain: false }
          : { topics: [{ topic, qos: 1 }] }),
      }),
  };
};

const rabbit = (method: 'GET' | 'POST'): Asking => {
  const allowed = async (url: string, form: Record<string, string>) => {
    const answer =
      method === 'POST'
        ? await post(url, { form })
        : await fetch(`${url}?${new URLSearchParams(form)}`).then(async (response) => ({
            status: response.status,
            body: await response.text(),
          }));
    expect(answer.status).toBe(200);
    expect(['allow', 'deny']).toContain(answer.body);
    return answer.body === 'allow';
  };
  return {
    connect: (http, { username, password, clientId }) =>
      allowed(`${http}/callbacks/rabbitmq/user`, { username, password, vhost: '/', client_id: clientId }),
    use: (http, { username, clientId }, verb, topic) =>
      allowed(`${http}/callbacks/rabbitmq/topic`, {
        ...{ username, vhost: '/', resource: 'topic', name: 'amq.topic', tags: '' },
        permission: verb === 'publish' ? 'write' : 'read',
        routing_key: topic.replaceAll('/', '.').replaceAll('+', '*'),
        'variable_map.client_id': clientId,
        'variable_map.username': username,
        'variable_map.vhost': '/',
      }),
  };
};

const BROKERS: [string, Asking][] = [
  ['mosquitto-go-auth in JSON', goAuth('json')],
  ['mosquitto-go-auth in forms', goAuth('form')],
  ['EMQX', emqx],
  ['VerneMQ', verne('')],
  ['VerneMQ for MQTT 5', verne('_m5')],
  ['RabbitMQ in forms', rabbit('POST')],
  ['RabbitMQ in queries', rabbit('GET')],
];

const tokenOf = ({ directory }: Workshop) => readFile(join(directory, 'app_token'), 'utf8');

type Asked = (name: string, broker: Asking) => Promise<void>;

/** One keywright for all of them: what costs is to start it. */
async function eachBroker(asked: Asked): Promise<void> {
  for (const [name, broker] of BROKERS) await asked(name, broker);
}

describe('every broker', () => {
  it('lets in who the MQTT gate takes, in every place', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const token = await tokenOf(shop);
    const alone = (await shop.keywright(['key', 'passwd', 'app', '--alone', '--generate'])).stdout;
    const key = await registerKey(shop, '--mqtt-password');
    const other = await registerKey(shop);
    const { http } = await serve(shop);
    const login = await ask(`${http}/oauth/token`, {
      form: { grant_type: 'client_credentials', client_id: key.clientId, client_secret: key.clientSecret },
    });
    const accessToken = login.body.access_token;
    await eachBroker(async (name, broker) => {
      const connect = async (username: string, password: string, clientId: string) => [
        name,
        await broker.connect(http, { username, password, clientId }),
      ];
      const [yes, no] = [
        [name, true],
        [name, false],
      ];
      expect(await connect(token, '', 'app')).toEqual(yes);
      expect(await connect(token, '', 'APP')).toEqual(yes);
      expect(await connect(token, '', 'other')).toEqual(no);
      expect(await connect(token, 'x', 'app')).toEqual(no);
      expect(await connect(token, key.apiKey, 'app')).toEqual(no);
      expect(await connect('anybody', key.apiKey, 'agent-1')).toEqual(yes);
      expect(await connect('anybody', key.wrapped, 'agent-1')).toEqual(yes);
      expect(await connect(key.apiKey, key.mqttPassword ?? '', 'agent-1')).toEqual(yes);
      expect(await connect(key.apiKey, 'wrong', 'agent-1')).toEqual(no);
      expect(await connect(key.apiKey, '', 'agent-1')).toEqual(no);
      expect(await connect('anybody', `${key.apiKey}x`, 'agent-1')).toEqual(no);
      expect(await connect('anybody', '', 'agent-1')).toEqual(no);
      expect(await connect('anybody', accessToken, 'agent-1')).toEqual(yes);
      expect(await connect(accessToken, '', 'agent-1')).toEqual(yes);
      expect(await connect(other.apiKey, '', 'agent-1')).toEqual(yes);
      expect(await connect(other.apiKey, 'wrong', 'agent-1')).toEqual(no);
      expect(await connect('app', alone, 'agent-1')).toEqual(yes);
      expect(await connect('app', alone, 'app')).toEqual(yes);
      expect(await connect('app', `${alone}x`, 'app')).toEqual(no);
      expect(await connect('nobody', alone, 'app')).toEqual(no);
      expect(await connect(key.clientId, key.mqttPassword ?? '', 'agent-1')).toEqual(no);
      // Under another client's id the broker would hand over that one's session.
      expect(await connect('app', alone, key.clientId)).toEqual(no);
      expect(await connect('anybody', key.apiKey, 'App')).toEqual(no);
    });
  });

  it('opens topics as the scopes do, and compares filters as filters', async () => {
    const shop = await workshop();
    const scopes = ['publish:plant/+/temp', 'subscribe:plant/+/set', 'subscribe:all/#'];
    const key = await registerKey(shop, ...scopes.flatMap((scope) => ['--scope', scope]));
    const { http } = await serve(shop);
    await eachBroker(async (name, broker) => {
      const device = { username: 'd', password: key.apiKey, clientId: 'd' };
      expect([name, await broker.connect(http, device)]).toEqual([name, true]);
      const open = async (verb: Verb, topics: string[]) => {
        const answers = topics.map(async (topic) =>
          (await broker.use(http, device, verb, topic)) ? topic : '',
        );
        return (await Promise.all(answers)).filter((topic) => topic !== '');
      };
      const published = ['plant/7/temp', 'plant/7/set', 'plant/7/temp/x', 'plant/+/temp', 'all/1', '$SYS/x'];
      expect([name, await open('publish', published)]).toEqual([name, ['plant/7/temp']]);
      const granted = ['plant/+/set', 'plant/7/set', 'all/#', 'all/+/x'];
      const wider = ['plant/#', 'plant/+/+', '+/7/set', '#', '+/+/set', '$share/group/all/#', '$SYS/#'];
      expect([name, await open('subscribe', [...granted, ...wider])]).toEqual([name, granted]);
    });
  });

  it('never gets for one device what another one may', async () => {
    const shop = await workshop();
    const one = await registerKey(shop, '--scope', 'publish:one/#');
    const other = await registerKey(shop, '--scope', 'publish:other/#');
    const { http } = await serve(shop);
    const asking = (name: string, broker: Asking) => ({
      connect: (password: string, id: string) =>
        broker.connect(http, { username: 'device', password, clientId: `${name} ${id}` }),
      open: async (id: string) => {
        const client = { username: 'device', clientId: `${name} ${id}` };
        const may = async (topic: string) =>
          (await broker.use(http, client, 'publish', topic)) ? topic : '';
        return [name, await may('one/1'), await may('other/1')];
      },
    });
    await eachBroker(async (name, broker) => {
      const { connect, open } = asking(name, broker);
      expect([await connect(one.apiKey, 'n'), await connect(other.apiKey, 'o')]).toEqual([true, true]);
      expect(await open('n')).toEqual([name, 'one/1', '']);
      expect(await open('o')).toEqual([name, '', 'other/1']);
      // The same client id: which of the two the broker kept is not known here.
      expect(await connect(other.apiKey, 'n')).toBe(true);
      expect(await open('n')).toEqual([name, '', '']);
    });
    await shop.keywright(['token', 'invalidate', one.id]);
    await eachBroker(async (name, broker) => {
      const { open } = asking(name, broker);
      await expect.poll(() => open('n'), { timeout: 5_000 }).toEqual([name, '', 'other/1']);
    });
  });

  it('refuses at once what is revoked, narrowed or has another password', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const alone = (await shop.keywright(['key', 'passwd', 'app', '--alone', '--generate'])).stdout;
    const other = await registerKey(shop);
    const key = await registerKey(shop, '--mqtt-password');
    const { http } = await serve(shop);
    const byKey = { username: 'k', password: key.apiKey, clientId: 'k' };
    const byPassword = { username: key.apiKey, password: key.mqttPassword ?? '', clientId: 'p' };
    const byAlone = { username: 'app', password: alone, clientId: 'a' };
    const byKeyAlone = { username: other.apiKey, password: '', clientId: 'o' };
    const settled = { timeout: 5_000 };
    const eachMay = async (device: Device, topic: string, expected: boolean) =>
      eachBroker(async (name, broker) => {
        const may = async () => [name, await broker.use(http, device, 'publish', topic)];
        await expect.poll(may, settled).toEqual([name, expected]);
      });
    await eachBroker(async (name, broker) => {
      expect([name, await broker.connect(http, byKey)]).toEqual([name, true]);
      expect([name, await broker.connect(http, byPassword)]).toEqual([name, true]);
      expect([name, await broker.connect(http, byAlone)]).toEqual([name, true]);
      expect([name, await broker.connect(http, byKeyAlone)]).toEqual([name, true]);
    });
    await eachMay(byPassword, 'a', true);
    const passwd = await shop.keywright(['key', 'passwd', key.clientId, '--password-stdin'], {
      input: 'another password of it',
    });
    expect(passwd.exitCode).toBe(0);
    await eachMay(byPassword, 'a', false);
    await eachMay(byKey, 'a', true);
    await eachMay(byAlone, 'a', true);
    await eachMay(byKeyAlone, 'a', true);
    for (const id of ['app', other.clientId]) await shop.keywright(['key', 'passwd', id, '--generate']);
    await eachMay(byAlone, 'a', false);
    await eachMay(byKeyAlone, 'a', false);
    await shop.keywright(['token', 'edit', key.id, '--scope', 'publish:b/#']);
    await eachMay(byKey, 'a', false);
    await eachMay(byKey, 'b/1', true);
    await shop.keywright(['token', 'invalidate', key.id]);
    await eachMay(byKey, 'b/1', false);
    await eachBroker(async (name, broker) =>
      expect([name, await broker.connect(http, byKey)]).toEqual([name, false]),
    );
  });
});

/** What each broker reads as a refusal. */
const REFUSALS: [string, string, object, (answer: { status: number; body: string }) => unknown, unknown][] = [
  [
    'mosquitto',
    '/callbacks/mosquitto/user',
    {},
    ({ status, body }) => [status, JSON.parse(body).Ok],
    [403, false],
  ],
  ['EMQX', '/callbacks/emqx/authn', {}, ({ status, body }) => [status, body], [200, '{"result":"deny"}']],
  [
    'VerneMQ',
    '/callbacks/vernemq',
    { 'vernemq-hook': 'auth_on_register' },
    ({ status, body }) => [status, body],
    [200, '{"result":{"error":"not_allowed"}}'],
  ],
  ['RabbitMQ', '/callbacks/rabbitmq/user', {}, ({ status, body }) => [status, body], [200, 'deny']],
];

// The fields of all brokers at once: each takes its own.
const signIn = (password: string) => ({
  ...{ username: 'a', password, clientid: 'a', client_id: 'a' },
  ...{ peerhost: '192.0.2.10', peer_addr: '192.0.2.10', mountpoint: '', vhost: '/' },
});

describe.each(REFUSALS)('a call-back of %s', (_name, path, more, told, refusal) => {
  it('is answered to this machine itself, and elsewhere only to the secret', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    const { http } = await serve(shop, [], { KEYWRIGHT_CALLBACK_SECRET: SECRET });
    const call = async (headers: object, query = '') => {
      const { status, body } = await post(`${http}${path}${query}`, {
        form: signIn(apiKey),
        headers: { ...more, ...headers },
      });
      return told({ status, body });
    };
    const basic = (secret: string) => `Basic ${Buffer.from(`broker:${secret}`).toString('base64')}`;
    const passed = { 'x-forwarded-for': '192.0.2.9' };
    const allowed = await call({});
    expect(allowed).not.toEqual(refusal);
    for (const header of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'via', 'origin'])
      expect([header, await call({ [header]: '127.0.0.1' })]).toEqual([header, refusal]);
    expect(await call({ ...passed, authorization: `Bearer ${SECRET}` })).toEqual(allowed);
    expect(await call({ ...passed, authorization: basic(SECRET) })).toEqual(allowed);
    expect(await call({ ...passed, 'x-callback-secret': SECRET })).toEqual(allowed);
    expect(await call(passed, `?secret=${SECRET}`)).toEqual(allowed);
    expect(await call({ 'x-callback-secret': `${SECRET}x` })).toEqual(refusal);
    expect(await call({ authorization: basic('') })).toEqual(allowed);
    expect(await call({ ...passed, authorization: basic('') })).toEqual(refusal);
    expect(await call({ 'x-callback-secret': SECRET }, '?secret=another')).toEqual(refusal);
  });

  it('is refused in its broker’s own form whatever is wrong with it, and the log says what', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const server = await serve(shop);
    const call = async (body: string, type = 'application/json', at = path) => {
      const headers = { 'content-type': type, ...more };
      const response = await fetch(server.http + at, { method: 'POST', headers, body });
      return told({ status: response.status, body: await response.text() });
    };
    expect(await call('')).toEqual(refusal);
    expect(await call('{')).toEqual(refusal);
    expect(await call('[]')).toEqual(refusal);
    expect(await call('{"username":{"a":1},"client_id":1,"clientid":1}')).toEqual(refusal);
    expect(await call('<a/>', 'text/xml')).toEqual(refusal);
    expect(await call('username=a&username=b', 'application/x-www-form-urlencoded')).toEqual(refusal);
    expect(await call(JSON.stringify({ username: 'x'.repeat(1_100_000) }))).toEqual(refusal);
    expect(await call('{}', 'application/json', `${path}/none`)).toEqual(refusal);
    for (const text of ['the body cannot be read (413)', 'there is no such call-back', 'is not a text'])
      await expect.poll(() => server.log()).toContain(text);
  });

  it('is no allow while the keystore cannot be read', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    const { http } = await serve(shop);
    const call = () => post(http + path, { form: signIn(apiKey), headers: more });
    const allowed = await call();
    expect(told(allowed)).not.toEqual(refusal);
    const store = join(shop.home, 'store', 'clients');
    const [shard = ''] = (await readdir(store)).filter((name) => name.endsWith('.json'));
    await rename(join(store, shard), join(shop.home, 'aside'));
    await writeFile(join(store, shard), 'damaged');
    await chmod(join(store, shard), 0o600);
    await expect.poll(async () => (await fetch(`${http}/readyz`)).status, { timeout: 5_000 }).toBe(503);
    const { status, body } = await call();
    const unavailable: Record<string, unknown> = {
      '/callbacks/mosquitto/user': [503, '{"Ok":false,"Error":"unavailable"}'],
      '/callbacks/emqx/authn': [200, '{"result":"deny"}'],
      '/callbacks/vernemq': [200, '{"result":{"error":"unavailable"}}'],
      '/callbacks/rabbitmq/user': [503, 'deny'],
    };
    expect([status, body]).toEqual(unavailable[path]);
    await rename(join(shop.home, 'aside'), join(store, shard));
    await expect.poll(async () => told(await call()), { timeout: 5_000 }).toEqual(told(allowed));
  });
});

describe('the call-backs', () => {
  it('answer mosquitto-go-auth in the mode that it is told', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop);
    const { http } = await serve(shop);
    const call = async (mode: string, password: string) => {
      const json = { username: 'a', password, clientid: 'a' };
      const { status, headers, body } = await post(`${http}/callbacks/mosquitto/user${mode}`, { json });
      return [status, headers.get('content-type')?.split(';')[0], body];
    };
    const ok = '{"Ok":true,"Error":""}';
    expect(await call('', apiKey)).toEqual([200, 'application/json', ok]);
    expect(await call('?mode=status', '')).toEqual([
      403,
      'application/json',
      expect.stringContaining('false'),
    ]);
    expect(await call('?mode=json', apiKey)).toEqual([200, 'application/json', ok]);
    expect(await call('?mode=json', '')).toEqual([200, 'application/json', expect.stringContaining('false')]);
    expect(await call('?mode=text', apiKey)).toEqual([200, 'text/plain', 'ok']);
    expect(await call('?mode=text', '')).toEqual([200, 'text/plain', expect.stringMatching(/^refused: /)]);
  });

  it('tell EMQX when the credential ends, that nobody is a superuser, and what is closed', async () => {
    const shop = await workshop();
    const ending = await registerKey(shop, '--expires', '1h', '--scope', 'subscribe:a/#');
    const lasting = await registerKey(shop, '--expires', 'never');
    const { http } = await serve(shop);
    const call = async (password: string) =>
      JSON.parse((await post(`${http}/callbacks/emqx/authn`, { json: { clientid: 'a', password } })).body);
    const expireAt = Math.floor(Date.parse(ending.expiresAt) / 1000);
    const own = { permission: 'deny', action: 'publish', topic: '$SYS/#' };
    expect(await call(ending.apiKey)).toEqual({
      result: 'allow',
      is_superuser: false,
      expire_at: expireAt,
      acl: [own, { permission: 'deny', action: 'publish', topic: '#' }],
    });
    expect(await call(lasting.apiKey)).toEqual({ result: 'allow', is_superuser: false, acl: [own] });
    const inForm = await post(`${http}/callbacks/emqx/authn`, {
      form: { clientid: 'a', password: lasting.apiKey },
    });
    expect(JSON.parse(inForm.body).result).toBe('allow');
    const query = new URLSearchParams({ clientid: 'a', password: lasting.apiKey });
    const asked = await fetch(`${http}/callbacks/emqx/authn?${query}`);
    expect(await asked.json()).toMatchObject({ result: 'allow' });
  });

  it('grant VerneMQ each filter for itself, with the code of its protocol', async () => {
    const shop = await workshop();
    const { apiKey } = await registerKey(shop, '--scope', 'subscribe:a/#');
    const { http } = await serve(shop);
    const hook = async (name: string, json: object) =>
      JSON.parse((await post(`${http}/callbacks/vernemq`, { json, headers: { 'vernemq-hook': name } })).body);
    const client = { username: 'u', client_id: 'c', mountpoint: '' };
    await hook('auth_on_register', { ...client, password: apiKey });
    const kept = { topic: 'a/1', qos: 2, no_local: true, rap: false, retain_handling: 'dont_send' };
    const asked = { ...client, topics: [kept, { topic: 'b', qos: 1 }] };
    expect(await hook('auth_on_subscribe', asked)).toEqual({
      result: 'ok',
      topics: [kept, { topic: 'b', qos: 128 }],
    });
    expect(await hook('auth_on_subscribe_m5', asked)).toEqual({
      result: 'ok',
      modifiers: { topics: [kept, { topic: 'b', qos: 135 }] },
    });
    expect(await hook('auth_on_subscribe', { ...client, topics: [{ topic: 'b', qos: 1 }] })).toEqual({
      result: { error: 'not_allowed' },
    });
    expect(await hook('auth_on_subscribe', { ...client, topics: [] })).toEqual({
      result: { error: 'not_allowed' },
    });
    expect(await hook('on_publish', { ...client, topic: 'a/1' })).toEqual({
      result: { error: 'not_allowed' },
    });
  });

  it('take a signed token as the password, for brokers that refuse an empty one, and bind it to its client id', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'gw', '--output', './gw']);
    const password = (await readFile(join(shop.directory, 'gw_token'), 'utf8')).trim();
    const { http } = await serve(shop);
    const user = async (form: Record<string, string>) =>
      (
        await post(`${http}/callbacks/rabbitmq/user`, {
          form: { vhost: '/', password, client_id: 'gw', ...form },
        })
      ).body;
    expect(await user({ username: 'gw' })).toBe('allow');
    expect(await user({ username: password })).toBe('allow');
    expect(await user({ username: password, password: '' })).toBe('allow');
    expect(await user({ username: 'gw', client_id: 'other' })).toBe('deny');
    expect(await user({ username: 'gw', client_id: '' })).toBe('deny');
    expect(await user({ username: 'gw', password: `${password.slice(0, -4)}AAAA` })).toBe('deny');
  });

  it('give RabbitMQ’s clients no tag, no other host, and nothing but MQTT’s exchange and their own queues', async () => {
    const shop = await workshop();
    const one = await registerKey(shop, '--scope', 'publish:one/#');
    const other = await registerKey(shop, '--scope', 'publish:#');
    const { http } = await serve(shop);
    const call = async (name: string, form: Record<string, string>) =>
      (await post(`${http}/callbacks/rabbitmq/${name}`, { form: { username: 'u', vhost: '/', ...form } }))
        .body;
    expect(await call('user', { password: one.apiKey, client_id: 'n' })).toBe('allow');
    const client_id = 'n';
    expect(await call('vhost', { client_id, ip: '192.0.2.10' })).toBe('allow');
    expect(await call('vhost', { client_id, vhost: 'plant' })).toBe('deny');
    expect(await call('vhost?vhosts=/,plant', { client_id, vhost: 'plant' })).toBe('allow');
    const resource = (kind: string, name: string, permission: string) =>
      call('resource', { client_id, resource: kind, name, permission });
    for (const permission of ['configure', 'write', 'read']) {
      expect(await resource('queue', 'mqtt-subscription-nqos0', permission)).toBe('allow');
      expect(await resource('queue', 'mqtt-subscription-nqos1', permission)).toBe('allow');
      expect(await resource('queue', 'mqtt-subscription-oqos1', permission)).toBe('deny');
      expect(await resource('queue', 'mqtt-will-n', permission)).toBe('allow');
      expect(await resource('queue', 'mqtt-will-o', permission)).toBe('deny');
      expect(await resource('queue', 'mqtt-will-', permission)).toBe('deny');
      expect(await resource('queue', 'work', permission)).toBe('deny');
      expect(await resource('exchange', 'amq.direct', permission)).toBe('deny');
    }
    expect(await resource('exchange', 'amq.topic', 'write')).toBe('allow');
    expect(await resource('exchange', 'amq.topic', 'read')).toBe('allow');
    expect(await resource('exchange', 'amq.topic', 'configure')).toBe('deny');
    const topic = (routing_key: string, more: Record<string, string>) =>
      call('topic', { resource: 'topic', name: 'amq.topic', permission: 'write', routing_key, ...more });
    expect(await topic('one.1', { 'variable_map.client_id': 'n' })).toBe('allow');
    expect(await topic('two.1', { 'variable_map.client_id': 'n' })).toBe('deny');
    expect(await topic('one.*', { 'variable_map.client_id': 'n' })).toBe('deny');
    expect(await topic('one.1', { 'variable_map.client_id': 'n', name: 'amq.direct' })).toBe('deny');
    // Where the client id is not said, what all may that have this user name.
    expect(await call('user', { password: other.apiKey, client_id: 'o' })).toBe('allow');
    expect([await topic('one.1', {}), await topic('two.1', {})]).toEqual(['allow', 'deny']);
    expect(await topic('two.1', { 'variable_map.client_id': 'o' })).toBe('allow');
  });

  it('know nobody after a start, but who is called by a credential', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'app']);
    const token = await tokenOf(shop);
    const key = await registerKey(shop, '--mqtt-password');
    const server = await serve(shop);
    const acl = async (username: string, clientid: string) => {
      const json = { username, clientid, topic: 'a', acc: 2 };
      return (await post(`${server.http}/callbacks/mosquitto/acl`, { json })).status;
    };
    expect(await acl('somebody', 'c')).toBe(503);
    expect(await acl('app', 'app')).toBe(503);
    expect(await acl(token, 'app')).toBe(200);
    expect(await acl(token, 'other')).toBe(403);
    expect(await acl(key.apiKey, 'c')).toBe(200);
    expect(await acl(key.apiKey, 'app')).toBe(403);
    await expect.poll(() => server.log()).toContain('nobody has connected by this name since the start');
    expect(server.log()).not.toContain(key.apiKey);
    expect(server.log()).not.toContain(token);
  });

  it('count wrong passwords by the device’s address, and never stand before one that is known to be right', async () => {
    const shop = await workshop();
    const key = await registerKey(shop, '--mqtt-password');
    const { http } = await serve(shop, [], { KEYWRIGHT_FAILED_ATTEMPTS: '2/1h' });
    const connect = async (password: string, peerhost: string) => {
      const json = { username: key.apiKey, password, clientid: 'c', peerhost };
      return JSON.parse((await post(`${http}/callbacks/emqx/authn`, { json })).body).result;
    };
    for (const attempt of ['1', '2', '3']) expect(await connect(attempt, '192.0.2.1')).toBe('deny');
    expect(await connect(key.mqttPassword ?? '', '192.0.2.1')).toBe('deny');
    expect(await connect(key.mqttPassword ?? '', '192.0.2.2')).toBe('allow');
    expect(await connect(key.mqttPassword ?? '', '192.0.2.1')).toBe('allow');
  });

  it('do not start with a secret that is weak, open to everybody, or given twice', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const file = join(shop.directory, 'secret');
    const start = async (args: string[], env: Record<string, string> = {}) => {
      const { exitCode, stderr } = await shop.keywright(['serve', ...args], { env });
      return `${exitCode} ${stderr}`;
    };
    const told = ['--callback-secret-file', file];
    expect(await start(told)).toMatch(/^2 .*there is no file/s);
    await writeFile(file, 'short', { mode: 0o600 });
    expect(await start(told)).toMatch(/^2 .*too weak/s);
    await writeFile(file, SECRET);
    await chmod(file, 0o644);
    expect(await start(told)).toMatch(/^2 .*open to every user/s);
    await chmod(file, 0o600);
    expect(await start(told, { KEYWRIGHT_CALLBACK_SECRET: SECRET })).toMatch(/^2 .*given twice/s);
    expect(await start([], { KEYWRIGHT_CALLBACK_SECRET: '' })).toMatch(/^2 .*too weak/s);
    expect(await start([], { KEYWRIGHT_CALLBACK_SECRET: 'has blanks in it, many' })).not.toContain('blanks');
  });
});
