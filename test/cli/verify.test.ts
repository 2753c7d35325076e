import { mkdir, readFile, rename } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { addUser, registerKey, serve, workshop } from '../support/keywright.js';

describe('verify', () => {
  it('says who it is and until when, by token, certificate and standard input', async () => {
    const { keywright, directory } = await workshop();
    await keywright(['key', 'gen', 'a', '--label', 'Line 1', '--not-after', '2031-01-01']);
    expect(
      await keywright(['verify', '--token-file', 'a_token', '--client-id', 'A', '--scope', 'ingest']),
    ).toEqual({
      exitCode: 0,
      stdout:
        'accepted    a\nlabel       Line 1\ncredential  signed-token\nscopes      ingest\nexpires     2031-01-01T00:00:00Z',
      stderr: '',
    });
    const input = await readFile(join(directory, 'a_cert.pem'), 'utf8');
    const run = await keywright(['verify', '-', '--json'], { input });
    expect(JSON.parse(run.stdout)).toMatchObject({
      outcome: 'accepted',
      principal: { clientId: 'a', credential: { kind: 'certificate' }, expiresAt: '2031-01-01T00:00:00Z' },
    });
  });

  it.each([
    [
      ['--scope', 'admin'],
      'refused: it does not have that scope',
      'insufficient-scope',
      'client a lacks admin: it has ingest',
    ],
    [
      ['--client-id', 'b'],
      'refused: it belongs to another client',
      'wrong-client-id',
      'the KIND of client a was presented under another client’s id',
    ],
  ])('refuses with 5 under %j', async (args, text, reason, cause) => {
    const { keywright } = await workshop();
    await keywright(['key', 'gen', 'a']);
    expect(await keywright(['verify', '--token-file', 'a_token', ...args])).toEqual({
      exitCode: 5,
      stdout: `${text}\ncause: ${cause.replace('KIND', 'signed token')}`,
      stderr: '',
    });
    const run = await keywright(['verify', '--cert', 'a_cert.pem', ...args, '--json']);
    expect(run.exitCode).toBe(5);
    expect(JSON.parse(run.stdout)).toEqual({
      ...{ outcome: 'rejected', reason },
      cause: cause.replace('KIND', 'certificate'),
    });
  });

  it('refuses a certificate of a CA that the home had before, as a server does', async () => {
    const shop = await workshop();
    const { keywright, home, directory } = shop;
    await keywright(['key', 'gen', 'a']);
    const pair = {
      cert: await readFile(join(directory, 'a_cert.pem')),
      key: await readFile(join(directory, 'a_key.pem')),
    };
    await rename(join(home, 'ca'), join(directory, 'former'));
    const refused = {
      exitCode: 5,
      stdout: JSON.stringify(
        {
          ...{ outcome: 'rejected', reason: 'invalid' },
          cause: 'the certificate is not one that this CA issued to a client',
        },
        null,
        2,
      ),
    };
    const verify = () => keywright(['verify', '--cert', 'a_cert.pem', '--json']);
    expect(await verify()).toMatchObject(refused);
    // Of the same name, which tells nothing.
    await mkdir(join(home, 'other'), { mode: 0o700 });
    await keywright(['ca', 'init'], { env: { KEYWRIGHT_HOME: join(home, 'other') } });
    await rename(join(home, 'other', 'ca'), join(home, 'ca'));
    expect(await verify()).toMatchObject(refused);
    const { http } = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    const status = await new Promise((resolve, reject) =>
      get(http, { ...pair, rejectUnauthorized: false }, ({ statusCode }) => resolve(statusCode)).on(
        'error',
        reject,
      ),
    );
    expect(status).toBe(401);
  });

  it('names the scope that is wanted, those that are held, and who lacks it: the key, its client or its owner', async () => {
    const shop = await workshop();
    await addUser(shop, 'ann', '--scope', 'ingest', '--scope', 'metrics');
    const key = await registerKey(shop, '--owner', 'ann', '--scope', 'metrics');
    const cause = async () => {
      const run = await shop.keywright(['verify', '-', '--scope', 'ingest'], { input: key.apiKey });
      expect(run.exitCode).toBe(5);
      return run.stdout.split('\n');
    };
    expect(await cause()).toEqual([
      'refused: it does not have that scope',
      `cause: API key ${key.id} lacks ingest: it has metrics`,
    ]);
    await shop.keywright(['token', 'edit', key.id, '--scope', 'metrics', '--scope', 'ingest']);
    await shop.keywright(['user', 'edit', 'ann', '--scope', 'metrics']);
    expect((await cause())[1]).toBe(
      `cause: user ann, whom client ${key.clientId} belongs to, lacks ingest: it has metrics`,
    );
  });

  it.each([
    [
      'a:b:00',
      'refused: not a credential of any client\ncause: what was presented does not have the form of any credential',
    ],
    ['', 'refused: there is nothing to verify\ncause: nothing was presented'],
    [
      'x'.repeat(100_000),
      'refused: not a credential of any client\ncause: what was presented does not have the form of any credential',
    ],
  ])('refuses %.20j with 5', async (input, text) => {
    const { keywright } = await workshop();
    expect(await keywright(['verify', '-'], { input })).toMatchObject({ exitCode: 5, stdout: text });
  });

  it.each([
    [[], 2, 'name one thing to verify'],
    [['-', '--cert', 'a'], 2, 'name one thing to verify'],
    [['--token-file', '/dev/zero'], 2, '/dev/zero is too long'],
    [['--token-file', 'none'], 1, 'cannot read none: there is no such file'],
    [['-', '--scope', 'x'], 2, 'not an X.509 certificate'],
  ])('exits for %j with %i', async (args, exitCode, message) => {
    const { keywright } = await workshop();
    const run = await keywright(['verify', ...args], { input: '-----BEGIN CERTIFICATE-----\nrubbish' });
    expect(run).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
  });

  it('never repeats what stands in place of a file name', async () => {
    const { keywright } = await workshop();
    const run = await keywright(['verify', 'a:b:secret']);
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).not.toContain('secret');
  });

  it('takes no certificate for a token', async () => {
    const { keywright } = await workshop();
    await keywright(['key', 'gen', 'a']);
    expect(await keywright(['verify', '--token-file', 'a_cert.pem'])).toMatchObject({ exitCode: 5 });
  });
});
