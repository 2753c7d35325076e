import { describe, expect, it } from 'vitest';
import { isJwtShaped, readClaims, tokenPayload } from '../../../src/core/model/access-token.js';

const rules = { issuer: 'https://keys.example', audience: 'keywright' };
const claims = {
  id: 'f8d1709b5836cea16506ad94e434b9c3',
  familyId: 'f8d1709b5836cea16506ad94e434b9c3',
  subject: 'ann',
  origin: { kind: 'session', sessionId: 'a'.repeat(32) } as const,
  scopes: ['ingest', 'publish:a/#'],
  groups: ['ops'],
  domains: ['plant7'],
  issuedAt: 1_795_304_482_000,
  expiresAt: 1_795_304_542_000,
};
const payload = tokenPayload(claims, rules);
const read = (changes: Record<string, unknown>) =>
  readClaims({ ...payload, ...changes }, { ...rules, keyId: 'k' });

describe('a payload', () => {
  it('has the claims of RFC 9068, and what the token is bound to', () => {
    expect(payload).toEqual({
      iss: 'https://keys.example',
      aud: 'keywright',
      iat: 1_795_304_482,
      exp: 1_795_304_542,
      jti: 'f8d1709b5836cea16506ad94e434b9c3',
      sub: 'ann',
      groups: ['ops'],
      domains: ['plant7'],
      scope: 'ingest publish:a/#',
      sid: 'a'.repeat(32),
    });
    expect(read({})).toEqual({ ...claims, keyId: 'k' });
  });

  it('of an exchanged token names the first one that it came from', () => {
    const familyId = 'a'.repeat(32);
    const made = tokenPayload({ ...claims, familyId }, rules);
    expect(made).toMatchObject({ family: familyId, jti: claims.id });
    expect(readClaims(made, { ...rules, keyId: 'k' })).toMatchObject({ familyId, id: claims.id });
  });

  it('of a client names the credential that it came from', () => {
    const origin = { kind: 'api-key', credentialId: '3f9a2c' } as const;
    const made = tokenPayload({ ...claims, origin }, rules);
    expect(made).toMatchObject({ sub: 'client:ann', client_id: 'ann', credential: 'api-key:3f9a2c' });
    expect(readClaims(made, { ...rules, keyId: 'k' })).toEqual({ ...claims, origin, keyId: 'k' });
  });

  it('of a client that an older program made has the bare id for its subject', () => {
    const credential = 'api-key:3f9a2c';
    expect(read({ sub: 'Ann', sid: undefined, credential })).toMatchObject({ subject: 'ann' });
    // A user's is never marked.
    expect(read({ sub: 'client:ann' })).toEqual({ rejected: 'wrong claims' });
  });

  it('may begin later than it was issued', () => {
    expect(read({ nbf: 1_795_304_500 })).toEqual({ ...claims, notBefore: 1_795_304_500_000, keyId: 'k' });
  });

  it.each([
    ['wrong issuer', { iss: 'https://other.example' }],
    ['wrong issuer', { iss: undefined }],
    ['wrong audience', { aud: 'other' }],
    ['wrong audience', { aud: ['keywright', 'other'] }],
    ['wrong audience', { aud: undefined }],
  ])('is rejected for its %s with %j', (rejected, changes) => {
    expect(read(changes)).toEqual({ rejected });
  });

  it.each([
    { sub: undefined },
    { sub: '../x' },
    { sub: 1 },
    { jti: undefined },
    { family: 1 },
    { iat: undefined },
    { exp: undefined },
    { nbf: null },
    { nbf: '1795304482' },
    { nbf: -1 },
    { exp: '1795304542' },
    { exp: -1 },
    { exp: Number.MAX_VALUE },
    { scope: undefined },
    { scope: ['ingest'] },
    { groups: 'ops' },
    { domains: [1] },
    { sid: undefined },
    { credential: 'api-key:3f9a2c' },
    { sid: undefined, credential: 'password:3f9a2c' },
    { sid: undefined, credential: 'api-key:' },
  ])('with %j is none', (changes) => {
    expect(read(changes)).toEqual({ rejected: 'wrong claims' });
  });

  it.each([null, 'x', 1, [], undefined])('that is %j is none', (value) => {
    expect(readClaims(value, { ...rules, keyId: 'k' })).toHaveProperty('rejected');
  });
});

it.each([
  ['eyJa.b.c', true],
  ['eyJa.b.c.', false],
  ['eyJa.b.', false],
  ['eyJa.b', false],
  ['xyJa.b.c', false],
  ['eyJa.b.c d', false],
  ['eyJa..c', false],
  ['eyJa', false],
  ['eyJ.b.c.d', false],
  [`eyJa.${'b'.repeat(17_000)}.c`, false],
])('%j has the shape of a JWT: %s', (text, expected) => {
  expect(isJwtShaped(text)).toBe(expected);
});
