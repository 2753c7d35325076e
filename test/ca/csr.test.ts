import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { children, contentOf, der, parseDer } from '../../src/ca/der.js';
import { readRequest, signRequest } from '../../src/ca/request.js';
import { bitString, explicit, integer, sequence } from '../../src/ca/write-der.js';
import { name, spki } from '../../src/ca/x509.js';
import { requestedClientId, requireRequestFor } from '../../src/core/manage/certification-request.js';
import { keyAlgorithmOf } from '../../src/core/model/key-algorithm.js';
import { sharedByTests } from '../support/at-end.js';
import { scratchDirectory } from '../support/keywright.js';

const EC = ['-algorithm', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];

interface Made {
  readonly key?: readonly string[];
  readonly subject?: string;
  /** Further arguments of `openssl req`. */
  readonly with?: readonly string[];
}

/** A request as openssl makes it. */
async function made({ key = EC, subject = '/CN=gateway-01', with: more = [] }: Made = {}): Promise<string> {
  const cwd = await scratchDirectory();
  await writeFile(join(cwd, 'key.pem'), await privateKey(key));
  const req = ['req', '-new', '-utf8', '-key', 'key.pem', '-subj', subject, '-out', 'request.pem', ...more];
  await execa('openssl', req, { cwd });
  return readFile(join(cwd, 'request.pem'), 'utf8');
}

const KEYS = new Map<string, Promise<string>>();

/** A key of openssl's, one of each kind. Making a long RSA key takes seconds, so these are kept. */
function privateKey(kind: readonly string[]): Promise<string> {
  const [, kept] = /:(3072|4096)$/.exec(kind.join()) ?? [];
  const made =
    KEYS.get(kind.join()) ??
    (kept === undefined
      ? execa('openssl', ['genpkey', ...kind]).then(({ stdout }) => `${stdout}\n`)
      : readFile(new URL(`../vectors/openssl-keys/rsa-${kept}.pem`, import.meta.url), 'utf8'));
  KEYS.set(kind.join(), made);
  return made;
}

// What `openssl ecparam -genkey` writes before a key: P-256.
const PARAMETERS = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----';

function pem(bytes: Buffer, width = 64): string {
  const lines = bytes.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return ['-----BEGIN CERTIFICATE REQUEST-----', ...lines, '-----END CERTIFICATE REQUEST-----', ''].join(
    '\n',
  );
}

function derOf(text: string): Buffer {
  return Buffer.from(text.replace(/-----[^-]+-----/g, ''), 'base64');
}

/** What a request is refused with. */
function refusalOf(text: string, agentName = 'gateway-01'): string {
  try {
    requireRequestFor(readRequest(text), agentName);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-input' });
    return error instanceof Error ? error.message.replace('the certificate request ', '') : '';
  }
  return 'not refused';
}

const rsa = (bits: number) => ['-algorithm', 'rsa', '-pkeyopt', `rsa_keygen_bits:${bits}`];
const ec = (curve: string) => ['-algorithm', 'ec', '-pkeyopt', `ec_paramgen_curve:${curve}`];
const pss = (salt: string) => ['-sigopt', 'rsa_padding_mode:pss', '-sigopt', `rsa_pss_saltlen:${salt}`];

