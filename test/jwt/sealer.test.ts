import { createHmac, generateKeyPairSync, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { configuredKey } from '../../src/jwt/configured-key.js';
import { JwtSealer } from '../../src/jwt/sealer.js';

const clock = { now: () => Date.parse('2026-06-01T00:00:00Z') };
const pem = (pair: ReturnType<typeof generateKeyPairSync>) => ({
  privateKey: String(pair.privateKey.export({ type: 'pkcs8', format: 'pem' })),
  publicKey: String(pair.publicKey.export({ type: 'spki', format: 'pem' })),
  secret: undefined,
});
const pairs = {
  ES256: pem(generateKeyPairSync('ec', { namedCurve: 'prime256v1' }) as never),
  RS256: pem(generateKeyPairSync('rsa', { modulusLength: 2048 }) as never),
  EdDSA: pem(generateKeyPairSync('ed25519') as never),
};
const secret = { secret: randomBytes(32).toString('hex'), privateKey: undefined, publicKey: undefined };

const sealerOf = (given: Parameters<typeof configuredKey>[0]) => {
  const key = configuredKey(given);
  if (key === undefined) throw new Error('no key');
  return new JwtSealer(clock, [key]);
};
const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe.each([...Object.entries(pairs), ['HS256', secret] as const])(
  'a token signed with %s',
  (algorithm, given) => {
    it('is read again, by the algorithm of its key and no other', async () => {
      const sealer = sealerOf(given);
      const token = await sealer.seal({ sub: 'a' });
      const [header = '', payload = '', signature = ''] = token.split('.');
      expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual({
        alg: algorithm,
        kid: expect.any(String),
        typ: 'at+jwt',
      });
      expect(await sealer.open(token)).toEqual({ payload: { sub: 'a' }, keyId: expect.any(String) });
      const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString());
      for (const [fault, forged] of [
        ['wrong signature', `${part({ alg: 'none', kid, typ: 'at+jwt' })}.${payload}.`],
        ['wrong signature', `${part({ alg: 'none', kid, typ: 'at+jwt' })}.${payload}.${signature}`],
        [
          'wrong signature',
          `${part({ alg: algorithm === 'HS256' ? 'HS512' : 'HS256', kid, typ: 'at+jwt' })}.${payload}.${signature}`,
        ],
        ['unknown key', `${part({ alg: algorithm, typ: 'at+jwt' })}.${payload}.${signature}`],
        ['unknown key', `${part({ alg: algorithm, kid: 'another', typ: 'at+jwt' })}.${payload}.${signature}`],
        ['wrong type', `${part({ alg: algorithm, kid, typ: 'JWT' })}.${payload}.${signature}`],
        ['wrong signature', `${header}.${part({ sub: 'b' })}.${signature}`],
        ['not a JWT', `${token}.`],
        ['not a JWT', `${token}.${signature}`],
        ['not a JWT', `${header}.${payload}`],
        ['wrong signature', token.slice(0, -2)],
        ['not a JWT', 'eyJ.x.y'],
      ] as const) {
        expect([forged, await sealer.open(forged)]).toEqual([forged, { rejected: fault }]);
      }
    });
  },
);

it('a public key is never taken for a shared secret', async () => {
  const sealer = sealerOf(pairs.RS256);
  const { keys } = await sealer.publicKeys();
  const kid = Reflect.get(keys[0] ?? {}, 'kid');
  const signed = `${part({ alg: 'HS256', kid, typ: 'at+jwt' })}.${part({ sub: 'a' })}`;
  const mac = createHmac('sha256', pairs.RS256.publicKey).update(signed).digest('base64url');
  expect(await sealer.open(`${signed}.${mac}`)).toEqual({ rejected: 'wrong signature' });
});

it('a shared secret is not published', async () => {
  expect(await sealerOf(secret).publicKeys()).toEqual({ keys: [] });
  const [key] = (await sealerOf(pairs.ES256).publicKeys()).keys;
  expect(key).toEqual({
    ...{ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' },
    ...{ x: expect.any(String), y: expect.any(String), kid: expect.any(String) },
  });
});

describe('a key from the environment', () => {
  const none = { secret: undefined, privateKey: undefined, publicKey: undefined };

  it('is none where nothing is set', () => {
    expect(configuredKey(none)).toBeUndefined();
  });

  it('may have its lines ended by \\n, and does without the public part', () => {
    const oneLine = pairs.RS256.privateKey.replaceAll('\n', '\\n');
    expect(configuredKey({ ...none, privateKey: oneLine })?.algorithm).toBe('RS256');
  });

  it.each([
    ['JWT_SECRET has fewer than 32 octets', { ...none, secret: 'short' }],
    ['JWT_SECRET is set beside', { ...pairs.ES256, secret: secret.secret }],
    ['JWT_PRIVATE_KEY is missing', { ...none, publicKey: pairs.ES256.publicKey }],
    [
      'JWT_PUBLIC_KEY does not belong to JWT_PRIVATE_KEY',
      { ...pairs.ES256, publicKey: pairs.EdDSA.publicKey },
    ],
    ['JWT_PRIVATE_KEY is not a key in PEM', { ...none, privateKey: 'topsecret' }],
    ['JWT_PRIVATE_KEY is neither RSA', pem(generateKeyPairSync('ec', { namedCurve: 'secp384r1' }) as never)],
  ])('is refused: %s', (message, given) => {
    expect(() => configuredKey(given)).toThrow(message);
    expect(() => configuredKey(given)).not.toThrow(/topsecret|short/);
  });
});
