import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ask, registerKey, serve, workshop } from '../support/keywright.js';
import { dial } from '../support/mqtt-wire.js';

describe('the last use', () => {
  it('is told of each credential of a client, and of the client, over HTTP and MQTT', async () => {
    const shop = await workshop();
    const read = async (name: string) => (await readFile(join(shop.directory, name), 'utf8')).trim();
    for (const id of ['web', 'bus', 'idle'])
      await shop.keywright(['key', 'gen', id, '--mqtt-password', 'alone']);
    const key = await registerKey(shop, '--client', 'web');
    const admin = await registerKey(shop, '--scope', 'admin');
    const server = await serve(shop, [...['--http', 'https://127.0.0.1:0', '--mqtt', 'tcp://127.0.0.1:0']]);
    const agent = { rejectUnauthorized: false };
    const tls = { ...agent, cert: await read('web_cert.pem'), key: await read('web_key.pem') };
    const get = (options: object, headers = {}) =>
      new Promise<number>((resolve, reject) => {
        request(server.http, { ...agent, ...options, headers }, (answer) => {
          answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
        })
          .once('error', reject)
          .end();
      });
    expect(await get(tls)).toBe(200);
    expect(await get({}, { authorization: `Bearer ${await read('web_token')}` })).toBe(200);
    const wire = dial(server.mqttPort, {
      ...{ clientId: 'bus', username: 'bus', password: Buffer.from(await read('bus_mqtt_password')) },
    });
    await wire.next('connack');
    await server.stop();
    const shown = async (id: string) =>
      JSON.parse((await shop.keywright(['key', 'show', id, '--json'])).stdout);
    const used = { lastUsedAt: expect.stringMatching(/Z$/), lastUsedFrom: '127.0.0.1' };
    const unused = { lastUsedAt: null, lastUsedFrom: null };
    const kinds = ({ credentials }: { credentials: { kind: string; lastUsedAt: string | null }[] }) =>
      Object.fromEntries(credentials.map(({ kind, lastUsedAt }) => [kind, lastUsedAt !== null]));
    const web = await shown('web');
    expect(web).toMatchObject(used);
    expect(kinds(web)).toEqual({
      certificate: true,
      'signed-token': true,
      password: false,
      'api-key': false,
    });
    const bus = await shown('bus');
    expect(bus).toMatchObject(used);
    expect(kinds(bus)).toEqual({ certificate: false, 'signed-token': false, password: true });
    expect(await shown('idle')).toMatchObject(unused);
    const plain = await serve(shop);
    const at = (path: string) => ask(`${plain.http}/api/v1/${path}`, { bearer: admin.apiKey });
    expect((await at('clients/web')).body).toEqual(web);
    const { body } = await at('clients?sort=-lastUsedAt');
    expect(
      body
        .slice(0, 2)
        .map(({ id }: { id: string }) => id)
        .sort(),
    ).toEqual(['bus', 'web']);
    expect(body.find(({ id }: { id: string }) => id === 'bus')).toEqual(bus);
    await ask(plain.http, { bearer: key.apiKey });
    await plain.stop();
    expect(kinds(await shown('web'))).toMatchObject({ 'api-key': true });
  });
});
