import { createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HeldCertificate } from '../../../src/core/model/certificate.js';
import type { Client } from '../../../src/core/model/client.js';
import { readCredential } from '../../../src/core/model/presented-credential.js';
import { signToken, textHash } from '../../../src/core/model/signed-token.js';
import { decide } from '../../../src/core/verify/decide.js';
import type { FactCapacity } from '../../../src/core/verify/fact-room.js';
import { Facts } from '../../../src/core/verify/facts.js';
import type { Presentation, Verdict } from '../../../src/core/verify/presentation.js';
import type { Registry } from '../../../src/core/verify/registry.js';
import { stillHolds, verify } from '../../../src/core/verify/verify.js';
import { JwtSealer } from '../../../src/jwt/sealer.js';
import { Argon2Hasher } from '../../../src/password/argon2.js';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const DAY = 86_400_000;

interface Device {
  readonly client: Client;
  readonly certificates: readonly HeldCertificate[];
  readonly key: KeyObject;
  readonly token: string;
}

function device(id: string, changes: Partial<Client> = {}): Device {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const token = signToken(id, privateKey);
  const validity = { notBefore: NOW - DAY, notAfter: NOW + DAY };
  const fingerprint = randomBytes(32).toString('hex');
  const client: Client = {
    id,
    revision: 0,
    label: null,
    owner: null,
    domain: null,
    scopes: ['ingest'],
    ...validity,
    revokedAt: null,
    createdAt: NOW - DAY,
    updatedAt: NOW - DAY,
    deletedAt: null,
    credentials: [{ kind: 'signed-token', id: textHash(token), certificateId: fingerprint }],
    ...changes,
  };
  const certificate: HeldCertificate = {
    ...{ id: '01', revision: 0, holder: { kind: 'client', id }, issuer: 'ca', fingerprint, withdrawn: null },
    key: {
      algorithm: 'ec-p256',
      publicKey: publicKey.export({ type: 'spki', format: 'der' }).toString('base64'),
    },
    ...validity,
  };
  return { client, certificates: [certificate], key: privateKey, token };
}

const clock = { now: () => NOW };
const passwords = new Argon2Hasher();
const newFacts = (capacity?: FactCapacity) =>
  new Facts(
    {
      ...{ passwords, tokenIssuer: { issuer: '', audience: '' }, hashSecret: textHash },
      sealer: new JwtSealer(clock, []),
    },
    capacity,
  );

const NOTHING_ELSE: Omit<Registry, 'clientById' | 'facts'> = {
  deletedClientById: () => undefined,
  clientIdByKeyHash: () => undefined,
  formerKeyByHash: () => undefined,
  certificatesOf: () => ({ held: [], withdrawn: [] }),
  withdrawnTokenById: () => undefined,
  hasPasswordsAlone: () => true,
  userById: () => undefined,
  sessionById: () => undefined,
  hashSecret: () => '',
  requireSigningKeys: () => undefined,
};

function registry(...devices: Device[]): Registry {
  const clients = new Map(devices.map(({ client }) => [client.id, client]));
  return {
    ...NOTHING_ELSE,
    clientById: (id) => clients.get(id),
    certificatesOf: (id) => ({
      held: devices.find(({ client }) => client.id === id)?.certificates ?? [],
      withdrawn: [],
    }),
    facts: newFacts(),
  };
}

const text = (credential: string) => ({ credential: readCredential(credential) });
const alone = (clientId: string, password: string) => ({
  credential: { kind: 'password', clientId, password } as const,
});

const reason = (verdict: Verdict) => (verdict.outcome === 'rejected' ? verdict.reason : 'accepted');

function ask(presentation: Presentation, devices: Device[], now = NOW): string {
  return reason(verify(presentation, registry(...devices), now));
}

const certificateOf = ({ client, certificates }: Device) => ({
  fingerprint: certificates[0]?.fingerprint ?? '',
  clientId: client.id,
});

describe('a signed token', () => {
  const app = device('app');

  it('gets its client in, and names it', () => {
    expect(
      verify({ ...text(app.token), clientId: 'APP', demand: { scopes: ['ingest'] } }, registry(app), NOW),
    ).toEqual({
      outcome: 'accepted',
      principal: {
        kind: 'client',
        id: 'app',
        label: null,
        owner: null,
        groups: [],
        domains: [],
        scopes: ['ingest'],
        credential: { kind: 'signed-token', id: textHash(app.token) },
        notBefore: NOW - DAY,
        expiresAt: NOW + DAY,
      },
    });
  });

  it('gets in when the client minted it itself', () => {
    const minted = signToken('app', createPrivateKey(app.key.export({ type: 'pkcs8', format: 'pem' })));
    expect(minted).not.toBe(app.token);
    expect(ask(text(minted), [app])).toBe('accepted');
  });

  it('is refused without a word about the client when its signature is not the client’s', () => {
    const stranger = signToken('app', device('x').key);
    expect(ask(text(stranger), [app])).toBe('invalid');
    expect(ask(text(stranger), [device('app', { revokedAt: NOW - 1 })])).toBe('invalid');
    expect(ask(text(stranger), [device('app', { notAfter: NOW - 1 })])).toBe('invalid');
    expect(ask(text(stranger), [])).toBe('invalid');
    expect(ask(text('rubbish'), [app])).toBe('invalid');
    expect(ask({}, [app])).toBe('missing');
  });

  it('is refused once its certificate is gone, though its hash is still there', () => {
    expect(ask(text(app.token), [{ ...app, certificates: [] }])).toBe('invalid');
  });
});

