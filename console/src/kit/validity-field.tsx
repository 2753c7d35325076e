import { useState } from 'preact/hooks';
import { serverNow } from './clock.js';
import { Field } from './field.js';
import { ago, exactly } from './time.js';
import { dayOf, endOf, endOfDay, type Validity } from './validity.js';

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
  const end = endOf(value, serverNow());
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
