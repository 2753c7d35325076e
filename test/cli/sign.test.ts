import { X509Certificate } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { eventually, serve, type Workshop, workshop } from '../support/keywright.js';
import { curl } from '../support/requests.js';

const EC = ['-algorithm', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

/** Makes `device.key` and `device.csr`, as a device does. */
async function device({ directory: cwd }: Workshop, { key = EC, subject = '/CN=sensor-7' } = {}) {
  await execa('openssl', ['genpkey', ...key, '-out', 'device.key'], { cwd });
  const req = ['req', '-new', '-key', 'device.key', '-subj', subject, '-out', 'device.csr'];
  await execa('openssl', req, { cwd });
}

/** The device's own signed token, by openssl alone. */
async function mint({ directory: cwd }: Workshop, algorithm: string): Promise<string> {
  const pss = '-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:max';
  const sign: Record<string, string> = {
    ec: 'openssl dgst -sha256 -sign device.key',
    rsa: `openssl dgst -sha256 -sign device.key ${pss}`,
    ed25519: 'openssl dgst -sha256 -binary > hash; openssl pkeyutl -sign -rawin -inkey device.key -in hash',
  };
  const script = `printf "sensor-7:b:"; printf %s sensor-7 | { ${sign[algorithm]}; } | od -An -v -tx1 | tr -d " \\n"`;
  return (await execa('bash', ['-c', script], { cwd })).stdout;
}

describe('key sign', () => {
  it.each([
    ['ec', EC],
    ['rsa', ['-algorithm', 'rsa', '-pkeyopt', 'rsa_keygen_bits:2048']],
    ['ed25519', ['-algorithm', 'ed25519']],
  ])('makes a client whose key stays with it, and who mints its own token: %s', async (algorithm, key) => {
    const shop = await workshop();
    await device(shop, { key });
    const signed = await shop.keywright([
      'key',
      'sign',
      'device.csr',
      '--output',
      'cert.pem',
      '--label',
      'hall 7',
    ]);
    expect(signed).toMatchObject({ exitCode: 0, stdout: 'Save certificate cert.pem' });
    const cwd = shop.directory;
    await shop.keywright(['server-cert', '--output', 'ca.pem']);
    const verified = await execa(
      'openssl',
      ['verify', '-x509_strict', '-purpose', 'sslclient', '-CAfile', 'ca.pem', 'cert.pem'],
      { cwd },
    );
    expect(verified.stdout).toBe('cert.pem: OK');
    const [ofKey, ofCertificate] = await Promise.all([
      execa('openssl', ['pkey', '-in', 'device.key', '-pubout'], { cwd }),
      execa('openssl', ['x509', '-in', 'cert.pem', '-noout', '-pubkey'], { cwd }),
    ]);
    expect(ofCertificate.stdout).toBe(ofKey.stdout);

    const token = await mint(shop, algorithm);
    expect(await shop.keywright(['verify', '-'], { input: token })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^accepted +sensor-7\n/),
    });
    expect((await shop.keywright(['verify', '--cert', 'cert.pem'])).exitCode).toBe(0);
    const server = await serve(shop, ['--http', 'https://127.0.0.1:0']);
    const env = { URL: server.http, TOKEN: token, DIR: cwd };
    expect(
      (await curl('curl --cacert $DIR/ca.pem $URL/x -H "Authorization: Bearer $TOKEN"', env)).status,
    ).toBe(200);
    const byCertificate = 'curl --cacert $DIR/ca.pem --cert $DIR/cert.pem --key $DIR/device.key $URL/x';
    expect((await curl(byCertificate, env)).status).toBe(200);
    await shop.keywright(['key', 'del', 'sensor-7', '--yes']);
    await eventually(async () => (await curl(byCertificate, env)).status === 401, {
      withinMs: 1000,
      what: 'the end of the certificate',
    });
  });

  it('reads standard input, prints the certificate alone, and takes the terms of key gen', async () => {
    const shop = await workshop();
    await device(shop, { subject: '/' });
    const input = await readFile(join(shop.directory, 'device.csr'), 'utf8');
    const unnamed = await shop.keywright(['key', 'sign', '-'], { input });
    expect(unnamed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has no subject') });
    const flags = ['--id', 'Sensor-7', '--valid-for', '30d', '--scope', 'metrics'];
    const signed = await shop.keywright(['key', 'sign', '-', ...flags], { input });
    expect(signed.stdout).toMatch(
      /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+\n-----END CERTIFICATE-----$/,
    );
    const shown = JSON.parse((await shop.keywright(['key', 'show', 'sensor-7', '--json'])).stdout);
    expect(shown).toMatchObject({
      id: 'sensor-7',
      scopes: ['metrics'],
      credentials: [{ kind: 'certificate' }],
    });
    const backdate = 5 * 60_000;
    expect(Date.parse(shown.expiresAt) - Date.parse(shown.notBefore)).toBe(30 * 86_400_000 + backdate);
    const again = await shop.keywright(['key', 'sign', '-', '--id', 'sensor-7'], { input });
    expect(again).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('already exists') });
    const forced = await shop.keywright(['key', 'sign', '-', '--id', 'sensor-7', '--force', '--json'], {
      input,
    });
    const replaced = JSON.parse(forced.stdout);
    expect(replaced).toMatchObject({ id: 'sensor-7', scopes: ['metrics'] });
    expect(replaced.certificate).not.toBe(signed.stdout);
  });

  it('gives a request with a longer subject its own, where --id names the client, and says so', async () => {
    const shop = await workshop();
    await device(shop, { subject: '/C=DE/O=Plant/OU=Hall 7/CN=sensor-7' });
    const unnamed = await shop.keywright(['key', 'sign', 'device.csr']);
    expect(unnamed).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--id') });
    const signed = await shop.keywright(['key', 'sign', 'device.csr', '--id', 'sensor-7']);
    expect(signed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining('left out of the subject, which is CN=sensor-7: C, O, OU\n'),
    });
    expect(new X509Certificate(signed.stdout).subject).toBe('CN=sensor-7');
  });

  it('renews a certificate by a request that was made from it, in DER as well', async () => {
    const shop = await workshop();
    const { keywright, directory: cwd } = shop;
    await keywright(['key', 'gen', 'sensor-7']);
    const copy = ['-x509toreq', '-copy_extensions', 'copyall', '-signkey', 'sensor-7_key.pem'];
    await execa('openssl', ['x509', '-in', 'sensor-7_cert.pem', ...copy, '-out', 'again.csr'], { cwd });
    await execa('openssl', ['req', '-in', 'again.csr', '-outform', 'der', '-out', 'again.der'], { cwd });
    for (const file of ['again.csr', 'again.der'])
      expect(await keywright(['key', 'sign', file, '--force'])).toMatchObject({ exitCode: 0 });
    const other = await keywright(['key', 'sign', 'again.csr', '--id', 'sensor-8']);
    expect(other).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('has another subject') });
  });

  it('refuses the key of the CA itself', async () => {
    const shop = await workshop();
    await shop.keywright(['ca', 'init']);
    const key = join(shop.home, 'ca', 'key.pem');
    const { stdout } = await execa('openssl', ['req', '-new', '-key', key, '-subj', '/CN=sensor-7']);
    const signed = await shop.keywright(['key', 'sign', '-'], { input: stdout });
    expect(signed).toMatchObject({
      exitCode: 2,
      stdout: '',
      stderr: expect.stringContaining('has the key of the CA itself'),
    });
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
  });

  it.each([
    ['/CN=sensor-7', ['--id', 'sensor-8'], 'has another subject'],
    ['/O=Plant/CN=sensor-7', [], 'has a subject of more than a CN'],
    ['/CN=sensor 7', [], 'is not allowed'],
  ])('refuses the subject %s with %j, and changes nothing', async (subject, flags, why) => {
    const shop = await workshop();
    await device(shop, { subject });
    const run = await shop.keywright(['key', 'sign', 'device.csr', '--output', 'cert.pem', ...flags]);
    expect(run).toMatchObject({ exitCode: 2, stdout: '', stderr: expect.stringContaining(why) });
    expect((await readdir(shop.directory)).sort()).toEqual(['device.csr', 'device.key']);
  });

  it('refuses what is no request, is not there, or would replace a file', async () => {
    const shop = await workshop();
    await device(shop);
    await writeFile(join(shop.directory, 'cert.pem'), 'mine');
    expect(await shop.keywright(['key', 'sign', 'device.key'])).toMatchObject({ exitCode: 2 });
    expect(await shop.keywright(['key', 'sign', 'no.csr'])).toMatchObject({ exitCode: 1 });
    const existing = await shop.keywright(['key', 'sign', 'device.csr', '--output', 'cert.pem']);
    expect(existing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('cert.pem') });
    const unwritable = await shop.keywright(['key', 'sign', 'device.csr', '--output', 'no/cert.pem']);
    expect(unwritable.exitCode).toBe(1);
    expect(await readFile(join(shop.directory, 'cert.pem'), 'utf8')).toBe('mine');
    expect((await shop.keywright(['key', 'list', '--json'])).stdout).toBe('[]');
  });
});