describe('a request that openssl made', () => {
  it.each([
    ['ec-p256', EC, []],
    ['ec-p256', EC, ['-sha512']],
    ['ec-p384', ec('P-384'), ['-sha384']],
    ['ec-p521', ec('P-521'), ['-sha512']],
    ['rsa-2048', rsa(2048), []],
    ['rsa-3072', rsa(3072), ['-sha384']],
    ['rsa-4096', rsa(4096), ['-sha512']],
    ['rsa-2048', rsa(2048), pss('32')],
    ['rsa-2048', rsa(2048), ['-sha384', ...pss('max')]],
    ['rsa-2048', rsa(2048), pss('0')],
    ['ed25519', ['-algorithm', 'ed25519'], []],
    ['ec-p256', EC, ['-newhdr']],
    ['ec-p256', EC, ['-addext', 'subjectAltName=DNS:Gateway-01']],
    [
      'ec-p256',
      EC,
      ['-addext', 'basicConstraints=critical,CA:FALSE', '-addext', 'keyUsage=digitalSignature'],
    ],
    ['ec-p256', EC, ['-addext', 'extendedKeyUsage=clientAuth']],
  ])('is read: %s %s %s', async (algorithm, key, more) => {
    const text = await made({ key, with: more });
    const request = readRequest(text);
    expect([keyAlgorithmOf(request.publicKey), request.commonName]).toEqual([algorithm, 'gateway-01']);
    expect(refusalOf(text)).toBe('not refused');
    expect(refusalOf(`\r\n${text.replaceAll('\n', '\r\n')}`)).toBe('not refused');
  });

  it('may have an empty subject, or letters of any alphabet', async () => {
    expect(readRequest(await made({ subject: '/' })).commonName).toBeUndefined();
    expect(readRequest(await made({ subject: '/CN=Zähler 7' })).commonName).toBe('Zähler 7');
    expect(refusalOf(await made({ subject: '/CN=Zähler 7' }), 'Zähler 7')).toBe('not refused');
  });

  it.each([
    ['a weak RSA key', { key: rsa(1024) }],
    ['a small exponent', { key: [...rsa(2048), '-pkeyopt', 'rsa_keygen_pubexp:3'] }],
    ['a prime exponent below 65537', { key: [...rsa(2048), '-pkeyopt', 'rsa_keygen_pubexp:65521'] }],
    ['an RSA key of another size', { key: rsa(2056) }],
    ['a key that is for PSS only', { key: ['-algorithm', 'rsa-pss', '-pkeyopt', 'rsa_keygen_bits:2048'] }],
    ['another curve', { key: ec('secp256k1') }],
    ['a small curve', { key: ec('P-192') }],
    ['a curve that is described', { key: [...EC, '-pkeyopt', 'ec_param_enc:explicit'] }],
    ['Ed448', { key: ['-algorithm', 'ed448'] }],
  ] as [string, Made][])('is refused with %s', async (_, options) => {
    expect(refusalOf(await made(options))).toBe('has a key that is weak or of an unknown kind');
  });

  it('is refused with DSA', async () => {
    const cwd = await scratchDirectory();
    const parameters = ['dsaparam', '-out', 'dsa.pem', '1024'];
    await execa('openssl', parameters, { cwd });
    await execa('openssl', ['gendsa', '-out', 'key.pem', 'dsa.pem'], { cwd });
    const { stdout } = await execa('openssl', ['req', '-new', '-key', 'key.pem', '-subj', '/CN=gateway-01'], {
      cwd,
    });
    expect(refusalOf(stdout)).toBe('has a key that is weak or of an unknown kind');
  });

  it.each([
    ['SHA-1', { with: ['-sha1'] }],
    ['SHA-224', { with: ['-sha224'] }],
    ['SHA-1 and RSA', { key: rsa(2048), with: ['-sha1'] }],
    ['MD5', { key: rsa(2048), with: ['-md5'] }],
    ['SHA-1 and PSS', { key: rsa(2048), with: ['-sha1', ...pss('20')] }],
    ['two hashes', { key: rsa(2048), with: [...pss('32'), '-sigopt', 'rsa_mgf1_md:sha512'] }],
  ] as [string, Made][])('is refused where it is signed by %s', async (_, options) => {
    expect(refusalOf(await made(options))).toBe('is not signed by its own key');
  });

  it.each([
    ['/CN=other', 'has another subject'],
    ['/CN=Gateway-01', 'has another subject'],
    ['/O=Plant', 'has a subject of more than a CN'],
    ['/O=Plant/CN=gateway-01', 'has a subject of more than a CN'],
    ['/CN=gateway-01/CN=admin', 'has a subject of more than a CN'],
    ['/CN=gateway-01+CN=admin', 'has a subject of more than a CN'],
    ['/CN=gateway-01+UID=admin', 'has a subject of more than a CN'],
  ])('is refused for the subject %s', async (subject, why) => {
    expect(refusalOf(await made({ subject, with: ['-multivalue-rdn'] }))).toBe(why);
  });

  it.each([
    ['basicConstraints=CA:TRUE', 'asks for a CA'],
    ['basicConstraints=critical,CA:TRUE,pathlen:0', 'asks for a CA'],
    ['keyUsage=digitalSignature,keyCertSign', 'asks to sign certificates'],
    ['keyUsage=cRLSign', 'asks to sign certificates'],
    ['subjectAltName=DNS:other', 'asks for other names'],
    ['subjectAltName=DNS:gateway-01,DNS:other', 'asks for other names'],
    ['subjectAltName=IP:10.0.0.1', 'asks for other names'],
    ['subjectAltName=email:gateway-01', 'asks for other names'],
    ['subjectAltName=URI:urn:keywright:client:admin', 'asks for other names'],
    ['basicConstraints=DER:01:01:FF', 'not refused'],
    ['basicConstraints=DER:30:80:01:01:FF:00:00', 'asks for an extension that cannot be read'],
  ])('is refused where it asks for %s', async (extension, why) => {
    expect(refusalOf(await made({ with: ['-addext', extension] }))).toBe(why);
  });

  it.each([
    [
      'its signature',
      (bytes: Buffer) => bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1),
    ],
    ['its subject', (bytes: Buffer) => bytes.write('gateway-02', bytes.indexOf('gateway-01'))],
  ])('is refused when %s was changed', async (_, change) => {
    const bytes = derOf(await made());
    change(bytes);
    expect(refusalOf(pem(bytes), 'gateway-02')).toBe('is not signed by its own key');
  });

  it('is refused under another’s signature, or with another’s key', async () => {
    // The same kind of key, told in another way: another key.
    const others = [...EC, '-pkeyopt', 'ec_param_enc:named_curve'];
    const [one, other] = [derOf(await made()), derOf(await made({ key: others }))].map((bytes) => {
      const node = parseDer(bytes);
      if (node === undefined) throw new Error('no DER');
      return children(node);
    });
    const [info, algorithm] = one ?? [];
    const signature = other?.[2];
    if (!info || !algorithm || !signature) throw new Error('no request');
    const mixed = sequence(der(info), der(algorithm), der(signature));
    expect(refusalOf(pem(mixed))).toBe('is not signed by its own key');
  });

  it('is refused in another form', async () => {
    const text = await made();
    const bytes = derOf(text);
    const cwd = await scratchDirectory();
    const self = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
    const certificate = await execa('openssl', [...self, '-keyout', 'k.pem', '-subj', '/CN=gateway-01'], {
      cwd,
    });
    const indefinite = Buffer.concat([Buffer.of(0x30, 0x80), bytes.subarray(3), Buffer.of(0, 0)]);
    const forms: Record<string, string> = {
      'two blocks': text + text,
      'a certificate': certificate.stdout,
      'a certificate under the name of a request': certificate.stdout.replaceAll(
        'CERTIFICATE',
        'CERTIFICATE REQUEST',
      ),
      'octets behind it': pem(Buffer.concat([bytes, Buffer.of(0)])),
      'half of it': pem(bytes.subarray(0, bytes.length - 8)),
      'no length': pem(indefinite),
      'a long form of a length': pem(Buffer.concat([Buffer.of(0x30, 0x82, 0x00), bytes.subarray(2)])),
      nothing: '',
      'an empty block': '-----BEGIN CERTIFICATE REQUEST-----\n\n-----END CERTIFICATE REQUEST-----\n',
      zeros: pem(Buffer.alloc(400)),
      'many levels': pem(Buffer.from('3080'.repeat(4000), 'hex')),
    };
    for (const [what, form] of Object.entries(forms))
      expect([what, refusalOf(form)]).toEqual([what, 'is not one']);
    expect(refusalOf(text + '\n'.repeat(16 * 1024))).toBe('is longer than 16384 octets');
  });

  it('is refused whatever octet of it is another', async () => {
    const bytes = derOf(await made({ key: ['-algorithm', 'ed25519'] }));
    for (const [at, octet] of bytes.entries()) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(octet ^ 0x01, at);
      expect([at, refusalOf(pem(changed))]).not.toEqual([at, 'not refused']);
    }
  });
});

