import { describe, expect, it } from 'vitest';
import { OPERATOR } from '../../../src/core/manage/actor.js';
import { isListed, parseListRequest } from '../../../src/core/manage/lists.js';
import { MemoryStore } from '../../support/memory-store.js';

const { store: keyStore } = new MemoryStore();
const services = { keyStore, clock: { now: () => 1_000 }, actor: OPERATOR };
const kind = { states: ['valid', 'not yet valid'], sorts: ['id', 'createdAt'] as const };
const parse = (request: object) => parseListRequest(services, request, kind);

describe('what a list is asked for', () => {
  it.each([
    ['line 7', 'line 7', true],
    ['line 7', 'line 70', false],
    ['line*', 'line 70', true],
    ['*7', 'line 7', true],
    ['l*n*7', 'line 7', true],
    ['l*7*7', 'line 7', false],
    ['*', 'anything', true],
    ['a*a', 'a', false],
    ['*.*', 'line 7', false],
  ])('has a label %j, which %j matches: %s', async (label, text, matches) => {
    const query = await parse({ label });
    expect(isListed(query, { owner: null, label: text })).toBe(matches);
    expect(isListed(query, { owner: null, label: null })).toBe(false);
  });

  it('takes no long time to match a label of many stars', async () => {
    const { label } = await parse({ label: `${'a*'.repeat(99)}b` });
    expect(label?.('a'.repeat(200))).toBe(false);
  });

  it.each([0, 1001, -1, 1.5, Number.NaN, '0', '1e2', ' 5', '', null, [], {}])(
    'has no limit of %j',
    async (limit) => {
      await expect(parse({ limit })).rejects.toMatchObject({ code: 'invalid-input', message: /limit/ });
    },
  );

  it('has a limit from 1 to 1,000, and states with blanks or dashes', async () => {
    expect((await parse({ limit: '1' })).limit).toBe(1);
    expect((await parse({ limit: 1000 })).limit).toBe(1000);
    expect((await parse({ state: 'not-yet-valid' })).states).toEqual(new Set(['not yet valid']));
    expect((await parse({ state: 'valid, not-yet-valid' })).states?.size).toBe(2);
    await expect(parse({ state: 'vaild' })).rejects.toMatchObject({
      message: /state "vaild"/,
      hint: /valid/,
    });
  });

  it.each([
    { labels: 'x' },
    { after: 5 },
    { after: '' },
    { owner: {} },
    { expiringWithin: 'soon' },
    { label: 1 },
  ])('refuses %j and names what is wrong', async (request) => {
    const [name = ''] = Object.keys(request);
    const named = name === 'expiringWithin' ? /"soon"/ : new RegExp(name);
    await expect(parse(request)).rejects.toMatchObject({ code: 'invalid-input', message: named });
  });

  it('names an owner that exists', async () => {
    await expect(parse({ owner: 'nobody' })).rejects.toMatchObject({ code: 'not-found' });
  });
});
