import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkKeyPrefix,
  keyedHash,
  keyHint,
  makeApiKey,
  parseApiKey,
  unwrapApiKey,
  wrapApiKey,
} from '../../../src/core/model/api-key.js';

const CHECKSUM = '2FtwAg';
const HASH = '867310b8fa2423d56884e7378e7985cefebee441ef249172672765e92e01b842';
const FROZEN = 'kw_live_0123456789abcdefghijABCDEFGHIJxy';

describe('an API key', () => {
  it('has a prefix, 32 random letters and digits, and a checksum', () => {
    for (const prefix of ['kw_live_', 'ing_live_', 'mchx_', 'iotsk_live_']) {
      const key = makeApiKey(prefix);
      expect(key).toMatch(new RegExp(`^${prefix}[0-9A-Za-z]{38}$`));
      expect(parseApiKey(key)).toEqual({ prefix, intact: true });
      expect(makeApiKey(prefix)).not.toBe(key);
      expect(keyHint(key)).toBe(`${key.slice(0, prefix.length + 4)}…`);
    }
  });

  it('keeps its format', () => {
    expect(parseApiKey(`${FROZEN}${CHECKSUM}`)).toEqual({ prefix: 'kw_live_', intact: true });
    expect(keyedHash(Buffer.alloc(32, 7))(`${FROZEN}${CHECKSUM}`)).toBe(HASH);
  });

  it('with any one character changed has a wrong checksum or another shape', () => {
    const key = makeApiKey('kw_live_');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: key.length - 1 }), fc.constantFrom(...'0Aaz_9'), (at, letter) => {
        fc.pre(key[at] !== letter);
        return parseApiKey(key.slice(0, at) + letter + key.slice(at + 1))?.intact !== true;
      }),
      { numRuns: 2000 },
    );
  });

  it('is wrapped with its client id and unwrapped again', () => {
    const wrapped = wrapApiKey('mrsm', { clientId: 'a85e2741', key: 'secret:with:colons' });
    expect(wrapped).toMatch(/^mrsm-key:[A-Za-z0-9+/]+=*$/);
    expect(unwrapApiKey(wrapped)).toEqual({ clientId: 'a85e2741', key: 'secret:with:colons' });
    for (const text of [
      'mrsm-key:',
      'mrsm-key:!!!',
      `mrsm-key:${Buffer.from('no colon').toString('base64')}`,
      'key:YTpi',
    ]) {
      expect(unwrapApiKey(text)).toBeUndefined();
    }
  });

  it.each(['prov_', 'kwr_', '', 'kw', 'KW_', 'kw live_', '_', 'kw-live_', 'kw__', `${'a'.repeat(40)}_`])(
    'refuses the prefix %j',
    (prefix) => {
      expect(() => checkKeyPrefix(prefix)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
    },
  );
});