describe('a request in a form that tools write', () => {
  const one = sharedByTests(() => made());
  const lines = (text: string) => text.trim().split('\n');

  it.each([
    ['text before it', (text: string) => `Certificate Request:\n    Data:\n\n${text}`],
    ['text after it', (text: string) => `${text}Signature: none\n`],
    ['parameters of its key before it', (text: string) => `${PARAMETERS}\n${text}`],
    ['CRLF', (text: string) => text.replaceAll('\n', '\r\n')],
    ['CR alone', (text: string) => text.replaceAll('\n', '\r')],
    ['CRLF within it alone', (text: string) => text.replace(/([^-])\n/g, '$1\r\n')],
    ['blanks at the ends of its lines', (text: string) => text.replaceAll('\n', ' \t\n')],
    ['blanks at their beginnings', (text: string) => text.replace(/^/gm, '    ')],
    ['empty lines', (text: string) => text.replaceAll('\n', '\n\n')],
    ['no line end', (text: string) => text.trim()],
    ['one long line', (text: string) => text.replace(/([^-])\n(?!-)/g, '$1')],
    ['lines of 76', (text: string) => pem(derOf(text), 76)],
    ['a byte order mark', (text: string) => `\uFEFF${text}`],
    ['NEW in its first line alone', (text: string) => text.replace('BEGIN', 'BEGIN NEW')],
    ['base64 alone', (text: string) => `${lines(text).slice(1, -1).join('\n')}\n`],
  ])('is read: %s', (_, write) => {
    const text = one();
    expect(refusalOf(write(text))).toBe('not refused');
  });

  it('is read from octets: DER, and UTF-16', () => {
    const text = one();
    const forms = [derOf(text), Buffer.from(`\uFEFF${text}`, 'utf16le'), Buffer.from(text)];
    for (const form of forms) expect(readRequest(form)).toMatchObject({ commonName: 'gateway-01' });
  });

  it('is refused where its letters are no base64, or its last line is missing', () => {
    const text = one();
    for (const form of [text.replace('\nM', '\n:M'), text.replace(/-----END.*/, '')])
      expect(refusalOf(form)).toBe('is not one');
  });

  it('has the common name of a BMPString or a TeletexString', async () => {
    const cwd = await scratchDirectory();
    await writeFile(join(cwd, 'key.pem'), await privateKey(EC));
    for (const [mask, subject] of [
      ['MASK:2048', 'gateway-01'],
      ['MASK:2048', 'Zähler'],
      ['MASK:4', 'gateway-01'],
    ] as const) {
      await writeFile(
        join(cwd, 'req.cnf'),
        `[req]\nprompt=no\nutf8=yes\nstring_mask=${mask}\ndistinguished_name=dn\n[dn]\nCN=${subject}\n`,
      );
      const { stdout } = await execa('openssl', ['req', '-new', '-key', 'key.pem', '-config', 'req.cnf'], {
        cwd,
      });
      expect(readRequest(stdout).commonName).toBe(subject);
    }
  });

  it('has its key with both coordinates, whatever it wrote', async () => {
    for (const curve of ['P-256', 'P-384', 'P-521'])
      for (const form of ['compressed', 'hybrid']) {
        const cwd = await scratchDirectory();
        await writeFile(join(cwd, 'key.pem'), await privateKey(ec(curve)));
        const convert = ['ec', '-in', 'key.pem', '-conv_form', form, '-out', 'converted.pem'];
        await execa('openssl', convert, { cwd });
        const req = ['req', '-new', '-key', 'converted.pem', '-subj', '/CN=gateway-01'];
        const { publicKey } = readRequest((await execa('openssl', req, { cwd })).stdout);
        const info = parseDer(publicKey.export({ type: 'spki', format: 'der' }));
        const [, bits] = info ? children(info) : [];
        expect([form, bits && contentOf(bits)[1]]).toEqual([form, 0x04]);
      }
  });
});