describe('the order of checks', () => {
  it.each<[string, Partial<Client>, Presentation, number]>([
    ['revoked', { revokedAt: NOW - 1, notAfter: NOW - 1, scopes: [] }, { clientId: 'b' }, NOW],
    ['not-yet-valid', { notBefore: NOW + 1, scopes: [] }, { clientId: 'b' }, NOW],
    ['expired', { notAfter: NOW, scopes: [] }, { clientId: 'b' }, NOW],
    ['expired', {}, { clientId: 'b' }, NOW + DAY],
    ['wrong-client-id', { scopes: [] }, { clientId: 'b', demand: { scopes: ['admin'] } }, NOW],
    ['wrong-client-id', {}, { clientId: '' }, NOW],
    ['insufficient-scope', {}, { clientId: 'a', demand: { scopes: ['admin'] } }, NOW],
    ['insufficient-scope', { scopes: ['metrics'] }, { demand: { connect: true } }, NOW],
  ])('tells %s first', (expected, changes, presentation, now) => {
    const a = device('a', changes);
    expect(ask({ ...text(a.token), ...presentation }, [a], now)).toBe(expected);
    expect(ask({ certificate: certificateOf(a), ...presentation }, [a], now)).toBe(expected);
  });
});

describe('a certificate', () => {
  const a = device('a');

  it('gets in by its fingerprint', () => {
    expect(ask({ certificate: certificateOf(a), clientId: 'a' }, [a])).toBe('accepted');
  });

  it('is refused when it is not the registered one, or names nobody', () => {
    expect(ask({ certificate: { clientId: 'a', fingerprint: 'f'.repeat(64) } }, [a])).toBe('invalid');
    expect(
      ask({ certificate: { clientId: undefined, fingerprint: certificateOf(a).fingerprint } }, [a]),
    ).toBe('invalid');
    expect(ask({ certificate: certificateOf(a) }, [])).toBe('invalid');
  });
});

describe('a password that suffices alone', () => {
  const withPassword = async (id: string, password: string, changes: Partial<Client> = {}) => {
    const { client, ...rest } = device(id, changes);
    const hash = await passwords.hash(password);
    const own = { kind: 'password' as const, id: 'c0ffee', hash, alone: true, createdAt: NOW - DAY };
    return { ...rest, client: { ...client, credentials: [...client.credentials, own] } };
  };
  it('gets its client in, as who it is, and tells no wrong one from a name that nobody has', async () => {
    const app = await withPassword('app', 'sixteen letters.');
    const beside = await withPassword('beside', 'sixteen letters.');
    const besideKey = {
      ...beside,
      client: {
        ...beside.client,
        credentials: beside.client.credentials.map((each) =>
          each.kind === 'password' ? { ...each, alone: false } : each,
        ),
      },
    };
    const known = registry(app, besideKey, device('without'));
    const asked = (name: string, password: string) => decide(alone(name, password), known, clock);
    expect(await asked('app', 'sixteen letters.')).toMatchObject({
      outcome: 'accepted',
      principal: { id: 'app', scopes: ['ingest'], credential: { kind: 'password', id: 'c0ffee' } },
    });
    for (const name of ['app', 'nobody', 'beside', 'without']) {
      for (const password of ['wrong', 'another', ...(name === 'app' ? [] : ['sixteen letters.'])]) {
        const first = asked(name, password);
        // Each is looked into aside, once.
        expect([name, first instanceof Promise]).toEqual([name, true]);
        expect(await first).toEqual({ outcome: 'rejected', reason: 'invalid' });
        expect(asked(name, password)).toEqual({ outcome: 'rejected', reason: 'invalid' });
      }
    }
  });

  it('gets no work done for strangers where nobody has one', () => {
    const known = { ...registry(device('app')), hasPasswordsAlone: () => false };
    expect(decide(alone('app', 'sixteen letters.'), known, clock)).toEqual({
      ...{ outcome: 'rejected', reason: 'invalid' },
    });
  });

  it('tells only who proved it that its client is revoked or expired', async () => {
    for (const [changes, state] of [
      [{ revokedAt: NOW - 1 }, 'revoked'],
      [{ notAfter: NOW - 1 }, 'expired'],
    ] as const) {
      const app = await withPassword('app', 'sixteen letters.', changes);
      const known = registry(app);
      const asked = async (password: string) => reason(await decide(alone('app', password), known, clock));
      expect([await asked('wrong'), await asked('sixteen letters.')]).toEqual(['invalid', state]);
    }
  });

  it('holds for a connection until it is another, goes beside a key, or is gone', async () => {
    const app = await withPassword('app', 'sixteen letters.');
    const verdict = await decide(alone('app', 'sixteen letters.'), registry(app), clock);
    if (verdict.outcome !== 'accepted') throw new Error(verdict.reason);
    const holdsAs = (change: (credential: Client['credentials'][number]) => Client['credentials']) => {
      const credentials = app.client.credentials.flatMap(change);
      const accepted = { principal: verdict.principal, demand: { connect: true } as const };
      return stillHolds(accepted, registry({ ...app, client: { ...app.client, credentials } }), NOW);
    };
    const ofPassword = (changed: object | undefined) =>
      holdsAs((each) => (each.kind !== 'password' ? [each] : changed ? [{ ...each, ...changed }] : []));
    expect(ofPassword({})).toBe(true);
    expect(ofPassword({ id: '0ff1ce' })).toBe(false);
    expect(ofPassword({ alone: false })).toBe(false);
    expect(ofPassword(undefined)).toBe(false);
  });

  it('is unavailable, and not wrong, as long as it was not looked into', async () => {
    const app = await withPassword('app', 'sixteen letters.');
    expect(ask(alone('app', 'sixteen letters.'), [app])).toBe('unavailable');
  });
});

