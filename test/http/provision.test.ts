import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { openHome } from '../../src/home/open-home.js';
import { FileStore } from '../../src/store/file/file-store.js';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  serve,
  serveProgram,
  type Workshop,
  workshop,
} from '../support/keywright.js';
import { connectMqtt, refusal } from '../support/requests.js';

const WRONG = refusal(401, 'invalid provisioning key').body;

async function fixture(env: Record<string, string> = {}) {
  const shop = await workshop();
  await addUser(shop, 'root', '--role', 'admin');
  await addUser(shop, 'adm', '--role', 'admin', '--scope', 'admin', '--scope', 'ingest');
  await addUser(shop, 'ann');
  const server = await serve(shop, ['--log', 'json'], env);
  return { shop, server, redeem: (json: object) => redeemAt(server.http, json) };
}

const redeemAt = (http: string, json: object) => ask(`${http}/api/v1/provision/agent`, { json });

async function logIn(http: string, username: string): Promise<string> {
  return (await ask(`${http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn;
}

interface Made {
  readonly id: string;
  readonly key: string;
}

async function create({ keywright }: Workshop, ...flags: string[]): Promise<Made> {
  const run = await keywright(['provision', 'key', 'create', '--json', ...flags]);
  if (run.exitCode !== 0) throw new Error(run.stdout + run.stderr);
  return JSON.parse(run.stdout);
}

const list = async ({ keywright }: Workshop): Promise<{ id: string; usesLeft: number }[]> =>
  JSON.parse((await keywright(['provision', 'key', 'list', '--json'])).stdout);

const clients = async ({ keywright }: Workshop): Promise<{ id: string }[]> =>
  JSON.parse((await keywright(['key', 'list', '--json'])).stdout);

/** A request of openssl's, whose key is in `device.key`. */
async function request({ directory: cwd }: Workshop, subject = '/CN=gw', ...more: string[]): Promise<string> {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'device.key'];
  return (await execa('openssl', ['req', '-new', ...key, '-subj', subject, ...more], { cwd })).stdout;
}

describe('POST /api/v1/provision/keys', () => {
  it('makes a key for admins, for a day and one device unless told otherwise', async () => {
    const { shop, server } = await fixture();
    const [root, ann] = [await logIn(server.http, 'root'), await logIn(server.http, 'ann')];
    const post = (json: object, bearer?: string) =>
      ask(`${server.http}/api/v1/provision/keys`, { json, ...(bearer !== undefined && { bearer }) });
    const made = await post({}, root);
    expect([made.status, made.body]).toEqual([
      201,
      {
        id: expect.stringMatching(/^[0-9a-f]{12}$/),
        key: expect.stringMatching(/^prov_[0-9A-Za-z]{38}$/),
        expiresAt: expect.any(String),
      },
    ]);
    const inHours = (Date.parse(made.body.expiresAt) - Date.now()) / 3_600_000;
    expect(Math.round(inHours)).toBe(24);
    const all = { expires: '2h', uses: 3, scopes: ['metrics'], owner: 'root', label: 'hall 7' };
    expect((await post(all, root)).status).toBe(201);
    expect(await list(shop)).toMatchObject([
      { owner: 'root', scopes: ['ingest'], usesLeft: 1, label: null },
      { owner: 'root', scopes: ['metrics'], usesLeft: 3, label: 'hall 7' },
    ]);
    expect((await post({})).status).toBe(401);
    expect((await post({}, ann)).status).toBe(403);
    for (const json of [
      ...[{ uses: 0 }, { uses: 1.5 }, { uses: 1e9 }, { expires: '2001-01-01' }, { expires: 'soon' }],
      ...[{ scopes: ['no-such'] }, { label: '\u0000' }, { more: 1 }],
    ])
      expect([json, (await post(json, root)).status]).toEqual([json, 400]);
    expect((await post({ owner: 'nobody' }, root)).status).toBe(404);
    expect((await post({ owner: 'ann', scopes: ['metrics'] }, root)).status).toBe(403);
    expect(await list(shop)).toHaveLength(2);
    const audited = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    expect(audited).toContainEqual(
      expect.objectContaining({ action: 'provision.create', who: 'user ann', outcome: 'refused' }),
    );
    expect(audited).toContainEqual(
      expect.objectContaining({ action: 'provision.create', who: 'user root', outcome: 'done' }),
    );
  });

  it('grants no more than the admin holds', async () => {
    const { server } = await fixture();
    const bearer = await logIn(server.http, 'adm');
    const post = (scopes: string[]) =>
      ask(`${server.http}/api/v1/provision/keys`, { json: { scopes }, bearer });
    expect((await post(['metrics'])).status).toBe(403);
    expect((await post(['ingest'])).status).toBe(201);
  });
});

describe('POST /api/v1/provision/agent', () => {
  it('makes one client, that gets in at once over HTTP and MQTT; the key is gone', async () => {
    const { shop, server, redeem } = await fixture();
    const { key, id } = await create(shop, '--scope', 'ingest', '--scope', 'metrics');
    const { status, body, headers } = await redeem({ key, agentName: 'gateway-01' });
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(body).toEqual({
      apiKey: expect.stringMatching(/^iotsk_live_[0-9A-Za-z]{38}$/),
      agentUuid: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/),
      mqttPassword: expect.any(String),
      caCertificate: expect.stringMatching(/^-----BEGIN CERTIFICATE-----/),
    });
    const { apiKey, agentUuid, mqttPassword } = body;
    const seen = await ask(`${server.http}/api`, { headers: { 'X-Device-API-Key': apiKey } });
    expect(seen.body.data).toMatchObject({
      clientId: agentUuid,
      label: 'gateway-01',
      scopes: ['ingest', 'metrics'],
    });
    const device = { clientId: `agent-${agentUuid}`, username: apiKey, password: mqttPassword };
    const url = `mqtt://127.0.0.1:${server.mqttPort}`;
    expect((await connectMqtt(url, device)).returnCode).toBe(0);
    expect((await connectMqtt(url, { ...device, password: 'wrong-password-1234' })).returnCode).toBe(4);
    expect(await list(shop)).toEqual([]);
    expect(JSON.parse((await shop.keywright(['key', 'show', agentUuid, '--json'])).stdout)).toMatchObject({
      ...{ label: 'gateway-01', owner: null, expiresAt: null },
      credentials: [{ kind: 'api-key', expiresAt: null }, { kind: 'password' }],
    });
    const audited = JSON.parse((await shop.keywright(['audit', 'list', '--json'])).stdout);
    expect(audited.at(-1)).toMatchObject({
      ...{ who: `provisioning key ${id}`, from: '127.0.0.1' },
      ...{ action: 'provision.redeem', target: agentUuid, outcome: 'done' },
    });
  });

  it('certifies a key that stays with the device', async () => {
    const { shop, redeem } = await fixture();
    const { key } = await create(shop);
    const csr = await request(shop);
    const { status, body } = await redeem({ key, agentName: 'gw', csr });
    expect(status).toBe(201);
    const certificate = new X509Certificate(body.certificate);
    expect(certificate.verify(new X509Certificate(body.caCertificate).publicKey)).toBe(true);
    expect(certificate.subject).toBe(`CN=${body.agentUuid}`);
    const shown = JSON.parse((await shop.keywright(['key', 'show', body.agentUuid, '--json'])).stdout);
    expect(shown.credentials.map(({ kind }: { kind: string }) => kind)).toEqual([
      'certificate',
      'api-key',
      'password',
    ]);
    const verified = await shop.keywright(['verify', '--cert', '-'], { input: body.certificate });
    expect(verified.exitCode).toBe(0);
    // The device's own token, and the certificate over MQTT.
    const mqtt = await serve(shop, ['--mqtt', 'mqtts://127.0.0.1:0']);
    const { returnCode } = await connectMqtt(`mqtts://127.0.0.1:${mqtt.mqttPort}`, {
      ...{ clientId: body.agentUuid, cert: body.certificate, ca: body.caCertificate },
      key: await readFile(join(shop.directory, 'device.key'), 'utf8'),
    });
    expect(returnCode).toBe(0);
  });

  it('gives one answer to a key that was used, has expired, was deleted, is mistyped or is none', async () => {
    const { shop, redeem } = await fixture();
    const used = await create(shop);
    expect((await redeem({ key: used.key, agentName: 'gw' })).status).toBe(201);
    const deleted = await create(shop);
    expect((await shop.keywright(['provision', 'key', 'del', deleted.id])).exitCode).toBe(0);
    const good = await create(shop);
    const expired = await create(shop, '--expires', '1s');
    const listed = async () => JSON.stringify((await list(shop)).find(({ id }) => id === expired.id));
    await eventually(async () => (await listed())?.includes('"expired"'), {
      withinMs: 3000,
      what: 'expired',
    });
    const apiKey = JSON.parse((await shop.keywright(['register', 'token', '--json'])).stdout).apiKey;
    const last = good.key.at(-1) === 'a' ? 'b' : 'a';
    const keys = {
      ...{
        used: used.key,
        deleted: deleted.key,
        expired: expired.key,
        mistyped: good.key.slice(0, -1) + last,
      },
      ...{ upper: good.key.toUpperCase(), longer: `${good.key}x`, blank: ` ${good.key}`, empty: '', apiKey },
    };
    for (const [what, key] of Object.entries(keys)) {
      for (const more of [{}, { csr: 'x' }]) {
        const { status, body, headers } = await redeem({ key, agentName: 'gw', ...more });
        expect([what, status, body]).toEqual([
          what,
          401,
          { ...WRONG, detail: 'the provisioning key is not one that may be used' },
        ]);
        expect(headers.get('www-authenticate')).toBe('Bearer realm="keywright"');
      }
    }
    expect((await redeem({ key: good.key, agentName: 'gw' })).status).toBe(201);
  });

  it('lets one of a hundred at once win, also over several servers of one home', async () => {
    const { shop, server } = await fixture();
    const other = await serve(shop);
    const { key } = await create(shop);
    const csr = await request(shop);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        redeemAt(index % 2 === 0 ? server.http : other.http, {
          key,
          agentName: 'gw',
          ...(index % 3 === 0 && { csr }),
        }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const lost = answers.filter(({ status }) => status !== 201);
    expect(new Set(lost.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(lost[0]).toMatchObject({ status: 401, body: WRONG });
    expect(await clients(shop)).toHaveLength(1);
    expect(await list(shop)).toEqual([]);
    expect(await shop.keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
  });

  it('lets as many win as a key has uses', async () => {
    const { shop, redeem } = await fixture();
    const { key } = await create(shop, '--uses', '3');
    expect((await redeem({ key, agentName: 'first' })).status).toBe(201);
    expect(await list(shop)).toMatchObject([{ usesLeft: 2 }]);
    const answers = await Promise.all(Array.from({ length: 20 }, () => redeem({ key, agentName: 'gw' })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(await clients(shop)).toHaveLength(3);
    expect(await list(shop)).toEqual([]);
  });

  it('refuses a bad request or name, says why, and does not spend the key', async () => {
    const { shop, redeem } = await fixture();
    const { key } = await create(shop);
    const good = await request(shop);
    const broken = good.replace(
      /(.)(.{4}=*)\n-----END/,
      (_, last, rest) => `${last === 'A' ? 'B' : 'A'}${rest}\n-----END`,
    );
    const weak = ['req', '-new', '-newkey', 'rsa:1024', '-nodes', '-keyout', 'w.key', '-subj', '/CN=gw'];
    const cases: [object, string][] = [
      [{ csr: broken }, 'the certificate request is not signed by its own key'],
      [{ csr: await request(shop, '/CN=other') }, 'has another subject'],
      [{ csr: await request(shop, '/CN=gw/O=Plant') }, 'has a subject of more than a CN'],
      [{ csr: await request(shop, '/CN=gw', '-addext', 'basicConstraints=CA:TRUE') }, 'asks for a CA'],
      [{ csr: await request(shop, '/CN=gw', '-addext', 'subjectAltName=DNS:admin') }, 'asks for other names'],
      [{ csr: (await execa('openssl', weak, { cwd: shop.directory })).stdout }, 'has a key that is weak'],
      [{ csr: good + good }, 'is not one'],
      [{ csr: '' }, 'is not one'],
      [{ csr: 'x'.repeat(20_000) }, 'the field "csr"'],
      [{ csr: 7 }, 'the field "csr"'],
      [{ agentName: '' }, 'label "" is not allowed'],
      [{ agentName: 'a\u001b[2J' }, 'is not allowed'],
      [{ agentName: 'a'.repeat(201) }, 'the field "agentName"'],
      [{ more: 1 }, 'there is no field "more"'],
    ];
    for (const [fields, why] of cases) {
      const { status, body } = await redeem({ key, agentName: 'gw', ...fields });
      expect([why, status, body.detail]).toEqual([why, 400, expect.stringContaining(why)]);
    }
    expect((await redeem({ key })).status).toBe(400);
    expect(await clients(shop)).toEqual([]);
    expect(await list(shop)).toMatchObject([{ usesLeft: 1 }]);
    expect((await redeem({ key, agentName: 'gw', csr: good })).status).toBe(201);
  });

  it('makes nothing for an owner who is gone, disabled, or lost a scope; and again once that is mended', async () => {
    const { shop, redeem } = await fixture();
    await addUser(shop, 'eve', '--scope', 'ingest', '--scope', 'metrics');
    const flags = ['--owner', 'eve', '--scope', 'metrics', '--uses', '9'];
    const { key } = await create(shop, ...flags);
    const outcome = async () => {
      const { status, body } = await redeem({ key, agentName: 'gw' });
      return [status, body.reason];
    };
    const edit = (...more: string[]) => shop.keywright(['user', 'edit', 'eve', ...more]);
    await edit('--disable');
    expect(await outcome()).toEqual([403, 'not allowed']);
    await edit('--enable', '--scope', 'ingest');
    expect(await outcome()).toEqual([403, 'not allowed']);
    await edit('--scope', 'ingest', '--scope', 'metrics');
    expect(await outcome()).toEqual([201, undefined]);
    expect(await list(shop)).toMatchObject([{ usesLeft: 8, owner: 'eve' }]);
    // Another eve is not the one who was meant.
    const store = new FileStore({ home: shop.home });
    const [record] = await store.provisioningKeys.page();
    await shop.keywright(['user', 'del', 'eve', '--with-clients', '--yes']);
    expect(await list(shop)).toEqual([]);
    expect(await outcome()).toEqual([401, 'invalid provisioning key']);
    await addUser(shop, 'eve', '--scope', 'ingest', '--scope', 'metrics');
    const { changes } = await openHome({ directory: shop.home, notice: () => undefined, environment: {} });
    await changes.change(null, (records) => record && records.put('provisioning-key', record));
    expect(await outcome()).toEqual([403, 'not allowed']);
    expect(await clients(shop)).toEqual([]);
  });

  it('counts wrong keys by address, and still takes a good one', async () => {
    const { shop, redeem } = await fixture({ KEYWRIGHT_FAILED_ATTEMPTS: '5/1h' });
    const { key } = await create(shop);
    const wrong = () => redeem({ key: `${key}x`, agentName: 'gw' });
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 8; attempt += 1) statuses.push((await wrong()).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
    const { headers, body } = await wrong();
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(60);
    expect(body).toMatchObject({ reason: 'rate-limited', retry: true });
    // One that is good is taken, with what is wrong beside it too: that is counted by the key.
    expect((await redeem({ key, agentName: 'gw', csr: 'x' })).status).toBe(400);
    expect((await redeem({ key, agentName: 'gw' })).status).toBe(201);
    const audited: { action: string; outcome: string }[] = JSON.parse(
      (await shop.keywright(['audit', 'list', '--json'])).stdout,
    );
    const refused = audited.filter(
      ({ action, outcome }) => action === 'provision.redeem' && outcome === 'refused',
    );
    expect(refused).toHaveLength(6);
  });

  it('answers what a good key asks wrongly too often with 429', async () => {
    const { shop, redeem } = await fixture({ KEYWRIGHT_FAILED_ATTEMPTS: '3/1h' });
    const { key } = await create(shop);
    const statuses: number[] = [];
    for (let attempt = 0; attempt < 5; attempt += 1)
      statuses.push((await redeem({ key, agentName: 'gw', csr: 'x' })).status);
    expect(statuses).toEqual([400, 400, 400, 429, 429]);
    expect((await redeem({ key, agentName: 'gw' })).status).toBe(201);
  });
});

it('kill -9 of the server leaves each client whole or none, and no more of them than uses', async () => {
  const shop = await workshop();
  const uses = 40;
  const { key } = await create(shop, '--uses', `${uses}`);
  const got: { agentUuid: string; apiKey: string }[] = [];
  for (let round = 0; round < 6; round += 1) {
    const server = await serveProgram(shop);
    const asked = Array.from({ length: 12 }, () =>
      redeemAt(server.http, { key, agentName: 'gw' }).catch(() => undefined),
    );
    // Spread over the life of twelve redemptions.
    const timer = setTimeout(() => server.process.kill('SIGKILL'), 20 + round * 40);
    for (const answer of await Promise.all(asked)) if (answer?.status === 201) got.push(answer.body);
    clearTimeout(timer);
    server.process.kill('SIGKILL');
    await server.process;
  }
  const store = new FileStore({ home: shop.home });
  const kept = await store.clients.page();
  for (const { credentials } of kept)
    expect(credentials.map(({ kind }) => kind)).toEqual(['api-key', 'password']);
  const ids = kept.map(({ id }) => id);
  for (const { agentUuid } of got) expect(ids).toContain(agentUuid);
  const [left] = await store.provisioningKeys.page();
  expect(kept.length).toBeLessThanOrEqual(uses - (left?.usesLeft ?? 0));
  expect(await shop.keywright(['audit', 'verify'])).toMatchObject({ exitCode: 0 });
  const server = await serve(shop);
  for (const { apiKey } of got) expect((await ask(server.http, { bearer: apiKey })).status).toBe(200);
});
