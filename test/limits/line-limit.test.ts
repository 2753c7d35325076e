import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LineLimit } from '../../src/limits/line-limit.js';

describe('a limit of lines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function log(perSecond: number) {
    const lines: string[] = [];
    const limit = new LineLimit({ perSecond, onHeldBack: (count) => lines.push(`held back ${count}`) });
    const say = (...texts: string[]) => {
      for (const text of texts) limit.pass(() => lines.push(text));
    };
    return { lines, limit, say };
  }

  it('writes so many a second, and says once a second how many it held back', () => {
    const { lines, say } = log(2);
    say('a', 'b', 'c', 'd', 'e');
    expect(lines).toEqual(['a', 'b']);
    vi.advanceTimersByTime(999);
    say('f');
    expect(lines).toEqual(['a', 'b']);
    vi.advanceTimersByTime(1);
    expect(lines).toEqual(['a', 'b', 'held back 4']);
    say('g', 'h', 'i');
    vi.advanceTimersByTime(1000);
    expect(lines).toEqual(['a', 'b', 'held back 4', 'g', 'h', 'held back 1']);
  });

  it('says nothing, and keeps no timer, where nothing was held back', () => {
    const { lines, say } = log(2);
    say('a', 'b');
    vi.advanceTimersByTime(1000);
    expect([lines, vi.getTimerCount()]).toEqual([['a', 'b'], 0]);
    vi.advanceTimersByTime(5000);
    say('c');
    expect(lines).toEqual(['a', 'b', 'c']);
  });

  it('does not make what it holds back', () => {
    const { limit } = log(1);
    const made: string[] = [];
    limit.pass(() => made.push('first'));
    limit.pass(() => made.push('for nothing'));
    expect(made).toEqual(['first']);
  });

  it('says what it held back when it is closed', () => {
    const { lines, limit, say } = log(1);
    say('a', 'b', 'c');
    limit.close();
    expect([lines, vi.getTimerCount()]).toEqual([['a', 'held back 2'], 0]);
    limit.close();
    expect(lines).toEqual(['a', 'held back 2']);
  });
});