describe('the client id of a request', () => {
  const idOf = async (subject: string, told?: string, more: string[] = []) => {
    const request = readRequest(await made({ subject, with: ['-multivalue-rdn', ...more] }));
    try {
      return requestedClientId(request, told);
    } catch (error) {
      return error instanceof Error ? error.message.replace('the certificate request ', '') : '';
    }
  };

  it.each([
    ['/CN=Gateway-01', undefined, 'gateway-01'],
    ['/CN=Gateway-01', 'gateway-01', 'gateway-01'],
    ['/', 'gateway-01', 'gateway-01'],
    ['/', undefined, 'has no subject'],
    ['/O=Plant', 'gateway-01', 'gateway-01'],
    ['/C=DE/O=Plant/OU=Hall 7/CN=gateway-01', 'gateway-01', 'gateway-01'],
    ['/CN=gateway-01/emailAddress=a@example.com/serialNumber=1', 'gateway-01', 'gateway-01'],
    ['/CN=gateway-01+UID=admin/1.2.3.4=x', 'gateway-01', 'gateway-01'],
    ['/O=Plant/CN=gateway-01', undefined, 'has a subject of more than a CN'],
    ['/O=Plant/CN=admin', 'gateway-01', 'has another subject'],
    ['/CN=gateway-01/CN=admin', 'gateway-01', 'has a subject of more than a CN'],
    ['/CN=gateway-01+CN=gateway-01', 'gateway-01', 'has a subject of more than a CN'],
  ])('of %s with --id %s: %s', async (subject, told, expected) => {
    expect(await idOf(subject, told)).toBe(expected);
  });

  it.each([
    ['URI:urn:keywright:client:gateway-01', 'gateway-01'],
    ['DNS:gateway-01,URI:urn:keywright:client:gateway-01', 'gateway-01'],
    ['URI:urn:keywright:client:gateway-02', 'asks for other names'],
    ['URI:urn:keywright:client:gateway-01,URI:urn:keywright:client:gateway-02', 'asks for other names'],
    ['URI:https://gateway-01', 'asks for other names'],
    ['DNS:urn:keywright:client:gateway-01', 'asks for other names'],
  ])('with the alternative names %s: %s', async (names, expected) => {
    expect(await idOf('/CN=gateway-01', undefined, ['-addext', `subjectAltName=${names}`])).toBe(expected);
  });
});

