import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { draftAuthority, publishAuthority } from '../../src/ca/authority.js';
import { readAuthority } from '../../src/ca/read-authority.js';
import { clientValidity } from '../../src/core/manage/validity.js';
import { scratchDirectory } from '../support/keywright.js';

const NOW = Date.parse('2026-06-01T12:00:00.700Z');
const MINUTE = 60_000;
const DAY = 86_400_000;
const DEFAULTS = { algorithm: 'ec-p256', validFor: '10y' } as const;
const iso = (time: number) => new Date(time).toISOString();

async function published(now = NOW) {
  const home = join(await scratchDirectory(), 'home');
  const terms = { backdateMs: 5 * MINUTE };
  return { home, authority: await publishAuthority(home, await draftAuthority(DEFAULTS, now), terms) };
}

describe('what begins', () => {
  it('is a CA a day before now, to its end counted from now', async () => {
    const { authority } = await published();
    expect([iso(authority.notBefore), iso(authority.notAfter)]).toEqual([
      '2026-05-31T12:00:00.000Z',
      '2036-06-01T12:00:00.000Z',
    ]);
  });

  it('is a certificate a little before now, for as long as asked from now', async () => {
    const { authority } = await published();
    const { notBefore, notAfter } = clientValidity({ validFor: '1m' }, authority, NOW);
    expect([iso(notBefore), iso(notAfter)]).toEqual(['2026-06-01T11:55:00.000Z', '2026-06-01T12:01:00.000Z']);
    const byDefault = clientValidity({}, authority, NOW);
    expect(iso(byDefault.notAfter)).toBe('2029-06-01T12:00:00.000Z');
  });

  it('is at the time that was asked for', async () => {
    const { authority } = await published();
    const asked = { notBefore: NOW + DAY, validFor: '1d' };
    const { notBefore, notAfter } = clientValidity(asked, authority, NOW);
    expect([iso(notBefore), iso(notAfter)]).toEqual(['2026-06-02T12:00:00.000Z', '2026-06-03T12:00:00.000Z']);
  });

  it('is never before the CA', async () => {
    const { authority } = await published(NOW + DAY + MINUTE);
    expect(clientValidity({}, authority, NOW + 2 * MINUTE).notBefore).toBe(authority.notBefore);
    expect(authority.notBefore).toBe(NOW - 700 + MINUTE);
  });
});

/** A home whose CA is made by openssl: `ca.pem` and `ca.key` in the directory that the script runs in. */
async function homeWith(script: string): Promise<string> {
  const cwd = await scratchDirectory();
  await execa('bash', ['-euc', script], { cwd });
  const home = join(cwd, 'home');
  await mkdir(join(home, 'ca'), { recursive: true, mode: 0o700 });
  await writeFile(join(home, 'ca', 'cert.pem'), await readFile(join(cwd, 'ca.pem')));
  await writeFile(join(home, 'ca', 'key.pem'), await readFile(join(cwd, 'ca.key')), { mode: 0o600 });
  return home;
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';
const ROOT = `openssl req -x509 ${NEW_KEY} -keyout ca.key -out ca.pem -days 90 -subj "/O=ACME/CN=ACME Root"`;
const INTERMEDIATE = `openssl req -x509 ${NEW_KEY} -keyout root.key -out root.pem -days 90 -subj "/CN=ACME Root"
openssl req -x509 ${NEW_KEY} -keyout ca.key -CA root.pem -CAkey root.key -out ca.pem -days 30 -subj "/CN=ACME Issuing"`;

describe('a CA that others made', () => {
  it('is taken where it is a root', async () => {
    const authority = await readAuthority(await homeWith(ROOT));
    expect(authority).toMatchObject({ subject: 'O=ACME, CN=ACME Root' });
    const chained = `${INTERMEDIATE}; cp root.key ca.key; cat root.pem ca.pem > both; mv both ca.pem`;
    expect(await readAuthority(await homeWith(chained))).toMatchObject({ subject: 'CN=ACME Root' });
  });

  it.each([
    ['an intermediate', INTERMEDIATE],
    ['an intermediate with its root behind it', `${INTERMEDIATE}; cat root.pem >> ca.pem`],
    [
      'an intermediate of its own name',
      `${INTERMEDIATE.replace('ACME Issuing', 'ACME Root')}; openssl x509 -in ca.pem -noout -subject`,
    ],
  ])('is refused by name where it is %s', async (_, script) => {
    await expect(readAuthority(await homeWith(script))).rejects.toMatchObject({
      code: 'ca-unusable',
      message: expect.stringMatching(
        /is an intermediate: "CN=ACME Root" issued the CA certificate of "CN=ACME /,
      ),
      hint: expect.stringContaining('keywright ca init'),
    });
  });

  it('is refused where no client could be verified by it', async () => {
    const limited = await homeWith(`${ROOT} -addext extendedKeyUsage=serverAuth`);
    await expect(readAuthority(limited)).rejects.toMatchObject({
      code: 'ca-unusable',
      message: expect.stringContaining('limits what its certificates are for'),
    });
    const any = await homeWith(`${ROOT} -addext extendedKeyUsage=serverAuth,clientAuth`);
    expect(await readAuthority(any)).toBeDefined();
    const noCa = await homeWith(`${ROOT} -addext basicConstraints=critical,CA:FALSE`);
    await expect(readAuthority(noCa)).rejects.toMatchObject({
      message: expect.stringContaining('is not a CA certificate'),
    });
  });

  it.each([
    ['PKCS#8', 'openssl pkcs8 -topk8 -v2 aes-256-cbc -passout pass:secret -in ca.key -out e.key'],
    ['PKCS#1 or SEC 1', 'openssl ec -aes256 -passout pass:secret -in ca.key -out e.key'],
  ])('is refused where its key is encrypted, and named as such: %s', async (_, encrypt) => {
    const home = await homeWith(`${ROOT}; ${encrypt}; mv e.key ca.key`);
    const file = join(home, 'ca', 'key.pem');
    await expect(readAuthority(home)).rejects.toMatchObject({
      code: 'ca-unusable',
      message: `the CA key ${file} is encrypted, and keywright asks for no passphrase`,
      hint: expect.stringContaining('openssl pkey -in'),
    });
    // What the hint says.
    const { stdout } = await execa('openssl', ['pkey', '-in', file, '-passin', 'pass:secret']);
    await writeFile(file, `${stdout}\n`);
    await chmod(file, 0o600);
    const authority = await readAuthority(home);
    const certificate = new X509Certificate(authority?.certificate ?? '');
    expect(certificate.checkPrivateKey(createPrivateKey(stdout))).toBe(true);
  });
});