describe('two credentials at once', () => {
  const [a, b] = [device('a'), device('b')];

  it('must both hold', () => {
    expect(ask({ ...text(a.token), certificate: certificateOf(a) }, [a, b])).toBe('accepted');
    expect(ask({ ...text('rubbish'), certificate: certificateOf(a) }, [a, b])).toBe('invalid');
    expect(ask({ ...text(a.token), certificate: { fingerprint: '', clientId: undefined } }, [a, b])).toBe(
      'invalid',
    );
  });

  it('must belong to one client', () => {
    expect(ask({ ...text(a.token), certificate: certificateOf(b) }, [a, b])).toBe('wrong-client-id');
  });
});

describe('trouble inside', () => {
  it('refuses as unavailable when the look-up fails', () => {
    const failing: Registry = {
      ...NOTHING_ELSE,
      clientById: () => {
        throw new Error('disk');
      },
      facts: newFacts(),
    };
    expect(reason(verify(text(device('a').token), failing, NOW))).toBe('unavailable');
  });

  it('refuses as unavailable when a stored public key is damaged', () => {
    const a = device('a');
    const certificates = a.certificates.map((each) => ({ ...each, key: { ...each.key, publicKey: 'AAAA' } }));
    const damaged = { ...a, client: { ...a.client, credentials: [] }, certificates };
    expect(ask(text(signToken('a', a.key)), [damaged])).toBe('unavailable');
  });
});

describe('a session', () => {
  const a = device('a');
  const minted = signToken('a', a.key);
  const accepted = (token: string) => {
    const verdict = verify(text(token), registry(a), NOW);
    if (verdict.outcome === 'rejected') throw new Error(verdict.reason);
    return { principal: verdict.principal, demand: { connect: true } as const };
  };

  it.each([
    ['a token that was handed over', a.token],
    ['a token that the client minted', minted],
  ])('by %s holds until its credential does not', (_, token) => {
    const session = accepted(token);
    expect(stillHolds(session, registry(a), NOW)).toBe(true);
    expect(stillHolds(session, registry(a), NOW + DAY)).toBe(false);
    expect(stillHolds(session, registry(), NOW)).toBe(false);
    expect(stillHolds(session, registry(device('a')), NOW)).toBe(false);
    expect(stillHolds(session, registry({ ...a, client: { ...a.client, revokedAt: NOW } }), NOW)).toBe(false);
    expect(stillHolds(session, registry({ ...a, client: { ...a.client, scopes: [] } }), NOW)).toBe(false);
  });
});

describe('a repeated token', () => {
  const a = device('a');
  const devices = new Map([['a', a]]);
  const following: Registry = {
    ...NOTHING_ELSE,
    clientById: (id) => devices.get(id)?.client,
    certificatesOf: (id) => ({ held: devices.get(id)?.certificates ?? [], withdrawn: [] }),
    facts: newFacts({ good: 2, bad: 2 }),
  };
  const again = (token: string, now = NOW) => reason(verify(text(token), following, now));
  const minted = signToken('a', a.key);

  it('gets the answer that its client’s state gives now, whatever it got before', () => {
    for (const token of [a.token, minted]) {
      devices.delete('a');
      expect(again(token)).toBe('invalid');
      devices.set('a', a);
      expect(again(token)).toBe('accepted');
      expect(again(token)).toBe('accepted');
      expect(again(token, NOW + DAY)).toBe('expired');
      devices.set('a', { ...a, client: { ...a.client, revokedAt: NOW - 1 } });
      expect(again(token)).toBe('revoked');
      devices.set('a', device('a'));
      expect(again(token)).toBe('invalid');
      devices.set('a', a);
      expect(again(token)).toBe('accepted');
    }
  });

  it('is answered the same after more answers than are kept', () => {
    for (let round = 0; round < 3; round += 1) {
      for (let count = 0; count < 4; count += 1) {
        expect(again(signToken('a', a.key))).toBe('accepted');
        expect(again(signToken('b', a.key))).toBe('invalid');
      }
      expect(again(a.token)).toBe('accepted');
    }
  });
});
