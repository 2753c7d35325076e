import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { addUser, ask, eventually, PASSWORD, serve, type Workshop, workshop } from '../support/keywright.js';

const PAIRS = {
  RS256: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
  EdDSA: () => generateKeyPairSync('ed25519'),
};
type Algorithm = keyof typeof PAIRS;

const DAY = 86_400;
const now = () => Math.floor(Date.now() / 1000);

/** An issuer of licences: the environment of keywright with one of them. */
function issuer(algorithm: Algorithm = 'ES256') {
  const { publicKey, privateKey } = PAIRS[algorithm]();
  const LICENSE_PUBLIC_KEY = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return {
    LICENSE_PUBLIC_KEY,
    environment: async (claims: Record<string, unknown>) => ({
      LICENSE_PUBLIC_KEY,
      LICENSE_KEY: await new SignJWT({ exp: now() + DAY, ...claims })
        .setProtectedHeader({ alg: algorithm })
        .sign(privateKey),
    }),
  };
}

async function shown({ keywright }: Workshop, env: Record<string, string>) {
  const { exitCode, stdout } = await keywright(['license', 'show', '--json'], { env });
  return { exitCode, ...JSON.parse(stdout) };
}

describe('license show', () => {
  it('says unrestricted without a public key', async () => {
    const shop = await workshop();
    await shop.keywright(['key', 'gen', 'a']);
    expect(await shown(shop, {})).toEqual({
      ...{ exitCode: 0, state: 'unrestricted', reason: null, deviceLimit: null, used: 1 },
      ...{ features: [], expiresAt: null },
    });
  });

  it.each(Object.keys(PAIRS) as Algorithm[])(
    'reads a licence that %s signs, keys in one line too',
    async (algorithm) => {
      const shop = await workshop();
      const env = await issuer(algorithm).environment({ deviceLimit: 2, features: ['export'] });
      const valid = {
        exitCode: 0,
        state: 'valid',
        reason: null,
        deviceLimit: 2,
        used: 0,
        features: ['export'],
      };
      expect(await shown(shop, env)).toMatchObject(valid);
      const inOneLine = { ...env, LICENSE_PUBLIC_KEY: env.LICENSE_PUBLIC_KEY.replaceAll('\n', '\\n') };
      expect(await shown(shop, inOneLine)).toMatchObject(valid);
      const { stdout } = await shop.keywright(['license', 'show'], { env });
      expect(stdout).toMatch(/^licence {3}valid\nclients {3}0 of 2\nfeatures {2}export\nexpires {3}\d{4}-/);
    },
  );

  it.each([
    ['missing', async () => ({ LICENSE_KEY: '' }), 'LICENSE_KEY is missing'],
    ['expired', ({ environment }) => environment({ exp: now() - 1 }), 'the licence expired at'],
    ['not begun', ({ environment }) => environment({ nbf: now() + DAY }), 'the licence begins at'],
    [
      'another’s',
      () =>
        issuer()
          .environment({})
          .then(({ LICENSE_KEY }) => ({ LICENSE_KEY })),
      'is not signed by',
    ],
    ['of no end', ({ environment }) => environment({ exp: undefined }), 'does not say when it ends'],
    ['of a limit that is none', ({ environment }) => environment({ deviceLimit: '5' }), 'is no count'],
    ['of a limit below zero', ({ environment }) => environment({ deviceLimit: -1 }), 'is no count'],
    ['of features that are none', ({ environment }) => environment({ features: 'all' }), 'no list of texts'],
    ['no JWT', async () => ({ LICENSE_KEY: 'x' }), 'is not signed by'],
    ['full', ({ environment }) => environment({ deviceLimit: 0 }), 'the licence is full'],
    [
      'signed by nobody',
      async () => {
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
        return { LICENSE_KEY: `${part({ alg: 'none' })}.${part({ exp: now() + DAY })}.` };
      },
      'is not signed by',
    ],
    [
      'signed with the public key as a secret',
      async ({ LICENSE_PUBLIC_KEY }) => {
        const key = new SignJWT({ exp: now() + DAY }).setProtectedHeader({ alg: 'HS256' });
        return { LICENSE_KEY: await key.sign(Buffer.from(LICENSE_PUBLIC_KEY)) };
      },
      'is not signed by',
    ],
  ] as [string, (of: ReturnType<typeof issuer>) => Promise<Record<string, string>>, string][])(
    'says restricted, and exits with 5, where the licence is %s',
    async (_, given, why) => {
      const shop = await workshop();
      const of = issuer();
      const env = { LICENSE_PUBLIC_KEY: of.LICENSE_PUBLIC_KEY, ...(await given(of)) };
      expect(await shown(shop, env)).toMatchObject({
        ...{ exitCode: 5, state: 'restricted', reason: expect.stringContaining(why) },
      });
      const gen = await shop.keywright(['key', 'gen', 'a'], { env });
      expect(gen).toMatchObject({ exitCode: 5, stderr: expect.stringContaining(why) });
      expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
    },
  );

  it('names a public key that is none, and everything that registers stops', async () => {
    const shop = await workshop();
    const env = { LICENSE_PUBLIC_KEY: 'x' };
    for (const command of [
      ['license', 'show'],
      ['key', 'gen', 'a'],
      ['register', 'token'],
    ])
      expect(await shop.keywright(command, { env })).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining('LICENSE_PUBLIC_KEY is not a key in PEM'),
      });
    await expect(serve(shop, [], env)).rejects.toThrow('LICENSE_PUBLIC_KEY is not a key in PEM');
  });
});

