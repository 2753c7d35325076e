import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { covers, coversTopic, mayGrant, narrowScopes, parseScopes } from '../../../src/core/model/scope.js';

describe('narrowing', () => {
  it.each([
    [['ingest', 'metrics'], ['metrics'], ['metrics']],
    [['ingest'], ['admin'], []],
    [['*'], ['ingest', 'publish:a'], ['ingest', 'publish:a']],
    [['ingest', 'publish:a'], ['*'], ['ingest', 'publish:a']],
    [['pipes:read'], ['pipes:*'], ['pipes:read']],
    [['pipes:*', 'pipes:read'], ['pipes:*'], ['pipes:*']],
    [['*'], ['*'], ['*']],
    [['ingest', 'publish:a/#'], ['ingest'], ['ingest', 'publish:a/#']],
    [
      ['ingest', 'publish:a/#'],
      ['ingest', 'publish:a/b'],
      ['ingest', 'publish:a/b'],
    ],
    [
      ['ingest', 'publish:a/#', 'subscribe:b'],
      ['ingest', 'publish:a/b'],
      ['ingest', 'publish:a/b', 'subscribe:b'],
    ],
    [['ingest', 'publish:a'], ['ingest', 'publish:b'], ['subscribe:#']],
    [['publish:a/#'], ['publish:b'], []],
    [['ingest'], ['publish:a/#/b', 'subscribe:x\r\ny'], []],
  ])('%j to %j leaves %j', (held, wanted, expected) => {
    expect(narrowScopes(held, wanted)).toEqual(expected);
  });

  const scope = fc.constantFrom(
    '*',
    'ingest',
    'admin',
    'metrics',
    'publish:a/#',
    'publish:a/b',
    'publish:b',
    'subscribe:+/x',
  );
  const topic = fc.constantFrom('a/b', 'a/c', 'b', 'c/x', 'c');

  it('never opens a topic or a scope that was closed', () => {
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), topic, (held, wanted, name) => {
        const narrowed = narrowScopes(held, wanted);
        for (const verb of ['publish', 'subscribe'] as const) {
          if (!coversTopic(narrowed, verb, name)) continue;
          expect(coversTopic(held, verb, name) && coversTopic(wanted, verb, name)).toBe(true);
        }
        for (const each of ['ingest', 'admin', 'metrics']) {
          if (covers(narrowed, each)) expect(covers(held, each) && covers(wanted, each)).toBe(true);
        }
      }),
    );
  });

  it('takes nothing away from who may hand on what is asked for', () => {
    fc.assert(
      fc.property(fc.array(scope), fc.array(scope), topic, (held, wanted, name) => {
        fc.pre(mayGrant(held, wanted));
        const narrowed = narrowScopes(held, wanted);
        for (const verb of ['publish', 'subscribe'] as const)
          expect(coversTopic(narrowed, verb, name)).toBe(coversTopic(wanted, verb, name));
      }),
    );
  });

  it('is needless for what may be handed on', () => {
    expect(mayGrant(['ingest'], ['ingest'])).toBe(true);
    expect(mayGrant(['ingest'], ['publish:a/#'])).toBe(true);
    expect(mayGrant(['ingest'], ['admin'])).toBe(false);
    expect(mayGrant(['pipes:*'], ['pipes:read'])).toBe(true);
    expect(mayGrant(['pipes:read'], ['pipes:*'])).toBe(false);
    expect(mayGrant(['admin', 'ingest', 'metrics'], ['*'])).toBe(false);
    // Without the topic scope the other could publish everywhere.
    expect(mayGrant(['ingest', 'publish:a/#'], ['ingest'])).toBe(false);
    expect(mayGrant(['ingest', 'publish:a/#'], ['ingest', 'publish:a/b'])).toBe(true);
    expect(mayGrant([], [])).toBe(true);
  });
});

describe('a scope that is to be granted', () => {
  const configured = ['pipes:read', 'pipes:write'];

  it.each(['ingest', 'admin', 'metrics', 'pipes:read', 'pipes:*', '*', 'publish:a/#', 'subscribe:*'])(
    'may be %s',
    (name) => {
      expect(parseScopes([name], configured)).toEqual([name]);
    },
  );

  it.each(['pipes', 'pipe:*', 'read:pipes', 'Ingest', 'ingest:*', 'publish:a/#/b', ''])(
    'may not be %j',
    (name) => {
      expect(() => parseScopes(['ingest', name], configured)).toThrow(
        /^(there is no scope|scope .* is not allowed)/,
      );
    },
  );

  it('is told of with the list of those that exist', () => {
    expect(() => parseScopes(['write:pipes'], configured)).toThrow(
      expect.objectContaining({
        code: 'invalid-input',
        message: 'there is no scope "write:pipes"',
        hint: expect.stringContaining('ingest, admin, metrics, pipes:read, pipes:write'),
      }),
    );
  });
});
