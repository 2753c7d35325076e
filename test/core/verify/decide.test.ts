import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { tokenPayload } from '../../../src/core/model/access-token.js';
import { keyedHash, makeApiKey } from '../../../src/core/model/api-key.js';
import type { HeldCertificate } from '../../../src/core/model/certificate.js';
import type { Client, Credential } from '../../../src/core/model/client.js';
import { readCredential } from '../../../src/core/model/presented-credential.js';
import { signToken } from '../../../src/core/model/signed-token.js';
import type { SigningKey } from '../../../src/core/model/signing-key.js';
import type { PasswordHasher } from '../../../src/core/ports/password-hasher.js';
import { Attempts } from '../../../src/core/verify/attempts.js';
import { type ConnectVerdict, verifyConnect } from '../../../src/core/verify/connect.js';
import { decide } from '../../../src/core/verify/decide.js';
import type { FactCapacity } from '../../../src/core/verify/fact-room.js';
import { Facts } from '../../../src/core/verify/facts.js';
import { presentConnectTexts } from '../../../src/core/verify/present-connect.js';
import type { Verdict } from '../../../src/core/verify/presentation.js';
import type { Registry } from '../../../src/core/verify/registry.js';
import { JwtSealer } from '../../../src/jwt/sealer.js';
import { Argon2Hasher } from '../../../src/password/argon2.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;
const clock = { now: () => NOW };
const ISSUER = { issuer: 'https://keys.example', audience: 'keywright' };
const hashSecret = keyedHash(Buffer.alloc(32, 7));
const argon2 = new Argon2Hasher();

function client(id: string, credentials: Credential[]): Client {
  const never = { label: null, owner: null, domain: null, revokedAt: null, deletedAt: null };
  const times = { notBefore: 0, notAfter: NOW + DAY, createdAt: 0, updatedAt: 0 };
  return { id, revision: 0, scopes: ['ingest'], ...never, ...times, credentials };
}

function apiKey(key: string): Credential {
  const hash = hashSecret(key);
  const shown = { id: '3f9a2c', prefix: 'kw_live_', hint: '', label: null, scopes: ['ingest'] };
  return { kind: 'api-key', hash, ...shown, createdAt: 0, expiresAt: NOW + DAY, revokedAt: null };
}

async function password(text: string): Promise<Credential> {
  // Ids have six digits: of many clients, some have the same.
  return { kind: 'password', id: 'c0ffee', hash: await argon2.hash(text), alone: false, createdAt: 0 };
}

function signingKey(id: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return { id, algorithm: 'ES256', privateKey, publicKey, endsAt: null };
}

function certificate({ publicKey }: Pick<SigningKey, 'publicKey'>): HeldCertificate {
  return {
    ...{ id: '01', revision: 1, holder: { kind: 'client', id: 'a' }, issuer: 'ca' },
    ...{ fingerprint: 'f'.repeat(64), notBefore: 0, notAfter: NOW + DAY, withdrawn: null },
    key: {
      algorithm: 'ec-p256',
      publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    },
  };
}

/** Records in memory, and how often was asked for them and for what is dear. */
class House {
  readonly clients = new Map<string, Client>();
  readonly certificates = new Map<string, HeldCertificate[]>();
  readonly sealer = new JwtSealer(clock, [signingKey('first')]);
  readonly asked = { clients: 0, hashes: 0, passwords: 0 };
  readonly registry: Registry;

  constructor(clients: readonly Client[], capacity?: FactCapacity) {
    for (const each of clients) this.clients.set(each.id, each);
    const passwords: PasswordHasher = {
      hash: (text) => argon2.hash(text),
      verify: (text, hash) => {
        this.asked.passwords += 1;
        return argon2.verify(text, hash);
      },
    };
    const counted = (secret: string) => {
      this.asked.hashes += 1;
      return hashSecret(secret);
    };
    const services = { sealer: this.sealer, tokenIssuer: ISSUER, passwords, hashSecret: counted };
    const nothing = () => undefined;
    this.registry = {
      clientById: (id) => {
        this.asked.clients += 1;
        return this.clients.get(id);
      },
      clientIdByKeyHash: (hash) =>
        [...this.clients.values()].find(({ credentials }) =>
          credentials.some((each) => each.kind === 'api-key' && each.hash === hash),
        )?.id,
      ...{ deletedClientById: nothing, userById: nothing, sessionById: nothing },
      ...{
        withdrawnTokenById: nothing,
        requireSigningKeys: nothing,
        hasPasswordsAlone: () => false,
        hashSecret: counted,
      },
      formerKeyByHash: () => undefined,
      certificatesOf: (id) => ({ held: this.certificates.get(id) ?? [], withdrawn: [] }),
      facts: new Facts(services, capacity),
    };
  }

