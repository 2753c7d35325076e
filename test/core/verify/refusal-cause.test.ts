import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { generate, type IConnectPacket } from 'mqtt-packet';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeApiKey, wrapApiKey } from '../../../src/core/model/api-key.js';
import { readCredential } from '../../../src/core/model/presented-credential.js';
import { Facts } from '../../../src/core/verify/facts.js';
import type { Rejection } from '../../../src/core/verify/presentation.js';
import { refusalCause } from '../../../src/core/verify/refusal-cause.js';
import type { Registry } from '../../../src/core/verify/registry.js';
import {
  addUser,
  ask,
  eventually,
  PASSWORD,
  registerKey,
  serve,
  type Workshop,
  workshop,
} from '../../support/keywright.js';

const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g;

/** What `verify` says of a credential: reason and cause, with TIME for times of this year or later. */
async function refusal({ keywright }: Workshop, input: string, ...args: string[]): Promise<[string, string]> {
  const run = await keywright(['verify', '-', '--json', ...args], { input });
  const { reason, cause } = JSON.parse(run.stdout);
  for (const [time] of cause.matchAll(TIME))
    expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
  return [reason, cause.replaceAll(TIME, 'TIME')];
}

const NOT_REGISTERED = 'the API key is not registered: it was deleted, or never was';

