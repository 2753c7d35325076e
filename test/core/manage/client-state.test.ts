import { describe, expect, it } from 'vitest';
import { clientStanding } from '../../../src/core/manage/client-state.js';
import type { HeldCertificate } from '../../../src/core/model/certificate.js';
import { type ApiKeyCredential, type Client, newClient } from '../../../src/core/model/client.js';
import { NEVER } from '../../../src/core/model/time.js';
import type { User } from '../../../src/core/model/user.js';

const NOW = 1_000_000;

function apiKey(changes: Partial<ApiKeyCredential> = {}): ApiKeyCredential {
  return {
    ...{ kind: 'api-key', id: '1', hash: 'abcd', prefix: 'kw_', hint: 'kw_a…', label: null, scopes: [] },
    ...{ createdAt: 0, expiresAt: NOW + 500, revokedAt: null, ...changes },
  };
}

function certificate(changes: Partial<HeldCertificate> = {}): HeldCertificate {
  return {
    ...{ id: 's', revision: 0, holder: { kind: 'client', id: 'a' }, issuer: 'ca', fingerprint: 'f' },
    ...{ key: { algorithm: 'ec-p256', publicKey: 'k' }, notBefore: 0, notAfter: NOW + 900 },
    ...{ withdrawn: null, ...changes },
  };
}

const password = { kind: 'password' as const, id: 'p', hash: 'h', createdAt: 0 };

function standing(
  changes: Partial<Client>,
  certificates: readonly HeldCertificate[] = [],
  owner?: User,
): [string, number | 'never'] {
  const client = newClient({ id: 'a', createdAt: 0, ...changes });
  const { state, expiresAt } = clientStanding(
    { client, certificates, owner },
    { now: NOW, clockToleranceMs: 0 },
  );
  return [state, expiresAt === NEVER ? 'never' : expiresAt - NOW];
}

describe('a client’s state and end are those of its credentials', () => {
  it.each([
    [
      'the earliest end of what holds',
      standing({ credentials: [apiKey()] }, [certificate()]),
      ['valid', 500],
    ],
    ['a certificate of a client without an end', standing({}, [certificate()]), ['valid', 900]],
    [
      'the end of the client itself, before its credentials’',
      standing({ notAfter: NOW + 100 }, [certificate()]),
      ['valid', 100],
    ],
    [
      'the end of what lasts, not of what was replaced and still holds',
      standing({ credentials: [apiKey({ expiresAt: NOW + 5, replacedAt: NOW })] }, [
        certificate(),
        certificate({ notAfter: NOW + 800, replaced: { at: NOW, until: NOW + 10 } }),
      ]),
      ['valid', 900],
    ],
    [
      'the end of what was replaced, if nothing else holds',
      standing({ credentials: [apiKey({ replacedAt: NOW })] }, [
        certificate({ replaced: { at: NOW, until: NOW + 10 } }),
      ]),
      ['valid', 10],
    ],
    ['nothing that was ever made', standing({}), ['no credential', 'never']],
    [
      'a revoked key alone',
      standing({ credentials: [apiKey({ revokedAt: 5 })] }),
      ['no credential', 'never'],
    ],
    [
      'a revoked key beside a certificate',
      standing({ credentials: [apiKey({ revokedAt: 5 })] }, [certificate()]),
      ['valid', 900],
    ],
    ['an expired key', standing({ credentials: [apiKey({ expiresAt: NOW - 7 })] }), ['expired', -7]],
    [
      'the last end, if everything has ended',
      standing({ credentials: [apiKey({ expiresAt: NOW - 7 })] }, [certificate({ notAfter: NOW - 3 })]),
      ['expired', -3],
    ],
    [
      'an expired key beside one that holds',
      standing({ credentials: [apiKey({ expiresAt: NOW - 7 }), apiKey({ expiresAt: NEVER })] }),
      ['valid', 'never'],
    ],
    ['a beginning to come', standing({}, [certificate({ notBefore: NOW + 1 })]), ['not yet valid', 900]],
    ['a suspended client', standing({ suspendedAt: 5 }, [certificate()]), ['suspended', 900]],
    ['a suspended key', standing({ credentials: [apiKey({ suspendedAt: 5 })] }), ['suspended', 500]],
    [
      'a suspended key beside a certificate',
      standing({ credentials: [apiKey({ suspendedAt: 5 })] }, [certificate()]),
      ['valid', 900],
    ],
    [
      'a password that goes beside a key',
      standing({ credentials: [{ ...password, alone: false }] }),
      ['no credential', 'never'],
    ],
    [
      'a password that suffices',
      standing({ credentials: [{ ...password, alone: true }] }),
      ['valid', 'never'],
    ],
    ['an owner who is gone', standing({ owner: 'ann' }, [certificate()]), ['revoked', 'never']],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});
