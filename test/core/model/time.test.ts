import { describe, expect, it } from 'vitest';
import { addDuration, formatTime, parseTime } from '../../../src/core/model/time.js';

const START = Date.parse('2024-02-29T12:00:00Z');

describe('duration', () => {
  it.each([
    ['90s', '2024-02-29T12:01:30Z'],
    ['15m', '2024-02-29T12:15:00Z'],
    ['24h', '2024-03-01T12:00:00Z'],
    ['30d', '2024-03-30T12:00:00Z'],
    ['2w', '2024-03-14T12:00:00Z'],
    ['4y', '2028-02-29T12:00:00Z'],
  ])('%s later is %s', (duration, end) => {
    expect(formatTime(addDuration(START, duration))).toBe(end);
  });

  it.each(['', '3', 'y', '-1d', '0d', '1.5h', '3 y', '1e3d', '99999y', '3y\n'])('refuses %j', (text) => {
    expect(() => addDuration(START, text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});

describe('time', () => {
  it.each([
    ['2030-01-31', '2030-01-31T00:00:00Z'],
    ['2030-01-31T12:00:00Z', '2030-01-31T12:00:00Z'],
    ['2030-01-31t12:00:00.987z', '2030-01-31T12:00:00Z'],
    ['2030-01-31T12:00:00+02:00', '2030-01-31T10:00:00Z'],
  ])('reads %s as %s', (text, time) => {
    expect(formatTime(parseTime(text))).toBe(time);
  });

  it.each([
    '',
    'tomorrow',
    '2030',
    '2030-02-30',
    '2030-13-01',
    '2030-01-31T25:00:00Z',
    '2030-01-31T12:00:00',
    '1900000000',
  ])('refuses %j', (text) => {
    expect(() => parseTime(text)).toThrow(expect.objectContaining({ code: 'invalid-input' }));
  });
});
