import { KeywrightError } from './errors.js';

/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Timestamp = number;

/** A moment, and how far the clocks of those who issue may be ahead of ours: what begins by then has begun. */
export interface Moment {
  readonly now: Timestamp;
  readonly clockToleranceMs: number;
}

/** The end of things that never end, as in X.509 (RFC 5280 section 4.1.2.5: years have four digits). */
export const NEVER: Timestamp = Date.parse('9999-12-31T23:59:59Z');

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const DURATION = /^([1-9][0-9]{0,8})([smhdwy])$/;
const TIME = /^(\d{4}-\d{2}-\d{2})(?:[Tt ](\d{2}:\d{2}:\d{2})(?:\.\d+)?([Zz]|[+-]\d{2}:\d{2}))?$/;

/**
 * Adds a duration (`90s`, `15m`, `24h`, `30d`, `2w`, `3y`) to `start`; years are calendar years.
 * @throws KeywrightError `invalid-input`
 */
export function addDuration(start: Timestamp, duration: string): Timestamp {
  const [, count, unit] = DURATION.exec(duration) ?? [];
  if (count === undefined || unit === undefined) throw notADuration(duration);
  const end =
    unit === 'y' ? addYears(start, Number(count)) : start + Number(count) * UNITS[unit as keyof typeof UNITS];
  if (!Number.isFinite(end) || end > NEVER) throw notADuration(duration);
  return end;
}

/** Checks the form of a duration. @throws KeywrightError `invalid-input` */
export function checkDuration(text: string): string {
  if (!DURATION.test(text)) throw notADuration(text);
  return text;
}

/**
 * Reads an RFC 3339 date-time, or a date as its first moment in UTC. It drops fractions of a second.
 * @throws KeywrightError `invalid-input`
 */
export function parseTime(text: string): Timestamp {
  const [, date, time, zone] = TIME.exec(text) ?? [];
  const parsed =
    date === undefined
      ? Number.NaN
      : Date.parse(`${date}T${time ?? '00:00:00'}${(zone ?? 'Z').toUpperCase()}`);
  // Date.parse moves some impossible days on (30 February), so the day must come back unchanged.
  if (Number.isNaN(parsed) || new Date(`${date}T00:00:00Z`).toISOString().slice(0, 10) !== date) {
    throw new KeywrightError('invalid-input', `${JSON.stringify(text.slice(0, 80))} is not a time`, {
      hint: 'write it as 2030-01-31 or 2030-01-31T12:00:00Z',
    });
  }
  return parsed;
}

/** Reads an end: `never`, a duration from `now`, or a time. @throws KeywrightError `invalid-input` */
export function parseExpiry(text: string, now: Timestamp): Timestamp {
  if (text === 'never') return NEVER;
  if (DURATION.test(text)) return addDuration(now, text);
  if (TIME.test(text)) return parseTime(text);
  throw new KeywrightError('invalid-input', `${JSON.stringify(text.slice(0, 80))} is not a time`, {
    hint: 'write 90d, never, or a time like 2030-01-31 or 2030-01-31T12:00:00Z',
  });
}

/** Checks that a number is a time, and not after `NEVER`. @throws KeywrightError `invalid-input` */
export function checkTime(time: Timestamp): Timestamp {
  if (Number.isSafeInteger(time) && time >= 0 && time <= NEVER) return time;
  throw new KeywrightError('invalid-input', 'that is not a time');
}

/** Reads a beginning: a duration before `now`, or a time. @throws KeywrightError `invalid-input` */
export function parseSince(text: string, now: Timestamp): Timestamp {
  return DURATION.test(text) ? now - (addDuration(now, text) - now) : parseTime(text);
}

const MANY_TIMES = 1_000;
// A list writes few times again and again: those of a client are its credentials' as well.
const written = new Map<Timestamp, string>();

/** Writes a time in RFC 3339, in UTC, to the second. */
export function formatTime(time: Timestamp): string {
  let text = written.get(time);
  if (text === undefined) {
    text = `${new Date(time).toISOString().slice(0, -'.000Z'.length)}Z`;
    if (written.size >= MANY_TIMES) written.clear();
    written.set(time, text);
  }
  return text;
}

/** Writes an end in RFC 3339; null for never. */
export function formatEnd(time: Timestamp): string | null {
  return time === NEVER ? null : formatTime(time);
}

/** Cuts a time to whole seconds, as X.509 and JWT need. */
export function wholeSeconds(time: Timestamp): Timestamp {
  return Math.floor(time / 1000) * 1000;
}

function addYears(start: Timestamp, years: number): Timestamp {
  const date = new Date(start);
  date.setUTCFullYear(date.getUTCFullYear() + years);
  return date.getTime();
}

function notADuration(text: string): KeywrightError {
  return new KeywrightError('invalid-input', `${JSON.stringify(text.slice(0, 80))} is not a duration`, {
    hint: 'write a number and s, m, h, d, w or y: 90s, 24h, 30d, 3y',
  });
}

/** Tells if a beginning has come, by our clock or by one that is a little ahead. Nothing ends later for it. */
export function hasBegun(
  notBefore: Timestamp,
  now: Timestamp,
  { clockToleranceMs = 0 }: { readonly clockToleranceMs?: number | undefined },
): boolean {
  return now + clockToleranceMs >= notBefore;
}
