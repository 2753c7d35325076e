import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, ask, PASSWORD, registerKey, serve, workshop } from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

const statusOf = async (url: string, bearer: string) => {
  const { status, body } = await ask(url, { bearer });
  return status === 200 ? 200 : `${status} ${body.detail}`;
};

describe('what is suspended', () => {
  it('is refused in every form, ends live connections, and works again when it is resumed', async () => {
    const shop = await workshop();
    const key = await registerKey(shop);
    const other = await registerKey(shop);
    const server = await serve(shop);
    const exchanged = await ask(`${server.http}/v1/token/exchange`, { json: { api_key: key.apiKey } });
    const accessToken: string = exchanged.body.access_token ?? exchanged.body.token;
    const isActive = async (token: string) =>
      (
        await ask(`${server.http}/oauth/introspect`, {
          form: { token },
          headers: { authorization: `Basic ${btoa(`${other.clientId}:${other.apiKey}`)}` },
        })
      ).body;
    const forms = [key.apiKey, key.wrapped, accessToken];
    for (const [kind, id] of [
      ['token', key.id],
      ['key', key.clientId],
    ] as const) {
      const wire = dial(server.mqttPort, { username: 'a', password: Buffer.from(key.apiKey) });
      expect(await wire.next('connack')).toMatchObject({ returnCode: 0 });
      const suspended = await shop.keywright([kind, 'suspend', id, '--json']);
      expect(JSON.parse(suspended.stdout)).toMatchObject({ status: 'suspended' });
      for (const form of forms) {
        expect(await statusOf(server.http, form)).toBe('401 the credential is suspended');
        expect(await isActive(form)).toEqual({ active: false });
      }
      await expect.poll(() => wire.isClosed(), { timeout: 20_000 }).toBe(true);
      const verified = await shop.keywright(['verify', '-', '--json'], { input: key.apiKey });
      expect(JSON.parse(verified.stdout)).toMatchObject({ reason: 'suspended' });
      expect(await statusOf(server.http, other.apiKey)).toBe(200);
      const list = JSON.parse((await shop.keywright(['key', 'list', '--json'])).stdout);
      expect(list.find((each: { id: string }) => each.id === key.clientId).status).toBe('suspended');
      await shop.keywright([kind, 'resume', id]);
      for (const form of forms) expect(await statusOf(server.http, form)).toBe(200);
    }
  });

  it('is switched over HTTP by whom it belongs to, and is nobody else’s to see', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--scope', 'ingest');
    await addUser(shop, 'bob', '--scope', 'ingest');
    const { id, clientId, apiKey } = await registerKey(shop, '--owner', 'ann');
    const server = await serve(shop);
    const log = async (username: string) =>
      (await ask(`${server.http}/auth/login`, { json: { username, password: PASSWORD } })).body.tkn as string;
    const [ann, bob] = [await log('ann'), await log('bob')];
    const post = (path: string, bearer: string) =>
      ask(`${server.http}/api/v1${path}`, { method: 'POST', bearer });
    for (const path of [`/clients/${clientId}`, `/tokens/${id}`]) {
      expect((await post(`${path}/suspend`, bob)).status).toBe(404);
      expect((await post(`${path}/suspend`, ann)).body.status).toBe('suspended');
      expect(await statusOf(server.http, apiKey)).toBe('401 the credential is suspended');
      expect((await post(`${path}/resume`, bob)).status).toBe(404);
      expect((await post(`${path}/resume`, ann)).body.status).toBe('valid');
      expect(await statusOf(server.http, apiKey)).toBe(200);
    }
  });
});

describe('what is replaced', () => {
  it('holds for the overlap, then ends with its live connections', async () => {
    const shop = await workshop();
    const key = await registerKey(shop);
    const server = await serve(shop);
    const wire = dial(server.mqttPort, { username: 'a', password: Buffer.from(key.apiKey) });
    expect(await wire.next('connack')).toMatchObject({ returnCode: 0 });
    const rotated = await shop.keywright(['token', 'rotate', key.id, '--overlap', '1s', '--json']);
    const { replaced, apiKey } = JSON.parse(rotated.stdout);
    expect(rotated.stderr).toContain(`the old key ${key.id} works until ${replaced.expiresAt}`);
    await expect.poll(() => wire.isClosed(), { timeout: 20_000 }).toBe(true);
    expect(await statusOf(server.http, key.apiKey)).toBe('401 the credential has expired');
    expect(await statusOf(server.http, apiKey)).toBe(200);
  });

  it('is the certificate and the signed token alone', async () => {
    const shop = await workshop();
    const { keywright, directory } = shop;
    await keywright(['key', 'gen', 'a', '--valid-for', '30d', '--mqtt-password', 'alone']);
    const token = async () => (await readFile(join(directory, 'a_token'), 'utf8')).trim();
    const password = await readFile(join(directory, 'a_mqtt_password'), 'utf8');
    const key = JSON.parse((await keywright(['register', 'token', '--client', 'a', '--json'])).stdout);
    const server = await serve(shop);
    const first = await token();
    const overlapped = await keywright(['key', 'gen', 'a', '--force', '--overlap', '1h']);
    expect(overlapped.stderr).toMatch(/the former certificate [0-9a-f]{32} and its signed token work until /);
    const second = await token();
    for (const each of [first, second, key.apiKey]) expect(await statusOf(server.http, each)).toBe(200);
    const replaced = await keywright(['key', 'gen', 'a', '--force', '--json']);
    expect(JSON.parse(replaced.stdout).replaced).toHaveLength(2);
    for (const each of [first, second])
      expect(await statusOf(server.http, each)).toBe('401 the credential is not valid');
    for (const each of [await token(), key.apiKey]) expect(await statusOf(server.http, each)).toBe(200);
    const wire = dial(server.mqttPort, { clientId: 'a', username: 'a', password: Buffer.from(password) });
    expect(await wire.next('connack')).toMatchObject({ returnCode: 0 });
    const shown = JSON.parse((await keywright(['key', 'show', 'a', '--json'])).stdout);
    const days = (Date.parse(shown.expiresAt) - Date.now()) / 86_400_000;
    expect([Math.round(days), shown.status, shown.credentials.length]).toEqual([30, 'valid', 4]);
    const soon = async (within: string) =>
      JSON.parse((await keywright(['token', 'list', '--expiring-within', within, '--json'])).stdout).length;
    expect([await soon('20d'), await soon('100d')]).toEqual([0, 1]);
    expect((await keywright(['key', 'gen', 'b', '--overlap', '1h'])).exitCode).toBe(2);
  });
});
