import { expect, it } from 'vitest';
import { parseClient } from '../../../src/core/model/client.js';

const stored = (alone: object) => ({
  ...{ id: 'a', label: null, owner: null, domain: null, scopes: ['ingest'], notBefore: 0, notAfter: 1 },
  ...{ revokedAt: null, createdAt: 0, updatedAt: 0, deletedAt: null, retired: [] },
  credentials: [{ kind: 'password', id: 'c0ffee', hash: '$argon2id$', createdAt: 0, ...alone }],
});

it('takes an MQTT password that does not say that it suffices alone for one that goes beside a key', () => {
  expect(parseClient(stored({})).credentials).toMatchObject([{ alone: false }]);
  expect(parseClient(stored({ alone: true })).credentials).toMatchObject([{ alone: true }]);
  for (const alone of ['true', 1, null]) expect(() => parseClient(stored({ alone }))).toThrow('"alone"');
});
