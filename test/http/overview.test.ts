import { afterEach, describe, expect, it, vi } from 'vitest';
import { OPERATOR } from '../../src/core/manage/actor.js';
import { countOverview } from '../../src/core/manage/overview.js';
import { makeApiKey } from '../../src/core/model/api-key.js';
import { ServerActivity } from '../../src/server/activity.js';
import { sharedByTests } from '../support/at-end.js';
import { sensor } from '../support/fleet.js';
import { addUser, ask, PASSWORD, registerKey, type Server, serve, workshop } from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

const DAY_MS = 86_400_000;

const bearers = new WeakMap<Server, Record<string, string>>();

async function bearerOf(server: Server, username: string): Promise<string> {
  const known = bearers.get(server) ?? {};
  const login = { json: { username, password: PASSWORD } };
  const bearer = known[username] ?? (await ask(`${server.http}/auth/login`, login)).body.tkn;
  bearers.set(server, { ...known, [username]: bearer });
  return bearer;
}

async function asked(server: Server, path: string, username = 'root') {
  const answer = await ask(`${server.http}/api/v1/${path}`, { bearer: await bearerOf(server, username) });
  return answer.body;
}

const NONE = { valid: 0, 'not yet valid': 0, suspended: 0, expired: 0, revoked: 0 };

/** The day of the UTC calendar in so many days. */
function dayIn(days: number): string {
  return new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
}

async function mixed() {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'ann');
  await addUser(shop, 'bob');
  const keys: Record<string, string> = {};
  for (const [owner, label, expires] of [
    ['ann', 'used', '5d'],
    ['ann', 'new', '20d'],
    ['bob', 'far', '1y'],
    ['bob', 'rotated', '80d'],
    ['bob', 'off', '80d'],
  ] as const) {
    const { id, apiKey } = await registerKey(shop, '--owner', owner, '--label', label, '--expires', expires);
    keys[label] = id;
    keys[`${label} key`] = apiKey;
  }
  await shop.keywright(['token', 'invalidate', keys.rotated ?? '']);
  await shop.keywright(['token', 'suspend', keys.off ?? '']);
  await shop.keywright(['key', 'gen', 'pump', '--owner', 'ann', '--valid-for', '6d']);
  await shop.keywright(['key', 'gen', 'valve', '--valid-for', '400d']);
  return { shop, keys, server: await serve(shop) };
}

