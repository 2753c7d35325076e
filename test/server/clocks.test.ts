import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addUser, ask, PASSWORD, registerKey, serve, type Workshop, workshop } from '../support/keywright.js';
import { curl } from '../support/requests.js';

const HTTPS = ['--http', 'https://127.0.0.1:0'];

/** Does something by a clock that shows another time. */
async function at<T>(now: number, work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers({ toFake: ['Date'], now });
  try {
    return await work();
  } finally {
    vi.useRealTimers();
  }
}

afterEach(() => void vi.useRealTimers());

/** A client, an API key and the CA's certificate, made on a machine whose clock is ahead. */
async function madeAhead(shop: Workshop, byMs: number) {
  return at(Date.now() + byMs, async () => {
    const env = { KEYWRIGHT_BACKDATE: '0s' };
    const made = await shop.keywright(['key', 'gen', 'ahead'], { env });
    expect(made).toMatchObject({ exitCode: 0 });
    await shop.keywright(['server-cert', '--output', 'ca.pem']);
    const { apiKey } = await registerKey(shop);
    return { apiKey, token: await readFile(join(shop.directory, 'ahead_token'), 'utf8') };
  });
}

const BY_CERTIFICATE = 'curl --cacert $DIR/ca.pem --cert $DIR/ahead_cert.pem --key $DIR/ahead_key.pem $URL/x';
const BY_TEXT = 'curl --cacert $DIR/ca.pem -H "Authorization: Bearer $TEXT" $URL/x';

describe('what another machine made whose clock is ahead', () => {
  it.each([
    ['by 20 s', 20_000, [], 200],
    ['by 20 s, where no tolerance is wanted', 20_000, ['--clock-tolerance', '0s'], 401],
    ['by 5 minutes', 300_000, [], 401],
  ])('%s: HTTP %s', async (_, byMs, flags, status) => {
    const shop = await workshop();
    const { apiKey, token } = await madeAhead(shop, byMs as number);
    const { http: URL } = await serve(shop, [...HTTPS, ...(flags as string[])]);
    const env = { URL, DIR: shop.directory };
    const answers = [
      await curl(BY_CERTIFICATE, env),
      await curl(BY_TEXT, { ...env, TEXT: apiKey }),
      await curl(BY_TEXT, { ...env, TEXT: token }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([status, status, status]);
    if (status === 401) expect(answers[1]?.body.detail).toBe('the credential is not valid yet');
  });

  it.each([
    ['within the tolerance', {}, 'valid'],
    ['where no tolerance is wanted', { KEYWRIGHT_CLOCK_TOLERANCE: '0s' }, 'not yet valid'],
  ])('%s, is in lists what the verifier says', async (_, env, status) => {
    const shop = await workshop();
    await madeAhead(shop, 20_000);
    const read = async (args: string[]) =>
      JSON.parse((await shop.keywright([...args, '--json'], { env })).stdout);
    const credentialOf = async (id: string) => (await read(['key', 'show', id])).credentials;
    const [key] = await read(['token', 'list']);
    const clients = await read(['key', 'list']);
    const shown = [key, ...clients, ...(await credentialOf('ahead')), await read(['token', 'show', key.id])];
    expect(shown.map((each: { status: string }) => each.status)).toEqual(Array(6).fill(status));
    const state = status.replaceAll(' ', '-');
    expect(await read(['token', 'list', '--state', state])).toHaveLength(1);
    expect(await read(['key', 'list', '--state', state])).toHaveLength(2);
    const verified = await shop.keywright(['verify', '--token-file', 'ahead_token'], { env });
    expect(verified.exitCode).toBe(status === 'valid' ? 0 : 5);
  });

  it('is an access token, too', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    const issuer = ['--issuer', 'https://keys.example'];
    const [ahead, server] = [await serve(shop, issuer), await serve(shop, issuer)];
    const signIn = () => ask(`${ahead.http}/auth/login`, { json: { username: 'ann', password: PASSWORD } });
    const { body } = await at(Date.now() + 20_000, signIn);
    expect((await ask(server.http, { bearer: body.tkn })).status).toBe(200);
  });
});

describe('by a clock that shows a day before the program was built', () => {
  const EPOCH = Date.parse('1970-01-01T00:10:00Z');

  it.each([
    ['ca', 'init'],
    ['key', 'gen', 'a'],
    ['register', 'token'],
    ['user', 'add', 'ann', '--password-stdin'],
    ['provision', 'key', 'create'],
    ['jwt', 'rotate'],
    ['server-cert'],
  ])('nothing is made: %s %s', async (...args) => {
    const { keywright, home } = await workshop();
    const run = await at(EPOCH, () => keywright(args, { input: PASSWORD }));
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /shows 1970-01-01T00:1\d:\d\dZ, but this program was built on 20\d\d-\d\d-\d\d/,
      ),
    });
    expect(await readdir(home).catch(() => [])).toEqual([]);
    expect(await keywright(args, { input: PASSWORD })).toMatchObject({ exitCode: 0 });
  });

  it('what ends something is done, and takes nothing else along', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann');
    const first = await registerKey(shop, '--owner', 'ann');
    const second = await registerKey(shop, '--client', first.clientId);
    expect(await at(EPOCH, () => shop.keywright(['token', 'invalidate', first.id]))).toMatchObject({
      exitCode: 0,
    });
    const verify = (key: string) => shop.keywright(['verify', '-'], { input: key });
    expect(await verify(first.apiKey)).toMatchObject({ exitCode: 5 });
    expect(await verify(second.apiKey)).toMatchObject({ exitCode: 0 });
  });
});
