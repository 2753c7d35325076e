import { expect, it } from 'vitest';
import { deletedClient, newClient, parseClient, parseLabel } from '../../../src/core/model/client.js';
import { NEVER } from '../../../src/core/model/time.js';

const stored = (alone: object) => ({
  ...{ id: 'a', label: null, owner: null, domain: null, scopes: ['ingest'], notBefore: 0, notAfter: 1 },
  ...{ revokedAt: null, createdAt: 0, updatedAt: 0, deletedAt: null },
  credentials: [{ kind: 'password', id: 'c0ffee', hash: '$argon2id$', createdAt: 0, ...alone }],
});

it('takes an MQTT password that does not say that it suffices alone for one that goes beside a key', () => {
  expect(parseClient(stored({})).credentials).toMatchObject([{ alone: false }]);
  expect(parseClient(stored({ alone: true })).credentials).toMatchObject([{ alone: true }]);
  for (const alone of ['true', 1, null]) expect(() => parseClient(stored({ alone }))).toThrow('"alone"');
});

it('keeps nothing of a deleted client but whose it was, and when', () => {
  const client = newClient({
    ...{ id: 'a', createdAt: 0, label: 'A', scopes: ['ingest'], owner: 'ann' },
    credentials: [{ kind: 'signed-token', id: 'h', certificateId: 'f' }],
  });
  expect(deletedClient(client, 10)).toEqual({
    ...{ id: 'a', revision: 0, label: null, owner: 'ann', domain: null, scopes: [], notBefore: 0 },
    ...{
      revokedAt: null,
      notAfter: NEVER,
      createdAt: 0,
      updatedAt: 10,
      deletedAt: 10,
      formerKeys: [],
      credentials: [],
    },
  });
});

it.each(['', 'a\nb', 'a\u202eb', '\ud83d', 'a\udca9b', 'x'.repeat(201)])('refuses the label %j', (label) => {
  expect(() => parseLabel(label)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
});

it('takes a label in any alphabet', () => {
  expect(parseLabel('Halle 7 · 第七 💩')).toBe('Halle 7 · 第七 💩');
});
