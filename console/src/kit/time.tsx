import { clock, useNow } from './clock.js';
import { usePreference } from './preferences.js';

const local = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long' });
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'always' });

const UNITS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

/** A time as people say it ("in 5 days", "4 minutes ago"), and exactly, here and in UTC, on hover. `t` switches between both. */
export function Time({
  at,
  never = 'never',
  focusable = false,
}: {
  at: string | number | null | undefined;
  never?: string;
  /** True to let the keyboard reach it. In a table `t` does, without a stop for each cell. */
  focusable?: boolean;
}) {
  const now = useNow();
  const exact = usePreference('times') === 'exact';
  if (at === null || at === undefined) return <span class="muted">{never}</span>;
  const date = new Date(at);
  return (
    <time
      dateTime={date.toISOString()}
      class="time"
      data-exact={exactly(date)}
      tabIndex={focusable ? 0 : undefined}
    >
      {exact ? local.format(date) : ago(date, now)}
    </time>
  );
}

/** `29 Nov 2026, 10:00:00 GMT+1 · 2026-11-29 09:00:00 UTC` */
export function exactly(at: Date | string): string {
  const date = new Date(at);
  const utc = `${date.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  return date.getTimezoneOffset() === 0 ? utc : `${zoned.format(date)} · ${utc}`;
}

export function ago(date: Date, now = clock.get()): string {
  const seconds = Math.round((date.getTime() - now) / 1000);
  const size = Math.abs(seconds);
  for (const [unit, length] of UNITS) {
    if (size >= length) return relative.format(Math.trunc(seconds / length), unit);
  }
  return seconds > 0 ? 'in less than a minute' : 'just now';
}
