import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { apiKeyId, editApiKey, invalidateApiKey, rotateApiKey } from '../../../src/core/manage/api-keys.js';
import { type IssueRequest, issueClient, signClient } from '../../../src/core/manage/issue-client.js';
import { registerApiKey } from '../../../src/core/manage/register-api-key.js';
import { resumeApiKey, suspendApiKey, suspendClient } from '../../../src/core/manage/suspension.js';
import { isHeld } from '../../../src/core/model/certificate.js';
import { apiKeysOf, lifetimeOf, passwordOf } from '../../../src/core/model/client.js';
import { makeKeyPair } from '../../../src/core/model/key-algorithm.js';
import { NEVER } from '../../../src/core/model/time.js';
import { openHome } from '../../../src/home/open-home.js';
import { scratchDirectory } from '../../support/keywright.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-12-01T00:00:00Z');

async function fixture() {
  let now = START;
  const directory = join(await scratchDirectory(), 'home');
  const clock = { now: () => now };
  const app = await openHome({ directory, notice: () => undefined, environment: {}, clock });
  const authority = await app.authority();
  const services = { ...app, authority, actor: OPERATOR, hashSecret: await app.hashSecret() };
  const register = (expiresAt: number, clientId?: string) =>
    registerApiKey(services, { clientId, scopes: ['ingest'], expiresAt, prefix: 'kw_live_' });
  const issue = (asked: Partial<IssueRequest> = {}) =>
    issueClient(
      services,
      { clientId: 'a', algorithm: 'ec-p256', validity: {}, replace: true, ...asked },
      { deliver: async () => ({ keep: async () => undefined, takeBack: async () => undefined }) },
    );
  return {
    ...{ services, authority, register, issue },
    at: (time: number) => {
      now = time;
    },
    stored: async (id: string) => {
      const client = await app.keyStore.clients.get(id);
      if (client === undefined) throw new Error(`there is no client ${id}`);
      return client;
    },
    certificates: (id: string) => app.keyStore.certificates.ofClients([id]),
  };
}

describe('a rotated API key', () => {
  it('lives as long as the first one was made for, and the old one as long as is told', async () => {
    const { services, register, at, stored } = await fixture();
    const first = await register(START + 90 * DAY);
    const id = apiKeyId(first.client, first.credential);
    at(START + 10 * DAY);
    const second = await rotateApiKey(services, id, START + 10 * DAY + HOUR);
    const third = await rotateApiKey(services, id, START + 11 * DAY);
    for (const { credential } of [second, third]) expect(credential.expiresAt).toBe(START + 100 * DAY);
    // The second rotation does not lengthen what the first one shortened.
    expect(third.replaced.credential.expiresAt).toBe(START + 10 * DAY + HOUR);
    const ends = apiKeysOf(await stored(first.client.id)).map((key) => [key.id, key.expiresAt]);
    expect(ends).toEqual([
      [first.credential.id, START + 10 * DAY + HOUR],
      [third.credential.id, START + 100 * DAY],
      [second.credential.id, START + 100 * DAY],
    ]);
  });

  it('lives as long as the last edit of the old one said, counted from that edit', async () => {
    const { services, register, at } = await fixture();
    const { client, credential } = await register(NEVER);
    at(START + 300 * DAY);
    const edited = await editApiKey(services, apiKeyId(client, credential), {
      expiresAt: START + 310 * DAY,
    });
    expect(lifetimeOf(edited.credential)).toBe(10 * DAY);
    at(START + 305 * DAY);
    const rotated = await rotateApiKey(services, apiKeyId(client, credential), START + 305 * DAY);
    expect(rotated.credential.expiresAt).toBe(START + 315 * DAY);
  });

  it.each([
    ['suspended', suspendApiKey, /^API key \S+ is suspended$/],
    ['invalidated', invalidateApiKey, /does not work any more$/],
  ])('is not made from one that is %s', async (_, stop, message) => {
    const { services, register, stored } = await fixture();
    const { client, credential } = await register(NEVER);
    const id = apiKeyId(client, credential);
    await stop(services, id);
    const failed = expect(rotateApiKey(services, id, START)).rejects;
    await failed.toMatchObject({ code: 'refused', message: expect.stringMatching(message) });
    expect((await stored(client.id)).credentials).toHaveLength(1);
  });

  it('is not made for a client that is suspended, nor from a key that has expired', async () => {
    const { services, register, at } = await fixture();
    const { client, credential } = await register(START + DAY);
    const id = apiKeyId(client, credential);
    at(START + DAY);
    await expect(rotateApiKey(services, id, START)).rejects.toMatchObject({ code: 'refused' });
    at(START);
    await suspendClient(services, client.id);
    await expect(rotateApiKey(services, id, START)).rejects.toMatchObject({
      message: `client ${client.id} is suspended`,
    });
  });
});

it('a suspended API key is resumed as it was, and an invalidated one never', async () => {
  const { services, register, at } = await fixture();
  const { client, credential } = await register(START + DAY);
  const id = apiKeyId(client, credential);
  expect((await suspendApiKey(services, id)).credential.suspendedAt).toBe(START);
  at(START + HOUR);
  expect((await suspendApiKey(services, id)).credential.suspendedAt).toBe(START);
  expect((await resumeApiKey(services, id)).credential).toEqual({ ...credential, suspendedAt: null });
  await suspendApiKey(services, id);
  await invalidateApiKey(services, id);
  for (const again of [suspendApiKey, resumeApiKey])
    await expect(again(services, id)).rejects.toMatchObject({ code: 'refused' });
});

