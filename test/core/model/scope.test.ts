import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  covers,
  coversConnect,
  coversFilter,
  coversTopic,
  isTopicName,
  parseScope,
} from '../../../src/core/model/scope.js';

describe('scope form', () => {
  it.each(['ingest', 'pipes:read', 'pipes:*', '*', 'publish:db/write/#', 'subscribe:+/x', 'publish:*'])(
    'takes %s',
    (scope) => {
      expect(parseScope(scope)).toBe(scope);
    },
  );

  it.each([
    '',
    ' ',
    'a b',
    'Ingest',
    'publish:',
    'publish:a#',
    'publish:#/a',
    'subscribe:a+/b',
    'x\ny',
    'a:b"c',
    '**',
  ])('refuses %j', (scope) => {
    expect(() => parseScope(scope)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});

describe('granted scopes', () => {
  it.each([
    [['ingest'], 'ingest', true],
    [['pipes:*'], 'pipes:read', true],
    [['pipes:read'], 'pipes:write', false],
    [['pipes:*'], 'pipes', false],
    [['*'], 'admin', true],
    [[], 'ingest', false],
  ])('%j include %s: %s', (granted, demanded, expected) => {
    expect(covers(granted, demanded)).toBe(expected);
  });

  it('let a client connect over MQTT with ingest or a topic scope only', () => {
    expect(coversConnect(['ingest'])).toBe(true);
    expect(coversConnect(['subscribe:a/#'])).toBe(true);
    expect(coversConnect(['metrics'])).toBe(false);
    expect(coversConnect([])).toBe(false);
  });

  it('open every topic by ingest until a topic scope of the verb narrows it', () => {
    expect(coversTopic(['ingest'], 'publish', 'any/topic')).toBe(true);
    expect(coversTopic(['ingest', 'publish:db/#'], 'publish', 'db/write/x')).toBe(true);
    expect(coversTopic(['ingest', 'publish:db/#'], 'publish', 'other')).toBe(false);
    expect(coversTopic(['ingest', 'publish:db/#'], 'subscribe', 'other')).toBe(true);
    expect(coversTopic(['publish:db/#'], 'subscribe', 'db/x')).toBe(false);
    expect(coversTopic([], 'publish', 'x')).toBe(false);
  });

  it('open the broker’s own topics only where a scope names them', () => {
    expect(coversTopic(['ingest'], 'subscribe', '$SYS/#')).toBe(false);
    expect(coversTopic(['subscribe:#'], 'subscribe', '$SYS/#')).toBe(false);
    expect(coversTopic(['subscribe:*'], 'subscribe', '$SYS/#')).toBe(false);
    expect(coversTopic(['subscribe:$SYS/#'], 'subscribe', '$SYS/#')).toBe(true);
    expect(coversTopic(['*'], 'subscribe', '$SYS/#')).toBe(true);
  });

  it('answer a demanded topic as MQTT would', () => {
    expect(covers(['publish:fleet/7/#'], 'publish:fleet/7/temperature')).toBe(true);
    expect(covers(['publish:fleet/7/#'], 'publish:fleet/8/temperature')).toBe(false);
    expect(covers(['ingest'], 'publish:fleet/8/temperature')).toBe(true);
  });
});

describe('topic name', () => {
  it.each([
    ['a/b', true],
    ['', false],
    ['a/+', false],
    ['#', false],
    ['a\0b', false],
    ['a\ufffd', false],
  ])('%j: %s', (name, is) => {
    expect(isTopicName(name)).toBe(is);
  });
});

describe('topic filter', () => {
  it.each([
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'a/#', true],
    ['a/+', 'a/b', true],
    ['a/+', 'a/+', true],
    ['a/+', 'a/#', false],
    ['a/+', 'a', false],
    ['a/b', 'a/+', false],
    ['a/b', 'a/#', false],
    ['+', '#', false],
    ['#', '#', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['a', 'a/b', false],
    ['a/b', 'a', false],
    ['', 'a', false],
  ])('%s covers %s: %s', (filter, requested, expected) => {
    expect(coversFilter(filter, requested)).toBe(expected);
  });
});

describe('covering', () => {
  const level = fc.constantFrom('a', 'b', '', '$x');
  const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
  const filter = fc
    .tuple(fc.array(fc.oneof(level, fc.constant('+')), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([levels, open]) => [...levels, ...(open ? ['#'] : [])].join('/'));

  it('a filter never opens a topic that the covering one does not match', () => {
    fc.assert(
      fc.property(filter, filter, topic, (granted, requested, published) => {
        fc.pre(coversFilter(granted, requested) && coversFilter(requested, published));
        return coversFilter(granted, published);
      }),
      { numRuns: 1000 },
    );
  });

  // Texts made at random seldom match each other: here each is made from the one before.
  const fill = fc.array(fc.oneof(level, fc.constant('+')), { minLength: 4, maxLength: 4 });
  const narrowed = (outer: string, inner: readonly string[]) =>
    outer
      .split('/')
      .flatMap((each, at) => (each === '#' ? inner.slice(at) : each === '+' ? [inner[at] ?? ''] : [each]))
      .join('/');

  it('a filter and what is within it match the same topics, and no others', () => {
    fc.assert(
      fc.property(filter, fill, fc.array(level, { minLength: 4, maxLength: 4 }), (granted, inner, names) => {
        const requested = narrowed(granted, inner);
        const published = narrowed(requested, names);
        fc.pre(coversFilter(requested, published));
        return coversFilter(granted, published) || !coversFilter(granted, requested);
      }),
      { numRuns: 1000 },
    );
  });
});
