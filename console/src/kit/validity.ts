const DAY_MS = 86_400_000;
const UNIT_MS: Record<string, number> = { h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };

/** What is sent: a duration as the server reads it, a moment in RFC 3339, or `never`. */
export interface Validity {
  readonly kind: 'duration' | 'until' | 'never';
  readonly text: string;
}

/** The moment that a duration ends at; years are calendar years, as the server counts them. */
export function endOf({ kind, text }: Validity, now: number): Date | undefined {
  if (kind === 'until') return new Date(text);
  const [, count, unit] = /^(\d+)([hdwy])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  if (unit !== 'y') return new Date(now + Number(count) * (UNIT_MS[unit] ?? 0));
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + Number(count));
  return end;
}

/** The last second of a day here, in UTC; an empty text for no day. */
export function endOfDay(day: string): string {
  return secondOf(day, [23, 59, 59]);
}

/** The first second of a day here, in UTC; an empty text for no day. */
export function startOfDay(day: string): string {
  return secondOf(day, [0, 0, 0]);
}

function secondOf(day: string, [hour, minute, second]: readonly [number, number, number]): string {
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return '';
  return `${new Date(year, month - 1, date, hour, minute, second).toISOString().slice(0, 19)}Z`;
}

/** A day here, as a date field has it. */
export function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