describe('a full licence', () => {
  it('refuses every way to a new client, and nothing else', async () => {
    const shop = await workshop();
    const { directory: cwd, keywright } = shop;
    await addUser(shop, 'root', '--role', 'admin');
    const env = await issuer().environment({ deviceLimit: 2 });
    expect((await keywright(['key', 'gen', 'a'], { env })).exitCode).toBe(0);
    const key = JSON.parse((await keywright(['register', 'token', '--json'], { env })).stdout);
    const { key: provisioningKey } = JSON.parse(
      (await keywright(['provision', 'key', 'create', '--json'], { env })).stdout,
    );
    await writeFile(join(cwd, 'prov'), provisioningKey);
    const server = await serve(shop, ['--log', 'json'], env);
    expect(server.log()).toContain(
      'restricted: no new client is registered: the licence is full: it is for 2 clients',
    );

    await execa(
      'openssl',
      ['req', '-new', '-newkey', 'ed25519', '-nodes', '-keyout', 'k', '-subj', '/CN=b', '-out', 'b.csr'],
      { cwd },
    );
    const agent = [
      'provision',
      'agent',
      '--url',
      server.http,
      '--key-file',
      'prov',
      '--name',
      'b',
      '--output',
      'b',
    ];
    for (const command of [['key', 'gen', 'b'], ['key', 'sign', 'b.csr'], ['register', 'token'], agent]) {
      expect([command[0], await keywright(command, { env })]).toEqual([
        command[0],
        expect.objectContaining({ exitCode: 5, stderr: expect.stringContaining('the licence is full') }),
      ]);
    }
    const { body } = await ask(`${server.http}/auth/login`, {
      json: { username: 'root', password: PASSWORD },
    });
    const bearer: string = body.tkn;
    for (const [path, json] of [
      ['clients', { id: 'b' }],
      ['tokens', {}],
      ['auth/api-keys', { name: 'b' }],
      ['auth/api-keys', { name: 'b', agentUuid: '550e8400-e29b-41d4-a716-446655440000' }],
      ['provision/agent', { key: provisioningKey, agentName: 'b' }],
    ] as const) {
      const answer = await ask(`${server.http}/api/v1/${path}`, { bearer, json });
      expect([path, answer.status, answer.body]).toMatchObject([
        ...[path, 403, { reason: 'licence', success: false, retry: false }],
      ]);
      expect(answer.body.detail).toContain('the licence is full');
    }
    // The provisioning key is not spent.
    expect((await keywright(['provision', 'key', 'list', '--json'])).stdout).toContain('"usesLeft": 1');

    expect((await ask(server.http, { bearer: key.apiKey })).status).toBe(200);
    expect((await keywright(['key', 'gen', 'a', '--force'], { env })).exitCode).toBe(0);
    expect((await keywright(['register', 'token', '--client', 'a'], { env })).exitCode).toBe(0);
    expect((await keywright(['token', 'rotate', key.id, '--now'], { env })).exitCode).toBe(0);
    const named = { name: 'more', agentUuid: 'a' };
    expect((await ask(`${server.http}/api/v1/auth/api-keys`, { bearer, json: named })).status).toBe(201);
    expect((await keywright(['key', 'del', 'a', '--yes'], { env })).exitCode).toBe(0);
    await eventually(
      async () =>
        (
          await ask(`${server.http}/api/v1/provision/agent`, {
            json: { key: provisioningKey, agentName: 'b' },
          })
        ).status === 201,
      { withinMs: 1000, what: 'a place that came free' },
    );
  });

  it('lets in as many as it is for, of many at once from several processes', async () => {
    const shop = await workshop();
    await addUser(shop, 'root', '--role', 'admin');
    const env = await issuer().environment({ deviceLimit: 5 });
    const server = await serve(shop, [], env);
    const { body } = await ask(`${server.http}/auth/login`, {
      json: { username: 'root', password: PASSWORD },
    });
    const bearer: string = body.tkn;
    const byHttp = Array.from({ length: 20 }, async () => {
      const { status } = await ask(`${server.http}/api/v1/tokens`, { bearer, json: {} });
      return status === 201;
    });
    const byCommand = Array.from({ length: 5 }, async (_, index) => {
      const { exitCode } = await shop.program(['key', 'gen', `c${index}`], { env });
      return exitCode === 0;
    });
    const got = await Promise.all([...byHttp, ...byCommand]);
    expect(got.filter((each) => each)).toHaveLength(5);
    expect(JSON.parse((await shop.keywright(['key', 'list', '--json'])).stdout)).toHaveLength(5);
  });
});

it('says at the start of serve what the licence is for', async () => {
  const env = await issuer().environment({ deviceLimit: 3 });
  const server = await serve(await workshop(), ['--log', 'json'], env);
  expect(server.log()).toMatch(/the licence is for 3 clients? until [-0-9T:Z]+; 0 registered/);
});
