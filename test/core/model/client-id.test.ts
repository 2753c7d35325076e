import { describe, expect, it } from 'vitest';
import { canonicalClientId, parseClientId } from '../../../src/core/model/client-id.js';

describe('client id', () => {
  it.each([
    ['myapp01', 'myapp01'],
    ['MyApp01', 'myapp01'],
    ['a', 'a'],
    ['9-x_y.z@example.com', '9-x_y.z@example.com'],
    ['a'.repeat(64), 'a'.repeat(64)],
  ])('takes %s as %s', (text, id) => {
    expect(parseClientId(text)).toBe(id);
  });

  it.each([
    '',
    '.',
    '..',
    'a/b',
    '../a',
    'a b',
    'a:b',
    'a\nb',
    'a\n',
    '-a',
    '_a',
    'ä',
    '\u212a',
    'a'.repeat(65),
    '__proto__',
    'a\0',
    '%61',
  ])('refuses %j and says the rule', (text) => {
    expect(canonicalClientId(text)).toBeUndefined();
    expect(() => parseClientId(text)).toThrow(
      expect.objectContaining({ code: 'invalid-input', hint: expect.stringContaining('1 to 64 characters') }),
    );
  });

  it('shows control characters of a refused id escaped', () => {
    expect(() => parseClientId('a\u001b[2J')).toThrow('client id "a\\u001b[2J" is not allowed');
  });
});
