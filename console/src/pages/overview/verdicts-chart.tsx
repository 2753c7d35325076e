import type { Overview } from '../../api/types.js';
import { Bars } from '../../kit/bars.js';
import { useStore } from '../../kit/store.js';
import { currentMinute } from '../../live/stream.js';

const MINUTE_MS = 60_000;
const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });

/** Accepted and refused requests and connections of the last hour. The last minute grows as they come. */
export function VerdictsChart({ minutes }: NonNullable<Overview['verdicts']>) {
  const live = useStore(currentMinute);
  const shown = withMinute(minutes, live);
  const sum = (name: 'accepted' | 'refused') => shown.reduce((total, each) => total + each[name], 0);
  const [accepted, refused] = [sum('accepted'), sum('refused')];
  const last = shown.length - 1;
  return (
    <section class="card" aria-labelledby="verdicts">
      <h2 id="verdicts">Verdicts of the last hour</h2>
      <ul class="figures">
        <li>
          <strong>{accepted.toLocaleString('en')}</strong> accepted
        </li>
        <li>
          <strong>{refused.toLocaleString('en')}</strong> refused
        </li>
      </ul>
      <Bars
        bars={shown.map((minute) => ({
          values: [minute.refused, minute.accepted],
          title: `${clock.format(new Date(minute.at))}: ${minute.accepted} accepted, ${minute.refused} refused`,
        }))}
        series={[
          ['refused', 'Refused'],
          ['accepted', 'Accepted'],
        ]}
        summary={`In the last hour ${accepted} accepted and ${refused} refused`}
        ticks={[0, Math.round(last / 2), last].map(
          (index) => [index, index === last ? 'now' : clock.format(new Date(shown[index]?.at ?? 0))] as const,
        )}
      />
    </section>
  );
}

type Minute = NonNullable<Overview['verdicts']>['minutes'][number];

/** The minutes that were asked for, followed by what was heard since: a quiet hour moves on, too, at the next question. */
function withMinute(minutes: readonly Minute[], live: Minute | undefined): readonly Minute[] {
  const last = minutes.at(-1);
  if (live === undefined || last === undefined) return minutes;
  const ahead = Math.round((Date.parse(live.at) - Date.parse(last.at)) / MINUTE_MS);
  if (ahead < 0) return minutes;
  if (ahead === 0) return [...minutes.slice(0, -1), live];
  const between = Array.from({ length: Math.min(ahead, minutes.length) - 1 }, (_, index) => ({
    at: new Date(Date.parse(last.at) + (index + 1) * MINUTE_MS).toISOString(),
    ...{ accepted: 0, refused: 0 },
  }));
  return [...minutes, ...between, live].slice(-minutes.length);
}
