import { X509Certificate } from 'node:crypto';
import { chmod, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { workshop } from '../support/keywright.js';

describe('the CA', () => {
  it('is made by choice, once, and described', async () => {
    const { keywright, home } = await workshop();
    const init = await keywright([
      'ca',
      'init',
      '--subject',
      'CN=Plant CA,O=Plant\\, 7',
      '--algorithm',
      'rsa-2048',
      '--valid-for',
      '5y',
      '--json',
    ]);
    expect(init).toMatchObject({ exitCode: 0, stderr: '' });
    const view = JSON.parse(init.stdout);
    expect(view).toMatchObject({ subject: 'CN=Plant CA, O=Plant\\, 7', algorithm: 'rsa-2048' });
    expect(JSON.parse((await keywright(['ca', 'show', '--json'])).stdout)).toEqual(view);
    expect(await keywright(['ca', 'init'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('has a CA already'),
    });
    expect((await stat(join(home, 'ca', 'key.pem'))).mode & 0o777).toBe(0o600);
  });

  it('is not there to be shown before it is made', async () => {
    const { keywright } = await workshop();
    expect(await keywright(['ca', 'show'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('has no CA yet'),
    });
  });

  it.each(['Plant CA', 'O=Plant', 'CN=', 'CN=a,XX=b', 'CN=a,C=Germany', `CN=${'a'.repeat(65)}`, 'CN=a\nb'])(
    'refuses the subject %j',
    async (subject) => {
      const { keywright, directory } = await workshop();
      const run = await keywright(['ca', 'init', '--subject', subject]);
      expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('is not a subject') });
      expect((await readdir(directory)).length).toBe(0);
    },
  );

  it('without its key is an error that says so, and is not made anew', async () => {
    const { keywright, home } = await workshop();
    await keywright(['key', 'gen', 'a']);
    await rm(join(home, 'ca', 'key.pem'));
    for (const args of [['key', 'gen', 'b'], ['server-cert'], ['ca', 'show'], ['ca', 'init'], ['serve']]) {
      const run = await keywright(args);
      expect(run).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`the CA key ${home}/ca/key.pem is missing`),
      });
    }
    expect(await readdir(join(home, 'ca'))).toEqual(['cert.pem']);
  });

  it('with the key of another certificate is an error that says so', async () => {
    const [one, other] = [await workshop(), await workshop()];
    await one.keywright(['ca', 'init']);
    await other.keywright(['ca', 'init']);
    await rename(join(other.home, 'ca', 'key.pem'), join(one.home, 'ca', 'key.pem'));
    const run = await one.keywright(['key', 'gen', 'a']);
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('does not belong to the CA certificate'),
    });
  });

  it('with a key that others can read is refused', async () => {
    const { keywright, home } = await workshop();
    await keywright(['ca', 'init']);
    await chmod(join(home, 'ca', 'key.pem'), 0o640);
    const run = await keywright(['key', 'gen', 'a']);
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(`chmod 600 ${home}/ca/key.pem`),
    });
  });

  it('that is damaged is named', async () => {
    const { keywright, home } = await workshop();
    await keywright(['ca', 'init']);
    await writeFile(join(home, 'ca', 'cert.pem'), 'rubbish');
    const run = await keywright(['server-cert']);
    expect(run).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('cert.pem is not a certificate'),
    });
  });

  it('is not made anew in a home that has certificates', async () => {
    const { keywright, home } = await workshop();
    await keywright(['key', 'gen', 'a']);
    await rename(join(home, 'ca'), join(home, 'elsewhere'));
    const run = await keywright(['key', 'gen', 'b']);
    expect(run).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('has certificates but no CA') });
    await rename(join(home, 'elsewhere'), join(home, 'ca'));
    expect((await keywright(['key', 'gen', 'b'])).exitCode).toBe(0);
  });

  it('gives a shorter life than three years to clients that would outlive it', async () => {
    const { keywright } = await workshop();
    const ca = JSON.parse((await keywright(['ca', 'init', '--valid-for', '1y', '--json'])).stdout);
    const client = JSON.parse((await keywright(['key', 'gen', 'a', '--json'])).stdout);
    expect(client.expiresAt).toBe(ca.expiresAt);
  });
});

describe('server-cert', () => {
  it('prints PEM or DER, writes a file, and tells the same with --json', async () => {
    const { keywright, home, directory } = await workshop();
    const pem = await keywright(['server-cert']);
    expect(pem.stderr).toMatch(/made a new CA/);
    expect(pem.stdout).toBe((await readFile(join(home, 'ca', 'cert.pem'), 'utf8')).trim());
    expect((await keywright(['server-cert', '--output', 'ca.der', '--format', 'der'])).stdout).toBe(
      'Save certificate ca.der',
    );
    expect(new X509Certificate(await readFile(join(directory, 'ca.der'))).toString().trim()).toBe(pem.stdout);
    expect((await stat(join(directory, 'ca.der'))).mode & 0o777).toBe(0o644);
    const { fingerprint } = JSON.parse((await keywright(['key', 'server-cert', '--json'])).stdout);
    expect(JSON.parse((await keywright(['ca', 'show', '--json'])).stdout).fingerprint).toBe(fingerprint);
  });
});
