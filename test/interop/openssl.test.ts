import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { KEY_ALGORITHMS } from '../../src/core/model/key-algorithm.js';
import { serve, type Workshop, workshop } from '../support/keywright.js';

const openssl = async (directory: string, ...args: string[]) =>
  (await execa('openssl', args, { cwd: directory })).stdout;

async function issued(algorithm: string, caAlgorithm = 'ec-p256'): Promise<Workshop> {
  const shop = await workshop();
  const init = await shop.keywright([
    'ca',
    'init',
    '--algorithm',
    caAlgorithm,
    '--subject',
    'C=DE,O=Plant 7,CN=Plant CA',
  ]);
  expect(init.exitCode).toBe(0);
  const gen = await shop.keywright(['key', 'gen', 'app', '--algorithm', algorithm]);
  expect(gen.stderr).toMatch(/valid until/);
  expect((await shop.keywright(['server-cert', '--output', 'ca.pem'])).exitCode).toBe(0);
  return shop;
}

describe.each(KEY_ALGORITHMS)('openssl on what a client of %s gets', (algorithm) => {
  it('agrees with the certificate, the key and the token', async () => {
    const { directory } = await issued(algorithm);
    expect(
      await openssl(
        directory,
        'verify',
        '-x509_strict',
        '-purpose',
        'sslclient',
        '-CAfile',
        'ca.pem',
        'app_cert.pem',
      ),
    ).toBe('app_cert.pem: OK');
    await openssl(directory, 'x509', '-in', 'app_cert.pem', '-pubkey', '-noout', '-out', 'pub.pem');
    const fromKey = await openssl(directory, 'pkey', '-in', 'app_key.pem', '-pubout');
    expect(await openssl(directory, 'x509', '-in', 'app_cert.pem', '-pubkey', '-noout')).toBe(fromKey);

    const token = (await execa('cat', ['app_token'], { cwd: directory })).stdout;
    expect(token).toMatch(/^app:b:[0-9a-f]+$/);
    await writeFile(join(directory, 'signature'), Buffer.from(token.slice('app:b:'.length), 'hex'));
    await writeFile(join(directory, 'id'), 'app');
    await writeFile(join(directory, 'pub.pem'), fromKey);
    if (algorithm === 'ed25519') {
      await openssl(directory, 'dgst', '-sha256', '-binary', '-out', 'hash', 'id');
      await openssl(
        directory,
        'pkeyutl',
        '-verify',
        '-rawin',
        '-pubin',
        '-inkey',
        'pub.pem',
        '-in',
        'hash',
        '-sigfile',
        'signature',
      );
      return;
    }
    const pss = algorithm.startsWith('rsa')
      ? ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', 'rsa_pss_saltlen:max']
      : [];
    const verified = await openssl(
      directory,
      'dgst',
      '-sha256',
      '-verify',
      'pub.pem',
      ...pss,
      '-signature',
      'signature',
      'id',
    );
    expect(verified).toBe('Verified OK');
  });
});

describe.each(['ec-p384', 'ec-p521', 'ed25519', 'rsa-2048'])('openssl on a CA of %s', (algorithm) => {
  it('trusts its client certificates', async () => {
    const { directory } = await issued('ec-p256', algorithm);
    expect(await openssl(directory, 'verify', '-x509_strict', '-CAfile', 'ca.pem', 'app_cert.pem')).toBe(
      'app_cert.pem: OK',
    );
  });
});

it('shows the profile of a client certificate', async () => {
  const shop = await workshop();
  await shop.keywright(['ca', 'init', '--subject', '/C=DE/O=Plant 7/CN=Plant CA', '--valid-for', '60y']);
  await shop.keywright(['key', 'gen', 'sensor-7.plant', '--not-after', '2060-01-01T00:00:00Z']);
  const text = await openssl(
    shop.directory,
    'x509',
    '-in',
    'sensor-7.plant_cert.pem',
    '-noout',
    '-text',
    '-nameopt',
    'RFC2253',
  );
  expect(text).toContain('Issuer: CN=Plant CA,O=Plant 7,C=DE');
  expect(text).toContain('Subject: CN=sensor-7.plant');
  expect(text).toContain('Not After : Jan  1 00:00:00 2060 GMT');
  expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
  expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
  expect(text).toMatch(/Extended Key Usage: \s+TLS Web Client Authentication\n/);
  expect(text).toMatch(
    /Subject Alternative Name: \s+DNS:sensor-7\.plant, URI:urn:keywright:client:sensor-7\.plant\n/,
  );
  expect(text).toMatch(/Subject Key Identifier/);
  expect(text).toMatch(/Authority Key Identifier/);
});

it('has no DNS name for an id that is no host name', async () => {
  const shop = await workshop();
  await shop.keywright(['key', 'gen', 'agent_1@plant']);
  const text = await openssl(
    shop.directory,
    'x509',
    '-in',
    'agent_1@plant_cert.pem',
    '-noout',
    '-ext',
    'subjectAltName',
  );
  expect(text).not.toContain('DNS:');
  expect(text).toContain('URI:urn:keywright:client:agent_1@plant');
});

it('takes a token that openssl signed with the client’s key', async () => {
  const { directory, keywright } = await issued('ec-p256');
  await writeFile(join(directory, 'id'), 'app');
  await openssl(directory, 'dgst', '-sha256', '-sign', 'app_key.pem', '-out', 'signature', 'id');
  const { stdout } = await execa(
    'sh',
    ['-c', 'printf "app:b:%s" "$(od -An -v -tx1 signature | tr -d " \\n")"'],
    { cwd: directory },
  );
  const verified = await keywright(['verify', '-'], { input: stdout });
  expect(verified).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('accepted') });
});

it('sees the server’s own leaf, for the names it is told, in TLS 1.2 and 1.3 only', async () => {
  const shop = await workshop();
  const { http } = await serve(shop, [
    '--http',
    'https://127.0.0.1:0',
    '--server-name',
    'gw.example',
    '--server-name',
    '10.1.2.3',
  ]);
  await shop.keywright(['server-cert', '--output', 'ca.pem']);
  const at = new URL(http).host;
  const connect = (...args: string[]) =>
    execa('openssl', ['s_client', '-connect', at, '-CAfile', 'ca.pem', ...args], {
      cwd: shop.directory,
      input: '',
      reject: false,
    });
  for (const name of ['localhost', 'gw.example']) {
    const { stdout } = await connect('-verify_hostname', name, '-verify_return_error');
    expect(stdout).toContain('Verify return code: 0 (ok)');
  }
  for (const address of ['127.0.0.1', '::1', '10.1.2.3']) {
    const { stdout } = await connect('-verify_ip', address, '-verify_return_error');
    expect(stdout).toContain('Verify return code: 0 (ok)');
  }
  expect((await connect('-verify_hostname', 'other.example', '-verify_return_error')).exitCode).not.toBe(0);
  expect((await connect('-tls1_2')).stdout).toContain('Protocol  : TLSv1.2');
  expect((await connect('-tls1_1', '-cipher', 'ALL:@SECLEVEL=0')).exitCode).not.toBe(0);
});