  decide(text: string): Verdict | Promise<Verdict> {
    return decide({ credential: readCredential(text) }, this.registry, clock);
  }

  async says(text: string): Promise<string | undefined> {
    return outcome(await this.decide(text));
  }

  connect(name: string, secret: string) {
    const { presentation } = presentConnectTexts({ clientId: 'c', name, secret });
    const attempts = new Attempts(undefined);
    return verifyConnect(presentation, { registry: this.registry, clock, attempts, countAs: 'x' });
  }

  change(id: string, changes: Partial<Client>): void {
    const current = this.clients.get(id);
    if (current !== undefined) this.clients.set(id, { ...current, ...changes });
  }

  accessToken(subject: string, jti: string): Promise<string> {
    return this.sealer.seal(this.payload(subject, jti));
  }

  payload(subject: string, jti: string) {
    const nothing = { groups: [], domains: [], familyId: jti, issuedAt: NOW, expiresAt: NOW + DAY };
    const origin = { kind: 'api-key', credentialId: '3f9a2c' } as const;
    return tokenPayload({ id: jti, subject, origin, scopes: ['ingest'], ...nothing }, ISSUER);
  }
}

const outcome = (verdict: ConnectVerdict) =>
  verdict.outcome === 'rejected' ? verdict.reason : verdict.outcome;

const KEY = makeApiKey('kw_live_');

describe('a decision', () => {
  it('is made once, and at once if everything is at hand', async () => {
    const house = new House([client('a', [apiKey(KEY)])]);
    expect(house.decide(KEY)).toMatchObject({ outcome: 'accepted' });
    expect(house.asked).toEqual({ clients: 1, hashes: 1, passwords: 0 });
    expect(house.decide(KEY)).toMatchObject({ outcome: 'accepted' });
    expect(house.asked).toEqual({ clients: 2, hashes: 1, passwords: 0 });

    const token = await house.accessToken('a', 'j1');
    const first = house.decide(token);
    expect(first).toBeInstanceOf(Promise);
    expect(await first).toMatchObject({ outcome: 'accepted' });
    expect(house.asked.clients).toBe(3);
    expect(house.decide(token)).toMatchObject({ outcome: 'accepted', principal: { id: 'a' } });
    expect(house.asked.clients).toBe(4);
  });

  it('on an access token waits for its beginning, which may be later than its issue', async () => {
    const house = new House([client('a', [apiKey(KEY)])]);
    const payload = { ...house.payload('a', 'j1'), nbf: NOW / 1000 + 3_600 };
    expect(await house.decide(await house.sealer.seal(payload))).toMatchObject({ reason: 'not-yet-valid' });
  });

  it('on a CONNECT with key and password hashes each of them once, and never again', async () => {
    const house = new House([client('a', [apiKey(KEY), await password('right')])]);
    expect(outcome(await house.connect(KEY, 'right'))).toBe('accepted');
    expect(house.asked).toMatchObject({ hashes: 1, passwords: 1 });
    expect(house.connect(KEY, 'right')).toMatchObject({ outcome: 'accepted', passwordId: 'c0ffee' });
    expect(house.asked).toMatchObject({ hashes: 1, passwords: 1 });
    expect(outcome(await house.connect(KEY, 'wrong'))).toBe('invalid');
    expect(house.connect(KEY, 'wrong')).toMatchObject({ outcome: 'rejected', reason: 'invalid' });
    expect(outcome(await house.connect(KEY, ''))).toBe('invalid');
    expect(house.asked.passwords).toBe(3);
  });

  it('on a forged signed token checks one signature, whether the id has a certificate, has none or is nobody’s', () => {
    const house = new House([client('certified', []), client('bare', [apiKey(KEY)])]);
    const [mine, forger] = [signingKey('a'), signingKey('b')];
    house.certificates.set('certified', [certificate(mine)]);
    const checks = vi.spyOn(house.registry.facts, 'isSignedBy');
    const forged = signToken('x', forger.privateKey).slice(1);
    for (const id of ['certified', 'bare', 'nobody']) {
      checks.mockClear();
      expect(house.decide(id + forged)).toMatchObject({ outcome: 'rejected', reason: 'invalid' });
      expect([id, checks.mock.calls.length]).toEqual([id, 1]);
      expect(checks.mock.calls[0]?.[1].algorithm).toBe('ec-p256');
    }
  });

  it('is unavailable when what it needs cannot be found out', async () => {
    const house = new House([client('a', [apiKey(KEY), await password('right')])]);
    const failing = () => Promise.reject(new Error('busy'));
    const facts = new Facts({
      ...{ sealer: house.sealer, tokenIssuer: ISSUER, hashSecret },
      passwords: { hash: failing, verify: failing },
    });
    const { presentation } = presentConnectTexts({ clientId: 'c', name: KEY, secret: 'right' });
    expect(await decide(presentation, { ...house.registry, facts }, clock)).toEqual({
      ...{ outcome: 'rejected', reason: 'unavailable' },
    });
  });
});