const OWNER = {
  ...{ revision: 0, email: null, groups: [], domains: [], role: 'member' as const, scopes: [] },
  ...{ passwordHash: '', sessionsSince: 0, disabledAt: null, createdAt: 0, updatedAt: 0 },
};

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('the overview', () => {
  const shared = sharedByTests(mixed);

  it('counts clients, API keys and certificates by state', async () => {
    const { clients, apiKeys, certificates } = await asked(shared().server, 'overview');
    expect(clients).toEqual({
      total: 7,
      byState: { ...NONE, valid: 5, suspended: 1, 'no credential': 1 },
    });
    expect(apiKeys).toEqual({ total: 5, byState: { ...NONE, valid: 3, suspended: 1, revoked: 1 } });
    expect(certificates).toEqual({ total: 2, byState: { ...NONE, valid: 2 } });
  });

  it('says on which days of the next 90 something ends that holds now', async () => {
    const { ends } = await asked(shared().server, 'overview');
    expect(ends.within).toEqual({
      7: { clients: 2, apiKeys: 1, certificates: 1 },
      30: { clients: 3, apiKeys: 2, certificates: 1 },
      90: { clients: 3, apiKeys: 2, certificates: 1 },
    });
    expect(ends.days).toEqual([
      { date: dayIn(5), clients: 1, apiKeys: 1, certificates: 0 },
      { date: dayIn(6), clients: 1, apiKeys: 0, certificates: 1 },
      { date: dayIn(20), clients: 1, apiKeys: 1, certificates: 0 },
    ]);
  });

  it('says when the authority ends, and the first certificate that the server presents', async () => {
    const { shop, server } = shared();
    const { subject, expiresAt } = await asked(server, 'authority');
    const { authority, serverCertificate, licence } = await asked(server, 'overview');
    expect([authority, serverCertificate]).toEqual([{ subject, expiresAt }, null]);
    expect(licence).toEqual(await asked(server, 'licence'));
    const secure = await serve(shop, ['--mqtt', 'mqtts://127.0.0.1:0']);
    const { serverCertificates } = await asked(secure, 'server');
    expect(await asked(secure, 'overview')).toMatchObject({
      serverCertificate: { expiresAt: serverCertificates[0].expiresAt },
    });
  });

  it('counts for a member what is theirs, without verdicts and licence', async () => {
    const overview = await asked(shared().server, 'overview', 'ann');
    expect(overview).toMatchObject({
      clients: { total: 3 },
      apiKeys: { total: 2, byState: { ...NONE, valid: 2 } },
      certificates: { total: 1 },
      verdicts: null,
      licence: null,
    });
    expect(overview.ends.within[90]).toEqual({ clients: 3, apiKeys: 2, certificates: 1 });
  });

  it('counts what was changed just now', async () => {
    const { shop, server } = shared();
    expect((await asked(server, 'overview')).clients.total).toBe(7);
    await shop.keywright(['key', 'gen', 'later']);
    expect((await asked(server, 'overview')).clients.total).toBe(8);
    await shop.keywright(['key', 'del', 'later', '--yes']);
    expect((await asked(server, 'overview')).clients.total).toBe(7);
  });

  it('tells the keys that were never used, or not for 90 days, once the uses are written', async () => {
    const { shop, keys } = await mixed();
    const first = await serve(shop);
    expect((await asked(first, 'overview')).unused).toEqual({ never: 3, long: 0 });
    for (const label of ['used', 'far']) await ask(first.http, { bearer: keys[`${label} key`] ?? '' });
    await first.stop();
    const second = await serve(shop);
    expect((await asked(second, 'overview')).unused).toEqual({ never: 1, long: 0 });
    await second.stop();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 91 * DAY_MS });
    // Of those that were used, one has ended meanwhile.
    expect((await asked(await serve(shop), 'overview')).unused).toEqual({ never: 0, long: 1 });
  });

  it('counts a great many in short pieces, so that others have their turn', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    const clients = function* () {
      for (let index = 0; index < 1_000; index += 1) {
        yield sensor(index);
        now += 0.5;
      }
    };
    const breaths: number[] = [];
    const { apiKeys } = await countOverview({
      ...{ actor: OPERATOR, clients: clients(), certificatesOf: () => [] },
      userById: (id) => ({ ...OWNER, id }),
      uses: { all: async function* () {} },
      moment: { now: Date.now(), clockToleranceMs: 0 },
      breathe: async () => void breaths.push(now),
    });
    expect(apiKeys.total).toBe(1_000);
    const pieces = breaths.map((at, index) => at - (breaths[index - 1] ?? 0));
    expect(Math.max(...pieces)).toBeLessThan(15);
  });
});

describe('the verdicts of the last hour', () => {
  it('are counted minute by minute, with the reasons of the refusals', async () => {
    const { keys, server } = await mixed();
    const bearer = await bearerOf(server, 'root');
    const get = async () => (await ask(`${server.http}/api/v1/overview`, { bearer })).body.verdicts;
    const before = await get();
    for (const key of ['used key', 'far key', 'rotated key', 'off key'])
      await ask(server.http, { bearer: keys[key] ?? '' });
    await ask(server.http, { bearer: makeApiKey('kw_live_') });
    await ask(server.http);
    const { minutes, reasons } = await get();
    const sum = (of: typeof minutes, what: 'accepted' | 'refused') =>
      of.reduce((total: number, minute: Record<typeof what, number>) => total + minute[what], 0);
    expect(minutes).toHaveLength(60);
    // Who asks for the counts is counted, too.
    expect(sum(minutes, 'accepted') - sum(before.minutes, 'accepted')).toBe(3);
    expect(sum(minutes, 'refused') - sum(before.minutes, 'refused')).toBe(4);
    expect(reasons).toEqual(
      expect.arrayContaining([
        { reason: 'invalid', count: 1 },
        { reason: 'missing', count: 1 },
        { reason: 'revoked', count: 1 },
        { reason: 'suspended', count: 1 },
      ]),
    );
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 59 * 60_000 });
    expect(sum((await get()).minutes, 'refused')).toBe(4);
    vi.setSystemTime(Date.now() + 2 * 60_000);
    expect(sum((await get()).minutes, 'refused')).toBe(0);
    expect((await get()).reasons).toEqual([]);
  });

  it('do not count what the console asks by itself', async () => {
    const { server } = await mixed();
    const { headers } = await ask(`${server.http}/api/v1/session`, {
      json: { user: 'root', password: PASSWORD },
    });
    const cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
    const get = async () =>
      (await ask(`${server.http}/api/v1/overview`, { headers: { cookie } })).body.verdicts;
    await get();
    const { minutes } = await get();
    expect(minutes.at(-1)).toMatchObject({ accepted: 0, refused: 0 });
  });
});