describe('the cause of a refusal', () => {
  it('of an API key is what became of it, its client or its owner', async () => {
    const shop = await workshop();
    const unknown = makeApiKey('kw_live_');
    expect(await refusal(shop, unknown)).toEqual(['invalid', NOT_REGISTERED]);
    const mistyped = unknown.slice(0, -1) + (unknown.endsWith('a') ? 'b' : 'a');
    expect(await refusal(shop, mistyped)).toEqual([
      'invalid',
      'the API key is mistyped or cut short: its checksum is wrong',
    ]);

    const key = await registerKey(shop);
    expect(await refusal(shop, wrapApiKey('kw', { clientId: 'nobody', key: key.apiKey }))).toEqual([
      'invalid',
      'it names a client that does not exist',
    ]);
    const rotated = JSON.parse((await shop.keywright(['token', 'rotate', key.id, '--now', '--json'])).stdout);
    expect(await refusal(shop, key.apiKey)).toEqual([
      'expired',
      `API key ${key.id} was replaced at TIME, and expired at TIME`,
    ]);
    await shop.keywright(['token', 'invalidate', rotated.id]);
    expect(await refusal(shop, rotated.apiKey)).toEqual([
      'revoked',
      `API key ${rotated.id} was invalidated at TIME`,
    ]);
    await shop.keywright(['token', 'delete', rotated.id, '--yes']);
    expect(await refusal(shop, rotated.apiKey)).toEqual([
      'invalid',
      `API key ${rotated.id} was deleted at TIME`,
    ]);

    await addUser(shop, 'bob', '--scope', 'ingest');
    const owned = await registerKey(shop, '--owner', 'bob');
    await shop.keywright(['user', 'edit', 'bob', '--disable']);
    expect(await refusal(shop, owned.apiKey)).toEqual([
      'revoked',
      `user bob, whom client ${owned.clientId} belongs to, was disabled at TIME`,
    ]);
  });

  it('of a token or a certificate is whether it was replaced, or its client deleted, and when', async () => {
    const shop = await workshop();
    const file = (name: string) => readFile(join(shop.directory, name), 'utf8');
    await shop.keywright(['key', 'gen', 'a', '--output', './old']);
    await shop.keywright(['key', 'gen', 'b']);
    const [token, certificate] = [await file('old_token'), await file('old_cert.pem')];
    expect(await refusal(shop, (await file('b_token')).replace('b:', 'a:'))).toEqual([
      'invalid',
      'the signature is not that of client a’s key',
    ]);
    expect(await refusal(shop, token.replace('a:', 'nobody:'))).toEqual([
      'invalid',
      'it names a client that does not exist',
    ]);

    await shop.keywright(['key', 'gen', 'a', '--force', '--output', './new']);
    expect(await refusal(shop, token)).toEqual([
      'invalid',
      'the signature is not that of client a’s key, which was replaced at TIME',
    ]);
    expect(await refusal(shop, certificate)).toEqual([
      'invalid',
      'the certificate of client a was replaced at TIME',
    ]);

    await shop.keywright(['key', 'del', 'a', '--yes']);
    for (const each of [token, certificate, await file('new_token'), await file('new_cert.pem')])
      expect(await refusal(shop, each)).toEqual(['invalid', 'client a was deleted at TIME']);
  });

  it('of an access token is whether it is ours, or what it came from', async () => {
    const shop = await workshop();
    await addUser(shop, 'bob', '--scope', 'ingest');
    const server = await serve(shop, [], { KEYWRIGHT_ISSUER: 'https://keys.example' });
    const login = await ask(`${server.http}/auth/login`, { json: { username: 'bob', password: PASSWORD } });
    const accessToken: string = login.body.tkn;
    const env = { KEYWRIGHT_ISSUER: 'https://keys.example' };
    const cause = async () => {
      const run = await shop.keywright(['verify', '-', '--json'], { input: accessToken, env });
      return JSON.parse(run.stdout).cause?.replaceAll(TIME, 'TIME');
    };
    expect((await refusal(shop, accessToken))[1]).toMatch(/^the access token is none of this server’s: /);
    await shop.keywright(['user', 'edit', 'bob', '--disable']);
    expect(await cause()).toBe('user bob was disabled at TIME');
    await shop.keywright(['user', 'del', 'bob', '--yes']);
    expect(await cause()).toBe('there is no user bob');
  });

  it('is in the log of a refused MQTT connection, and no secret is', async () => {
    const shop = await workshop();
    const reader = await registerKey(shop, '--scope', 'pipes:read');
    const guarded = await registerKey(shop, '--mqtt-password');
    const server = await serve(shop, ['--log', 'json']);
    const wrong = 'a-wrong-password-that-nobody-may-read';
    const refused: Partial<IConnectPacket>[] = [
      {},
      { username: 'x', password: Buffer.from(reader.apiKey) },
      { username: guarded.apiKey, password: Buffer.from(wrong) },
      { username: reader.apiKey, password: Buffer.from(wrong) },
      { username: 'x', password: Buffer.from(wrong) },
    ];
    for (const fields of refused) {
      const socket = connect(server.mqttPort, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      const packet = {
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: 'd',
      } as const;
      socket.write(generate({ ...packet, ...fields }));
      await new Promise((resolve) => socket.once('data', resolve));
    }
    const causes = () => [...server.log().matchAll(/"cause":"([^"]*)"/g)].map(([, cause]) => cause);
    await eventually(() => causes().length === refused.length, { withinMs: 5000, what: 'a line for each' });
    expect(causes()).toEqual([
      'nothing was presented',
      `client ${reader.clientId} has no scope to connect: it has pipes:read`,
      `the password is not that of client ${guarded.clientId}`,
      `client ${reader.clientId} has no password, and one was presented`,
      'it names a client that does not exist',
    ]);
    for (const secret of [wrong, reader.apiKey, guarded.apiKey]) expect(server.log()).not.toContain(secret);
  });

  const failing = (): never => {
    throw new Error('the keystore is gone');
  };
  const factsWith = (hashSecret: (secret: string) => string) =>
    new Facts({
      sealer: { revision: 0, seal: failing, open: failing, isTrusted: failing, publicKeys: failing },
      tokenIssuer: { issuer: '', audience: '' },
      passwords: { hash: failing, verify: failing },
      hashSecret,
    });
  const GONE: Registry = {
    hasPasswordsAlone: failing,
    ...{ clientById: failing, deletedClientById: failing, clientIdByKeyHash: failing, userById: failing },
    ...{
      sessionById: failing,
      requireSigningKeys: failing,
      hashSecret: failing,
      certificatesOf: failing,
      formerKeyByHash: failing,
      withdrawnTokenById: failing,
    },
    facts: factsWith(failing),
  };

  it.each<Rejection>([
    'missing',
    'invalid',
    'revoked',
    'not-yet-valid',
    'expired',
    'wrong-client-id',
    'wrong-domain',
    'wrong-path',
    'insufficient-scope',
    'unavailable',
  ])('is a sentence for %s, also where nothing can be looked up', (reason) => {
    const presentation = { credential: readCredential(makeApiKey('kw_live_')) };
    const cause = refusalCause({ presentation, reason, registry: GONE, now: 0 });
    expect(cause).toBe(
      reason === 'missing'
        ? 'nothing was presented'
        : 'the keystore cannot be followed, or what was presented cannot be looked into',
    );
  });

  it('never repeats what somebody sent in the wrong place', () => {
    const secret = makeApiKey('kw_live_');
    const registry: Registry = {
      ...GONE,
      ...{
        clientById: () => undefined,
        deletedClientById: () => undefined,
        clientIdByKeyHash: () => undefined,
      },
      facts: factsWith(() => ''),
    };
    for (const text of [
      `${secret}:b:${'00'.repeat(64)}`,
      wrapApiKey('kw', { clientId: secret, key: secret }),
      secret,
    ]) {
      const presentation = { credential: readCredential(text) };
      const cause = refusalCause({ presentation, reason: 'invalid', registry, now: 0 });
      expect(cause.toLowerCase()).not.toContain(secret.slice(8, 20).toLowerCase());
    }
  });
});