describe('a replaced certificate', () => {
  it('takes only its signed token with it, and is made for as long as the one before', async () => {
    const { register, issue, at, stored, certificates } = await fixture();
    const password = { kind: 'password' as const, id: 'p', hash: 'h', alone: true, createdAt: START };
    const first = await issue({ validity: { validFor: '30d' }, mqttPassword: password, replace: false });
    const { credential } = await register(START + 90 * DAY, 'a');
    at(START + 20 * DAY);
    const second = await issue();
    expect(second.replaced.map(({ certificate, until }) => [certificate.id, until])).toEqual([
      [first.certificates[0]?.id, START + 20 * DAY],
    ]);
    const client = await stored('a');
    expect(apiKeysOf(client)).toEqual([credential]);
    expect(passwordOf(client)).toEqual(password);
    expect(client.credentials.filter(({ kind }) => kind === 'signed-token')).toHaveLength(1);
    const held = (await certificates('a')).filter(isHeld);
    expect(held.map(({ notAfter }) => notAfter)).toEqual([START + 50 * DAY]);
  });

  it('holds for the overlap beside its successor, with its signed token', async () => {
    const { issue, at, stored, certificates } = await fixture();
    await issue({ validity: { validFor: '30d' }, replace: false });
    at(START + 10 * DAY);
    await issue({ overlap: '2d' });
    // An overlap never lasts longer than the certificate itself, or than an earlier overlap.
    const { replaced } = await issue({ overlap: '9y' });
    expect(replaced.map(({ until }) => until).sort()).toEqual([START + 12 * DAY, START + 40 * DAY]);
    expect((await stored('a')).credentials.map(({ kind }) => kind)).toEqual(Array(3).fill('signed-token'));
    expect((await certificates('a')).filter(isHeld)).toHaveLength(3);
    at(START + 13 * DAY);
    await issue();
    expect((await stored('a')).credentials).toHaveLength(1);
    const withdrawn = (await certificates('a')).flatMap((each) => each.withdrawn ?? []);
    expect(withdrawn.map((each) => each.at).sort()).toEqual([
      START + 12 * DAY,
      START + 13 * DAY,
      START + 13 * DAY,
    ]);
  });

  it('is cut to the end of the CA, and says so, unless an end was asked for', async () => {
    const { authority, issue, at } = await fixture();
    await issue({ validity: { validFor: '3y' }, replace: false });
    at(authority.notAfter - 10 * DAY);
    const cut = await issue();
    expect([cut.isCut, cut.certificates[0]?.notAfter]).toEqual([true, authority.notAfter]);
    await expect(issue({ validity: { validFor: '3y' } })).rejects.toMatchObject({ code: 'invalid-input' });
    expect((await issue({ validity: { validFor: '1d' } })).isCut).toBe(false);
  });

  it('stays suspended with its client, and shortens nothing else', async () => {
    const { services, register, issue, stored } = await fixture();
    const { client } = await register(NEVER);
    await suspendClient(services, client.id);
    await issue({ clientId: client.id, validity: { validFor: '1d' } });
    const after = await stored(client.id);
    expect([after.suspendedAt, after.notAfter]).toEqual([START, NEVER]);
  });

  it('needs scopes that a new owner holds, those of the client’s API keys too', async () => {
    const { services, issue, register, stored } = await fixture();
    await issue({ scopes: ['ingest'], replace: false });
    await register(NEVER, 'a');
    await services.changes.change(null, (records) =>
      records.put('user', {
        ...{ id: 'ann', revision: 0, email: null, passwordHash: 'x', groups: [], domains: [] },
        ...{ role: 'member', scopes: ['metrics'], disabledAt: null, sessionsSince: START },
        ...{ createdAt: START, updatedAt: START },
      }),
    );
    await expect(issue({ owner: 'ann', scopes: ['metrics'] })).rejects.toMatchObject({ code: 'refused' });
    expect((await stored('a')).owner).toBeNull();
  });

  it('may be of the same key: what the client signs then goes by the new one', async () => {
    const { services, certificates } = await fixture();
    const { publicKey } = await makeKeyPair('ec-p256');
    const sign = (overlap?: string) =>
      signClient(
        services,
        { clientId: 'a', publicKey, validity: {}, replace: overlap !== undefined, overlap },
        { deliver: async () => ({ keep: async () => undefined, takeBack: async () => undefined }) },
      );
    await sign();
    await sign('1h');
    const held = (await certificates('a')).filter(isHeld);
    expect(new Set(held.map(({ key }) => key.publicKey)).size).toBe(1);
    expect(held.map(({ replaced }) => replaced?.until ?? null).sort()).toEqual([START + HOUR, null]);
  });
});

describe('another MQTT password with a certificate', () => {
  it('is refused beside an API key that may do more than who asks', async () => {
    const { services, issue, stored } = await fixture();
    await issue({ replace: false });
    await registerApiKey(services, { clientId: 'a', scopes: ['*'], expiresAt: NEVER, prefix: 'kw_live_' });
    const mqttPassword = { kind: 'password', id: '1', hash: 'h', alone: false, createdAt: 0 } as const;
    const less = {
      ...services,
      actor: { kind: 'admin', userId: 'chief', scopes: ['admin', 'ingest'] },
    } as const;
    const asked = { clientId: 'a', algorithm: 'ec-p256', validity: {}, replace: true, mqttPassword } as const;
    const none = { deliver: async () => ({ keep: async () => undefined, takeBack: async () => undefined }) };
    await expect(issueClient(less, asked, none)).rejects.toMatchObject({ code: 'refused' });
    expect(passwordOf(await stored('a'))).toBeUndefined();
    await issueClient(less, { ...asked, mqttPassword: undefined }, none);
  });
});
