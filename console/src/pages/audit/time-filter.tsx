import { serverNow } from '../../kit/clock.js';
import { Choice } from '../../kit/filters.js';
import type { ListState } from '../../kit/list-state.js';
import { dayOf, endOfDay, startOfDay } from '../../kit/validity.js';

const SPANS = [
  ['', 'Any time'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
  ['days', 'Between two days…'],
] as const;

/** A span until now, or from one day to another in the reader's zone. It is in the address as the server reads it. */
export function TimeFilter({ list }: { list: ListState }) {
  const [since, until] = [list.get('since'), list.get('until')];
  const isSpan = until === '' && SPANS.some(([span]) => span === since);
  const choose = (span: string) =>
    list.set({ since: span === 'days' ? startOfDay(dayOf(new Date(serverNow()))) : span, until: '' });
  return (
    <>
      <Choice label="Time" options={SPANS} value={isSpan ? since : 'days'} onChange={choose} />
      {!isSpan && (
        <>
          <Day label="From" value={since} onChange={(day) => list.set({ since: startOfDay(day) })} />
          <Day label="Until" value={until} onChange={(day) => list.set({ until: endOfDay(day) })} />
        </>
      )}
    </>
  );
}

function Day({ label, value, onChange }: { label: string; value: string; onChange: (day: string) => void }) {
  const date = new Date(value);
  return (
    <label class="day">
      {label}
      <input
        type="date"
        value={Number.isNaN(date.getTime()) ? '' : dayOf(date)}
        onChange={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