describe('a fact', () => {
  it('survives a flood of bad ones', async () => {
    const house = new House([client('a', [apiKey(KEY), await password('right')])], { good: 4, bad: 4 });
    const token = await house.accessToken('a', 'j1');
    await house.connect(KEY, 'right');
    await house.decide(token);
    const { hashes, passwords } = house.asked;
    for (let count = 0; count < 10; count += 1) {
      house.decide(makeApiKey('kw_live_'));
      await house.connect(KEY, `wrong ${count}`);
      await house.decide(`${token.slice(0, -4)}${1000 + count}`);
    }
    expect(house.asked).toMatchObject({ hashes: hashes + 10, passwords: passwords + 10 });
    expect(house.connect(KEY, 'right')).toMatchObject({ outcome: 'accepted' });
    expect(house.decide(token)).toMatchObject({ outcome: 'accepted' });
    expect(house.asked).toMatchObject({ hashes: hashes + 10, passwords: passwords + 10 });
  });

  it('is none about who may get in: a record that changed holds at once', async () => {
    const house = new House([client('a', [apiKey(KEY), await password('right')])]);
    const token = await house.accessToken('a', 'j1');
    for (const text of [KEY, token]) expect(await house.says(text)).toBe('accepted');
    house.change('a', { revokedAt: NOW - 1 });
    for (const text of [KEY, token]) expect(house.decide(text)).toMatchObject({ reason: 'revoked' });
    house.change('a', { revokedAt: null, credentials: [] });
    for (const text of [KEY, token]) expect(house.decide(text)).toMatchObject({ reason: 'invalid' });
    house.change('a', { credentials: [apiKey(KEY)] });
    for (const text of [KEY, token]) expect(house.decide(text)).toMatchObject({ outcome: 'accepted' });
  });

  it('about an access token that no key signed ends with the keys', async () => {
    const house = new House([client('a', [apiKey(KEY)])]);
    const [first, second] = [signingKey('first'), signingKey('second')];
    house.sealer.use([second, first]);
    const token = await house.accessToken('a', 'j1');
    house.sealer.use([first]);
    expect(await house.says(token)).toBe('invalid');
    expect(house.decide(token)).toMatchObject({ reason: 'invalid' });
    house.sealer.use([second, first]);
    expect(await house.says(token)).toBe('accepted');
    house.sealer.use([first]);
    expect(house.decide(token)).toMatchObject({ reason: 'invalid' });
  });

  it('about one client’s password is none about another’s whose password has the same id', async () => {
    const other = makeApiKey('kw_live_');
    const house = new House([
      client('a', [apiKey(KEY), await password('mine')]),
      client('b', [apiKey(other), await password('another')]),
    ]);
    expect(outcome(await house.connect(KEY, 'mine'))).toBe('accepted');
    expect(outcome(await house.connect(other, 'mine'))).toBe('invalid');
    expect(outcome(await house.connect(KEY, 'another'))).toBe('invalid');
    expect(outcome(await house.connect(other, 'another'))).toBe('accepted');
  });

  it('about a signature is about one public key, and one text', () => {
    const [mine, others] = [signingKey('a'), signingKey('b')];
    const house = new House([client('a', [])]);
    house.certificates.set('a', [certificate(mine)]);
    const token = signToken('a', mine.privateKey);
    expect(house.decide(token)).toMatchObject({ outcome: 'accepted' });
    expect(house.decide(`${token}zz`)).toMatchObject({ reason: 'invalid' });
    // The id of the record says nothing of the key in it.
    house.certificates.set('a', [certificate(others)]);
    expect(house.decide(token)).toMatchObject({ reason: 'invalid' });
    house.certificates.set('a', [certificate(others), certificate(mine)]);
    expect(house.decide(token)).toMatchObject({ outcome: 'accepted' });
  });
});
