import { useState } from 'preact/hooks';
import { serverNow } from './clock.js';
import { Field } from './field.js';
import { ago, exactly } from './time.js';

const DAY_MS = 86_400_000;
const UNIT_MS: Record<string, number> = { h: 3_600_000, d: DAY_MS, w: 7 * DAY_MS };

/** What is sent: a duration as the server reads it, a moment in RFC 3339, or `never`. */
export interface Validity {
  readonly kind: 'duration' | 'until' | 'never';
  readonly text: string;
}

/** The moment that a duration ends at; years are calendar years, as the server counts them. */
export function endOf({ kind, text }: Validity, now = serverNow()): Date | undefined {
  if (kind === 'until') return new Date(text);
  const [, count, unit] = /^(\d+)([hdwy])$/.exec(text) ?? [];
  if (count === undefined || unit === undefined) return undefined;
  if (unit !== 'y') return new Date(now + Number(count) * (UNIT_MS[unit] ?? 0));
  const end = new Date(now);
  end.setUTCFullYear(end.getUTCFullYear() + Number(count));
  return end;
}

/**
 * How long something is to hold: one of some durations, a date, or never. The exact end stands below, here and in UTC. A date means its end in
 * the zone of whoever chose it.
 */
export function ValidityField({
  durations,
  neverWarning,
  latest,
  value,
  onChange,
}: {
  /** Each with its words: `['3y', '3 years']`. */
  durations: readonly (readonly [text: string, words: string])[];
  /** Why never is a bad idea. Without it, never is not offered. */
  neverWarning?: string;
  /** What ends it sooner, and when. */
  latest?: { readonly what: string; readonly at: string } | undefined;
  value: Validity;
  onChange: (value: Validity) => void;
}) {
  const [date, setDate] = useState('');
  const end = endOf(value);
  const cut = end && latest && end.getTime() > Date.parse(latest.at) ? latest : undefined;
  const choose = (chosen: string) => {
    if (chosen === 'never') onChange({ kind: 'never', text: 'never' });
    else if (chosen === 'date') onChange({ kind: 'until', text: endOfDay(date) });
    else onChange({ kind: 'duration', text: chosen });
  };
  return (
    <Field
      label="Valid for"
      hint={
        value.kind === 'never' ? (
          <strong>{neverWarning}</strong>
        ) : end && !Number.isNaN(end.getTime()) ? (
          <>
            {cut ? `Ends with ${cut.what}, ` : 'Ends '}
            <span>{exactly(cut ? cut.at : end)}</span> ({ago(new Date(cut ? cut.at : end))})
          </>
        ) : (
          'Choose the last day that it holds.'
        )
      }
    >
      {(control) => (
        <div class="row">
          <select
            {...control}
            value={value.kind === 'duration' ? value.text : value.kind === 'until' ? 'date' : 'never'}
            onChange={({ currentTarget }) => choose(currentTarget.value)}
          >
            {durations.map(([text, words]) => (
              <option key={text} value={text}>
                {words}
              </option>
            ))}
            <option value="date">until a date…</option>
            {neverWarning !== undefined && <option value="never">never ends</option>}
          </select>
          {value.kind === 'until' && (
            <input
              type="date"
              aria-label="The last day that it holds"
              required
              min={dayOf(new Date(serverNow()))}
              value={date}
              onInput={({ currentTarget }) => {
                setDate(currentTarget.value);
                onChange({ kind: 'until', text: endOfDay(currentTarget.value) });
              }}
            />
          )}
        </div>
      )}
    </Field>
  );
}

/** The last second of a day here, in UTC; an empty text for no day. */
function endOfDay(day: string): string {
  const [year, month, date] = day.split('-').map(Number);
  if (!year || !month || !date) return '';
  return `${new Date(year, month - 1, date, 23, 59, 59).toISOString().slice(0, 19)}Z`;
}

function dayOf(date: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