it('refuses a key for which anybody can sign', () => {
  const point = Buffer.alloc(32);
  point.writeUInt8(1, 0);
  const info = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), point]);
  const publicKey = createPublicKey({ key: info, format: 'der', type: 'spki' });
  const signature = Buffer.concat([point, Buffer.alloc(32)]);
  // Nobody has a private key for it, and yet:
  expect(verify(null, Buffer.from('anything'), publicKey, signature)).toBe(true);
  const subject = name([{ type: 'CN', value: 'gateway-01' }]);
  const asked = sequence(integer(Buffer.of(0)), subject, spki(publicKey), explicit(0));
  const algorithm = Buffer.from('300506032b6570', 'hex');
  expect(refusalOf(pem(sequence(asked, algorithm, bitString(signature))))).toBe(
    'has a key that is weak or of an unknown kind',
  );
});

it('makes requests that openssl and readRequest agree with; a long name is left out', async () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const text = signRequest('gateway-01', keys);
  expect(readRequest(text)).toMatchObject({ commonName: 'gateway-01', alternativeNames: [] });
  const cwd = await scratchDirectory();
  await writeFile(join(cwd, 'request.pem'), text);
  const { stdout, stderr } = await execa(
    'openssl',
    ['req', '-in', 'request.pem', '-verify', '-noout', '-subject'],
    { cwd },
  );
  expect(stdout + stderr).toMatch(/verify OK/);
  expect(stdout).toContain('CN = gateway-01');
  expect(readRequest(signRequest('x'.repeat(65), keys)).commonName).toBeUndefined();
});