describe('the refusals that a server keeps', () => {
  const shared = sharedByTests(mixed);
  const ids = (refusals: { client: string }[]) => refusals.map(({ client }) => client);

  it('are told as in the log, the newest first', async () => {
    const { keys, server } = shared();
    const [name] = (keys.rotated ?? '').split(':');
    await ask(`${server.http}/pumps?token=x`, { bearer: keys['rotated key'] ?? '', method: 'PUT' });
    await ask(`${server.http}/`, { bearer: makeApiKey('kw_live_') });
    const lines = server
      .log()
      .split('\n')
      .filter((line) => line.includes('HTTP request refused'))
      .map((line) => JSON.parse(line));
    const [newest, older] = await asked(server, 'refusals');
    expect(newest).toMatchObject({ reason: 'invalid', client: null, cause: lines[1].cause });
    expect(older).toEqual({
      ...{ id: expect.any(String), at: expect.stringMatching(/Z$/), by: 'http', what: 'request' },
      ...{ address: '127.0.0.1', reason: 'revoked', client: name, credential: 'api-key' },
      ...{ hint: lines[0].hint, cause: lines[0].cause, method: 'PUT', path: '/pumps', status: 401 },
    });
    expect(JSON.stringify([newest, older])).not.toContain((keys['rotated key'] ?? '').slice(12));
  });

  it('are those of MQTT, of call-backs and of the management API, too', async () => {
    const { keys, server } = shared();
    const [name = ''] = (keys.off ?? '').split(':');
    const login = { clientId: name, username: name, password: Buffer.from(keys['off key'] ?? '') };
    await dial(server.mqttPort, login).next('connack');
    const [newest] = await asked(server, `refusals?client=${name}&limit=1`);
    expect(newest).toMatchObject({
      ...{ by: 'mqtt', what: 'connection', client: name, reason: 'suspended', method: null, status: null },
      cause: expect.stringContaining('is suspended since'),
    });
    await asked(server, 'refusals?client=nobody', 'ann');
    await ask(`${server.http}/api/v1/audit`, { bearer: await bearerOf(server, 'ann') });
    expect((await asked(server, 'refusals?limit=1'))[0]).toMatchObject({
      cause: expect.stringContaining('user ann asked for audit.list'),
    });
  });

  it('are shown to members where they name a client of theirs', async () => {
    const { keys, server } = shared();
    const mqtt = keys['used key'] ?? '';
    const [anns = ''] = (keys.used ?? '').split(':');
    await ask(`${server.http}/api/v1/clients`, { bearer: mqtt });
    await ask(`${server.http}/`, { bearer: keys['off key'] ?? '' });
    expect(new Set(ids(await asked(server, 'refusals', 'ann')))).toEqual(new Set([anns]));
    const [bobs = ''] = (keys.off ?? '').split(':');
    expect(await asked(server, `refusals?client=${bobs}`, 'ann')).toEqual([]);
    expect(ids(await asked(server, `refusals?client=${bobs}&limit=1`, 'bob'))).toEqual([bobs]);
  });

  it('are at most 200, and bad questions for them are named', async () => {
    const { server } = shared();
    for (const [query, detail] of [
      ['limit=0', 'limit is not a number'],
      ['client=%2F', 'client'],
      ['since=1h', 'there is no query parameter "since"'],
    ]) {
      const answer = await asked(server, `refusals?${query}`);
      expect([answer.status, answer.detail]).toEqual([400, expect.stringContaining(detail ?? '')]);
    }
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'performance', 'Date'] });
    const activity = new ServerActivity({ now: () => Date.now() });
    for (let second = 0; second < 30; second += 1) {
      for (let index = 0; index < 30; index += 1)
        activity.refused({ by: 'http', what: 'request', address: `${second}.${index}`, reason: 'missing' });
      vi.advanceTimersByTime(1_000);
    }
    const kept = activity.refusals();
    expect([kept.length, kept[0]?.address, kept.at(-1)?.address]).toEqual([200, '29.19', '20.0']);
    expect(new Set(kept.map(({ id }) => id)).size).toBe(200);
    expect(activity.reasons()).toEqual([{ reason: 'missing', count: 900 }]);
    activity.close();
  });
});
